// Proves who is let in, and how guessing is slowed without locking out those who belong in.
import { expect, test } from '@jest/globals';
import { Login } from '../../../src/dashboard/access/login.ts';

const CREDENTIALS = { user: 'ada', password: 'pass:wörd ✓' };
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const RIGHT = basic(CREDENTIALS.user, CREDENTIALS.password);

/** Somebody at an address; `token` is what their browser has kept. */
function person(login: Login, address: string, now = () => 0) {
  let token: string | undefined;
  return (authorization: string | undefined) => {
    const checked = login.check({ authorization, token, address }, now());
    if (checked.outcome === 'right' && checked.newToken) token = checked.newToken;
    return checked.outcome;
  };
}

test.each([
  ['the right user and password', RIGHT, 'right'],
  ['the scheme in other letters', RIGHT.replace('Basic', 'bASIC'), 'right'],
  ['nothing', undefined, 'missing'],
  ['another password', basic('ada', 'pass:wörd'), 'wrong'],
  ['another user', basic('Ada', CREDENTIALS.password), 'wrong'],
  ['user and password swapped', basic(CREDENTIALS.password, 'ada'), 'wrong'],
  ['the whole in one', basic('', `ada:${CREDENTIALS.password}`), 'wrong'],
  ['an empty text', '', 'wrong'],
  ['two empty ones', basic('', ''), 'wrong'],
  ['no colon', `Basic ${Buffer.from('ada').toString('base64')}`, 'wrong'],
  ['no base64', 'Basic ä', 'wrong'],
  ['another scheme', RIGHT.replace('Basic', 'Bearer'), 'wrong'],
])('%s', (_what, authorization, outcome) => {
  expect(new Login(CREDENTIALS).check({ authorization, token: undefined, address: '::1' }, 0).outcome).toBe(outcome);
});

test('after five wrong ones even the right one must wait a minute, and only from that address', () => {
  let now = 0;
  const login = new Login(CREDENTIALS);
  const guesser = person(login, '10.0.0.1', () => now);
  expect(Array.from({ length: 7 }, (_, i) => guesser(basic('ada', `guess ${i}`)))).toEqual([
    ...Array(5).fill('wrong'),
    'throttled',
    'throttled',
  ]);
  expect(guesser(RIGHT)).toBe('throttled');
  expect(login.check({ authorization: RIGHT, token: undefined, address: '10.0.0.1' }, 20_000)).toEqual({
    outcome: 'throttled',
    waitMs: 40_000,
  });
  expect(person(login, '10.0.0.2')(RIGHT)).toBe('right');
  now = 60_000;
  expect(guesser(RIGHT)).toBe('right');
});

test('a browser that logged in before continues while somebody guesses from the same address', () => {
  const login = new Login(CREDENTIALS);
  const known = person(login, '10.0.0.1');
  expect(known(RIGHT)).toBe('right');
  const guesser = person(login, '10.0.0.1');
  for (let i = 0; i < 9; i += 1) guesser(basic('ada', `guess ${i}`));
  expect([guesser(RIGHT), known(RIGHT)]).toEqual(['throttled', 'right']);
  // Its own guesses are counted like anybody's.
  for (let i = 0; i < 5; i += 1) expect(known(basic('ada', `guess ${i}`))).toBe('wrong');
  expect(known(RIGHT)).toBe('throttled');
});

test('a token that nobody gave helps nobody, also when it is another one each time', () => {
  const login = new Login(CREDENTIALS);
  const elsewhere = new Login(CREDENTIALS).check({ authorization: RIGHT, token: undefined, address: 'x' }, 0);
  const foreign = elsewhere.outcome === 'right' ? elsewhere.newToken! : '';
  const forged = [foreign, '', '.', 'x.y.z', `${foreign.split('.')[0]}.`, 'x', `x.${foreign.split('.')[1]}`];
  const outcomes = forged.map((token, i) => {
    const authorization = basic('ada', `guess ${i}`);
    return login.check({ authorization, token, address: '10.0.0.1' }, 0).outcome;
  });
  expect(outcomes).toEqual([...Array(5).fill('wrong'), 'throttled', 'throttled']);
});

test('guesses from many addresses are slowed too, but not those who logged in before', () => {
  const login = new Login(CREDENTIALS);
  const known = person(login, '10.0.0.1');
  known(RIGHT);
  for (let i = 0; i < 100; i += 1) expect(person(login, `10.1.0.${i}`)(basic('ada', `guess ${i}`))).toBe('wrong');
  expect(person(login, '10.2.0.1')(RIGHT)).toBe('throttled');
  expect(known(RIGHT)).toBe('right');
});

test('a page that was left open with an old password locks nobody out', () => {
  const login = new Login(CREDENTIALS);
  for (let i = 0; i < 50; i += 1) expect(person(login, '10.0.0.1')(basic('ada', 'last year'))).toBe('wrong');
  expect(person(login, '10.0.0.1')(RIGHT)).toBe('right');
});
