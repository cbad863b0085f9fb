// Proves what a person gets from `btc-fake lakehouse`: a file that is right as it is written and has the settings of
// the queue, an error with every line that is wrong, and never a file that is overwritten.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startBtcFake } from '../../support/btc-fake.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'btc-fake-lakehouse-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const btcFake = (args: readonly string[], env: Record<string, string> = {}) =>
  startBtcFake(['lakehouse', ...args], { cwd, env }).ended;

describe('btc-fake lakehouse', () => {
  test('writes a description that check accepts', async () => {
    expect(await btcFake(['init'])).toMatchObject({ code: 0, stdout: 'Wrote lakehouse.yaml\n' });
    const checked = await btcFake(['check']);
    expect(checked).toMatchObject({ code: 0, stdout: 'lakehouse.yaml is right: dev, qa, prod\n' });
    expect(checked.stderr).toBe(
      'Schedule "0 6 * * 1" is "0 0 6 ? * MON" on Databricks. Quartz has seconds in front, and ? for the day of the month, since ' +
        'every one of them is meant. Quartz counts days of the week from 1 = Sunday, cron from 0 = Sunday: 1 is written as MON.\n',
    );
  });

  test('takes over the settings of the queue, but no secret', async () => {
    const env = {
      API_BASE_URL: 'https://models.example/public',
      API_KEY: 'k3y-of-the-recommender',
      DATABRICKS_HOST: 'adb-7.workspace.example',
      DATABRICKS_CATALOG: 'learning',
      SCHEDULE_CRON: '30 2 * * *',
      SCHEDULE_TIMEZONE: 'America/Los_Angeles',
      BUSINESS_TIMEZONE: 'Europe/Berlin',
    };
    await btcFake(['init'], env);
    const text = await readFile(join(cwd, 'lakehouse.yaml'), 'utf8');
    expect(text).toContain('url: https://models.example/public/api/v1/mltr/v3/run');
    expect(text).toContain('host: adb-7.workspace.example');
    expect(text).toContain('catalog: learning');
    expect(text).toContain('time_zone: Europe/Berlin');
    expect(text).not.toContain('k3y');
    expect((await btcFake(['check'])).stderr).toMatch(
      /Warning: schedule "30 2 \* \* \*": \d{4}-03-\d\d 02:30 does not exist in America\/Los_Angeles, because the clocks go forward/,
    );
  });

  test('leaves a description that is there alone', async () => {
    await writeFile(join(cwd, 'lakehouse.yaml'), 'mine');
    const { code, stderr } = await btcFake(['init']);
    expect([code, stderr]).toEqual([
      64,
      expect.stringContaining('lakehouse.yaml exists already; it is left as it is (USAGE)'),
    ]);
    expect(await readFile(join(cwd, 'lakehouse.yaml'), 'utf8')).toBe('mine');
  });

  test('says every line that is wrong, and what to do', async () => {
    await writeFile(join(cwd, 'other.yaml'), 'version: 1\nshedule: {}\njob: { retries: many }\n');
    const { code, stdout, stderr } = await btcFake(['check', '--file', 'other.yaml']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.split('\n')).toEqual([
      'btc-fake: 2 errors in other.yaml (LAKEHOUSE_INVALID)',
      '  other.yaml:2: "shedule" is not a setting; did you mean schedule?',
      '  other.yaml:3: job.retries is not a whole number',
      '  Correct the file; docs/databricks.md explains every setting of it.',
      '',
    ]);
  });

  test('says how to write one where there is none', async () => {
    const { code, stderr } = await btcFake(['check']);
    expect([code, stderr]).toEqual([
      1,
      'btc-fake: lakehouse.yaml: there is no such file (FILE_UNREADABLE)\n  Write one with: btc-fake lakehouse init\n',
    ]);
  });
});
