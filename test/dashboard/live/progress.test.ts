// Proves that pages are kept up to date at the price of one computation at a time, however many look, and that nothing
// is left of those who go away.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { LIVE_NOTE, type LiveParts, LiveProgress } from '../../../src/dashboard/live/progress.ts';
import { Html } from '../../../src/dashboard/page/html.ts';
import { BtcFakeError } from '../../../src/domain/errors.ts';
import { type EventListener, listenTo } from '../../support/server-sent-events.ts';
import { waitUntil } from '../../support/wait-until.ts';

const EVERY_MS = 100;
let app: FastifyInstance;
let live: LiveProgress;
let url: string;
let computed: { name: string; at: number }[];
let parts: Record<string, string>;
let ended: boolean;
let failure: Error | undefined;
let gate: Promise<void> | undefined;
const listeners: EventListener[] = [];

beforeEach(async () => {
  [computed, parts, ended, failure, gate] = [[], { one: 'a', two: 'x' }, false, undefined, undefined];
  app = Fastify({ forceCloseConnections: true });
  live = new LiveProgress(app, { everyMs: EVERY_MS });
  app.get<{ Params: { name: string } }>('/:name', { exposeHeadRoute: false }, ({ params }, reply) =>
    live.serve(reply, params.name, async (): Promise<LiveParts> => {
      computed.push({ name: params.name, at: performance.now() });
      await gate;
      if (failure) throw failure;
      return { parts: new Map(Object.entries(parts).map(([id, text]) => [id, new Html(text)])), ended };
    }),
  );
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const listener of listeners.splice(0)) listener.close();
  await app.close();
});

async function listen(name = 'run'): Promise<EventListener> {
  const listener = await listenTo(`${url}/${name}`);
  listeners.push(listener);
  return listener;
}
const turns = (name = 'run') => computed.filter((one) => one.name === name).length;

test('who comes gets everything at once, and then only what has changed', async () => {
  const listener = await listen();
  await waitUntil('all is there', () => listener.latest.size === 2);
  expect(listener.headers['content-type']).toBe('text/event-stream');
  expect(listener.headers['cache-control']).toBe('no-store');
  expect(Object.fromEntries(listener.latest)).toEqual({ one: 'a', two: 'x' });
  parts = { one: 'a', two: 'y\nz\n<b>' };
  await waitUntil('the change is there', () => listener.latest.get('two') !== 'x');
  expect(listener.latest.get('two')).toBe('y\nz\n<b>');
  const before = turns();
  await waitUntil('two more turns', () => turns() >= before + 2);
  expect(listener.names).toEqual(['one', 'two', 'two']);
});

test('all who look at the same thing share the turns, which keep their distance; others have their own', async () => {
  await Promise.all([listen(), listen(), listen(), listen('other')]);
  const late = await listen();
  await waitUntil('a few turns', () => turns() >= 3 && turns('other') >= 2);
  await waitUntil('who came late has all too', () => late.latest.size === 2);
  const times = computed.filter(({ name }) => name === 'run').map(({ at }) => at);
  for (const [i, at] of times.slice(1).entries()) expect(at - times[i]!).toBeGreaterThan(0.9 * EVERY_MS);
});

test('when nobody looks any more there is no turn, and who comes back begins again', async () => {
  const one = await listen();
  const two = await listen();
  expect(live.listeners).toBe(2);
  one.close();
  two.close();
  await waitUntil('both are gone', () => live.listeners === 0);
  const before = turns();
  const other = await listen('other');
  await waitUntil('others have had two turns', () => turns('other') >= 3);
  expect(turns()).toBeLessThanOrEqual(before);
  other.close();
  const again = await listen();
  await waitUntil('it is told', () => again.latest.size === 2);
});

test('who goes away while a turn is made leaves no turn behind', async () => {
  let open = () => {};
  gate = new Promise((resolve) => {
    open = resolve;
  });
  const listener = await listen();
  await waitUntil('the turn is under way', () => turns() === 1);
  listener.close();
  await waitUntil('nobody is there', () => live.listeners === 0);
  open();
  await listen('other');
  await waitUntil('others have had two turns', () => turns('other') >= 3);
  expect(turns()).toBe(1);
});

test('what has ended is told to its end, and the connection is closed', async () => {
  const listener = await listen();
  await waitUntil('all is there', () => listener.latest.size === 2);
  [parts, ended] = [{ one: 'b', two: 'x' }, true];
  await waitUntil('the server ends it', () => listener.ended);
  expect(listener.latest.get('one')).toBe('b');
  expect(listener.names.at(-1)).toBe('end');
  await waitUntil('nobody is left', () => live.listeners === 0);
});

test('an outage is said once and taken back; a run that is forgotten ends in a reload', async () => {
  const listener = await listen();
  await waitUntil('all is there', () => listener.latest.size === 2);
  failure = new Error('Connection is closed.');
  await waitUntil('it says so', () => listener.latest.get(LIVE_NOTE)?.includes('Redis does not answer') === true);
  const before = turns();
  await waitUntil('two more turns', () => turns() >= before + 2);
  expect(listener.names.filter((name) => name === LIVE_NOTE)).toHaveLength(1);
  [failure, parts] = [undefined, { one: 'c', two: 'x' }];
  await waitUntil('it continues', () => listener.latest.get('one') === 'c');
  expect(listener.latest.get(LIVE_NOTE)).toBe('');
  failure = new BtcFakeError('RUN_NOT_FOUND', 'There is no run');
  await waitUntil('it ends', () => listener.ended);
  expect(listener.names.at(-1)).toBe('reload');
});

test('who does not take what comes gets no more until they do, and then the newest', async () => {
  const listener = await listen();
  await waitUntil('all is there', () => listener.latest.size === 2);
  listener.pause();
  let n = 0;
  const grow = () => {
    n += 1;
    parts = { one: `${n} ${'#'.repeat(4 * 1024 * 1024)}`, two: 'x' };
  };
  // More than the sockets between them take; then nothing more is made ready for this listener.
  for (; n < 5; ) {
    grow();
    const before = turns();
    await waitUntil('a turn', () => turns() > before);
  }
  parts = { one: 'newest', two: 'x' };
  listener.resume();
  await waitUntil('the newest is there', () => listener.latest.get('one') === 'newest', 10_000);
  expect(listener.names.filter((name) => name === 'one').length).toBeLessThan(6);
});

test('a server that closes ends all, at once', async () => {
  const [one, other] = [await listen(), await listen('other')];
  await waitUntil('both are told', () => one.latest.size + other.latest.size === 4);
  await app.close();
  await waitUntil('both are ended', () => one.ended && other.ended);
  expect(live.listeners).toBe(0);
});

test('who asks by HEAD is no listener', async () => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('HEAD /run HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n');
  const [answer] = await once(socket, 'data');
  socket.destroy();
  expect(String(answer)).toContain('404');
  expect(live.listeners).toBe(0);
});
