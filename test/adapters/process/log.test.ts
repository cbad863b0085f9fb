// Proves that a secret never leaves the process in a log line, however it is written there, and that results stay
// clean.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { cutSecretFields } from '../../../src/adapters/process/secret-fields.ts';

const BUILT = pathToFileURL(join(import.meta.dirname, '../../../dist/src/adapters/process/log.js')).href;
const SECRETS = ['hunter2', 'hunter2-and-more', 'quo"te\\and\nline', '$&$1', 'ключ'];

/** The logger writes to the process's own standard error, so it is asked in a process of its own. */
function log(options: object): Promise<{ stdout: string; stderr: string }> {
  const script = `
    logger.debug('unseen');
    for (const secret of secrets) {
      logger.info({ nested: { list: [secret] }, [secret]: 1 }, 'as text: ' + secret + '!');
      logger.error({ err: new Error('in an error: ' + secret) }, 'failed');
      logger.child({ bound: secret }).warn('json in text: ' + JSON.stringify({ secret }));
    }
    logger.info('plain');
  `;
  return logWith(script, options);
}

/** Runs a script that has a `logger`. */
function logWith(script: string, options: object): Promise<{ stdout: string; stderr: string }> {
  const whole = `
    import { createLogger } from ${JSON.stringify(BUILT)};
    const secrets = ${JSON.stringify(SECRETS)};
    const logger = createLogger({ level: 'info', secrets, format: 'json', colour: false, ...${JSON.stringify(options)} });
    ${script}
  `;
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', whole]);
}

/** Every form in which a secret, or what is left of one, could be recognised. */
const TRACES = /hunter2|and-more|quo|and(\\+n|\n)line|\$&|ключ/;

test('as JSON: one line each to standard error, secrets cut out of text, keys, objects and errors', async () => {
  const { stdout, stderr } = await log({});
  expect(stdout).toBe('');
  const lines = stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(3 * SECRETS.length + 1);
  expect(stderr).not.toMatch(TRACES);
  const records = lines.map((line) => JSON.parse(line));
  expect(records[0]).toMatchObject({ level: 30, msg: 'as text: [secret]!', nested: { list: ['[secret]'] } });
  expect(records.at(-1)).toEqual({ level: 30, time: expect.stringMatching(/^\d{4}-.*Z$/), msg: 'plain' });
});

test('for people: the same, without colours unless asked for', async () => {
  const { stdout, stderr } = await log({ format: 'terminal' });
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(TRACES);
  expect(stderr).toContain('as text: [secret]!');
  expect(stderr).not.toContain('\u001B[');
  expect((await log({ format: 'terminal', colour: true })).stderr).toContain('\u001B[');
});

test('a level that is too low is not written, and an empty secret cuts nothing', async () => {
  const { stderr } = await log({ secrets: [''] });
  expect(stderr).not.toContain('unseen');
  expect(stderr).not.toContain('[secret]');
});

describe('a secret of one to three characters', () => {
  // The same texts with a secret that is in none of them: what may change is what the secret itself changes.
  const script = `
    logger.info({ attempt: 3, nested: { list: ['a', 'banana', 30] } }, 'a worker has taken a job at 30 a second');
    logger.warn('Login of "bob" with \\'a\\' refused: https://bob:a@host.example/?key=a&sort=all');
  `;

  test('leaves every other word, number and name of a line as it is', async () => {
    const { stderr } = await logWith(script, { secrets: ['a', '3', '30', 'e', '"', ':', 'inf'] });
    const records = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records[0]).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      attempt: 3,
      nested: { list: ['[secret]', 'banana', 30] },
      msg: 'a worker has taken a job at 30 a second',
    });
  });

  test('is cut where it is a value by itself: in quotation marks, in an address, behind an equals sign', async () => {
    const { stderr } = await logWith(script, { secrets: ['a'] });
    expect(JSON.parse(stderr.trimEnd().split('\n')[1]!).msg).toBe(
      `Login of "bob" with '[secret]' refused: https://bob:[secret]@host.example/?key=[secret]&sort=all`,
    );
  });

  test('of signs alone is cut as well, and breaks no line', async () => {
    const { stderr } = await logWith(`logger.info({ given: '$\\\\"' }, 'costs $5')`, { secrets: ['$\\"', '$'] });
    expect(JSON.parse(stderr)).toMatchObject({ given: '[secret]', msg: 'costs $5' });
  });
});

describe('a field that is named like a secret', () => {
  const script = `
    const fields = {
      password: 'canary', headers: { Authorization: 'canary', 'set-cookie': ['canary'] }, count: 7, token: null,
      deep: { er: { and: { deeper: { clientSecret: { value: 'canary' }, apiKey: 'canary', tokens: 3 } } } },
    };
    const error = Object.assign(new Error('it failed'), { options: { passphrase: 'canary' } });
    logger.info(fields, 'the "token": is in the text');
    logger.child({ accessToken: 'canary', runId: 'run-x' }).warn({ err: error }, 'bound');
    logger.warn({ ALERT_WEBHOOK_URL: 'canary', REDIS_URL: 'canary', url: 'http://127.0.0.1:3000' }, 'settings');
  `;

  test('has its value cut, wherever it stands; everything else stays as it is', async () => {
    const { stderr } = await logWith(script, {});
    expect(stderr).not.toContain('canary');
    const [fields, bound, settings] = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const cut = '[secret]';
    expect(fields).toEqual({
      level: 30,
      time: expect.any(String),
      password: cut,
      headers: { Authorization: cut, 'set-cookie': cut },
      count: 7,
      token: null,
      deep: { er: { and: { deeper: { clientSecret: cut, apiKey: cut, tokens: 3 } } } },
      msg: 'the "token": is in the text',
    });
    expect(bound).toMatchObject({
      accessToken: cut,
      runId: 'run-x',
      err: { message: 'it failed', options: { passphrase: cut } },
    });
    expect(bound.err.stack).toContain('it failed');
    expect(settings).toMatchObject({ ALERT_WEBHOOK_URL: cut, REDIS_URL: cut, url: 'http://127.0.0.1:3000' });
  });

  test('also on a terminal', async () => {
    const { stderr } = await logWith(script, { pretty: true });
    expect(stderr).not.toContain('canary');
    expect(stderr).toContain('it failed');
  });
});

test('a line that is no JSON is left alone', () => {
  expect(cutSecretFields('{"token": broken')).toBe('{"token": broken');
});
