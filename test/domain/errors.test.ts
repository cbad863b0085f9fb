import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { BtcFakeError, ERROR_CODES, type ErrorCode, systemCode } from '../../src/domain/errors.ts';

// What this file proves: errors carry what a person and a queue need, and docs/errors.md lists every code.

describe('an error', () => {
  test('has a code, a message, and what to do; the rest is empty unless given', () => {
    const error = new BtcFakeError('SFTP_PATH', 'there is no folder /inbound', { remedy: 'Check the remote path.' });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'BtcFakeError',
      code: 'SFTP_PATH',
      message: 'there is no folder /inbound',
      remedy: 'Check the remote path.',
      retryAfterMs: undefined,
      lines: [],
    });
    expect('cause' in error).toBe(false);
    expect(new BtcFakeError('USAGE', 'x').remedy).toBeUndefined();
  });

  test('keeps its cause, its lines and how long to wait', () => {
    const cause = new Error('socket hang up');
    const lines = ['employees.csv:2: no employee_id'];
    const error = new BtcFakeError('RECOMMENDER_THROTTLED', 'too many calls', { cause, lines, retryAfterMs: 3000 });
    expect(error).toMatchObject({ cause, lines, retryAfterMs: 3000 });
  });

  test('escapes what would steer a terminal or turn the direction of writing, and stays on one line', () => {
    const hostile = 'a\u001b[2J\u202Eb\r\nc\u009b';
    const { message, remedy, lines } = new BtcFakeError('INTERNAL', hostile, { remedy: hostile, lines: [hostile] });
    for (const text of [message, remedy, ...lines]) expect(text).toBe('a\\u001b[2J\\u{202e}b\\r\\nc\\u{9b}');
  });

  test('shows nothing of its cause in its own text', () => {
    const error = new BtcFakeError('SFTP_UNREACHABLE', 'lost', { cause: new Error('password=canary') });
    expect(`${error} ${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('canary');
  });

  test.each(Object.entries(ERROR_CODES))(
    'with the code %s is retryable or not as the table says',
    (code, { retryable }) => {
      expect(new BtcFakeError(code as ErrorCode, 'x').retryable).toBe(retryable);
    },
  );
});

test("the system's code of an error is its code, if it is a text", () => {
  expect(systemCode(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT');
  expect(
    [new Error('x'), Object.assign(new Error('x'), { code: 7 }), { code: 'ENOENT' }, null].map(systemCode),
  ).toEqual(Array(4).fill(undefined));
});

describe('docs/errors.md', () => {
  /** Its table rows: `| `CODE` | yes or no | meaning | what to do |`. */
  async function documentedRows(): Promise<string[][]> {
    const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    return page
      .split('\n')
      .filter((row) => row.startsWith('| `'))
      .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  }

  test('has one row for every code, none for a code that is no more, and says of each whether it is retried', async () => {
    const documented = (await documentedRows()).map(([, code, retried]) => `${code} ${retried}`);
    const table = Object.entries(ERROR_CODES).map(([code, { retryable }]) => `\`${code}\` ${retryable ? 'yes' : 'no'}`);
    expect(documented.sort()).toEqual(table.sort());
  });

  test('says of each what it means and what to do, in sentences', async () => {
    for (const row of await documentedRows()) {
      expect(row).toHaveLength(6);
      expect(row.slice(3, 5)).toEqual([expect.stringMatching(/^.{15,}\.$/), expect.stringMatching(/^.{8,}\.$/)]);
    }
  });
});
