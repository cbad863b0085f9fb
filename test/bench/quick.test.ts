import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inheritedEnvironment } from '../support/btc-fake.ts';

// Proves that the benchmark runs, from the command to its files. What it measures at this size means nothing.

const BENCH = join(import.meta.dirname, '../../dist/bench/main.js');
const LIMIT_MS = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btc-fake-bench-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function bench(...args: string[]) {
  return promisify(execFile)(process.execPath, [BENCH, ...args], { env: inheritedEnvironment(), timeout: LIMIT_MS });
}

test(
  'some sections, quick, leave their ratios in all three files',
  async () => {
    const { stdout, stderr } = await bench('fan-out', 'growth', '--quick', '--output', folder);
    expect(stderr).toContain('== growth');
    const printed = JSON.parse(stdout) as Record<string, unknown>;
    expect(printed).toMatchObject({
      fanOutRatio: expect.any(Number),
      timeRatio1000To100: expect.any(Number),
      peakRedisBytesPerEmployee: expect.any(Number),
    });
    expect(Object.keys(printed.sections as object)).toEqual(['growth', 'fan-out']);
    expect(JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'))).toEqual(printed);
    expect((await readdir(folder)).sort()).toEqual(['results.json', 'results.md', 'results.svg']);
  },
  LIMIT_MS,
);

test('a section that there is not is refused, with those that there are', async () => {
  const failure = await bench('growht').catch((error) => error);
  expect(failure).toMatchObject({ code: 64, stderr: 'There is no section growht.\n' });
  expect(failure.stdout).toContain('growth');
});
