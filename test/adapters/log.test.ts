// Proves that a secret never leaves the process in a log line, however it is written there, and that results stay clean.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const BUILT = pathToFileURL(join(import.meta.dirname, '../../dist/src/adapters/log.js')).href;
const SECRETS = ['hunter2', 'hunter2-and-more', 'quo"te\\and\nline', '$&$1', 'ключ'];

/** The logger writes to the process's own standard error, so it is asked in a process of its own. */
async function log(options: object): Promise<{ stdout: string; stderr: string }> {
  const script = `
    import { createLogger } from ${JSON.stringify(BUILT)};
    const secrets = ${JSON.stringify(SECRETS)};
    const logger = createLogger({ level: 'info', secrets, pretty: false, colour: false, ...${JSON.stringify(options)} });
    logger.debug('unseen');
    for (const secret of secrets) {
      logger.info({ nested: { list: [secret] }, [secret]: 1 }, 'as text: ' + secret + '!');
      logger.error({ err: new Error('in an error: ' + secret) }, 'failed');
      logger.child({ bound: secret }).warn('json in text: ' + JSON.stringify({ secret }));
    }
    logger.info('plain');
  `;
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
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
  const { stdout, stderr } = await log({ pretty: true });
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(TRACES);
  expect(stderr).toContain('as text: [secret]!');
  expect(stderr).not.toContain('\u001B[');
  expect((await log({ pretty: true, colour: true })).stderr).toContain('\u001B[');
});

test('a level that is too low is not written, and an empty secret cuts nothing', async () => {
  const { stderr } = await log({ secrets: [''] });
  expect(stderr).not.toContain('unseen');
  expect(stderr).not.toContain('[secret]');
});
