import { readdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import { type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { judge } from '../support/fault-oracle.ts';

/** X: ids and settings that nobody should give. */
const EMPLOYEES = 30;
const LONG = '9'.repeat(1_024);
let fixture: FaultFixture;
let good: string;
let filesBefore: readonly string[];

beforeAll(async () => {
  fixture = await openFaultFixture({ employees: EMPLOYEES });
  good = await readFile(fixture.workspace.path('input', 'employees.csv'), 'utf8');
});
beforeEach(async () => {
  filesBefore = await readdir(fixture.workspace.path('generated_files'));
});
afterAll(() => fixture?.close());

/** How many keys of runs there are, which nobody may add to who was refused. */
async function runKeys(): Promise<number> {
  return (await fixture.connection.keys('*:run:*')).length;
}

const HOSTILE_ROWS = [
  '__proto__,a',
  `${LONG},b`,
  '😀,f',
  ',a',
  'constructor,a',
  '500001,',
  '7,toString',
  '1e3,a',
  '-5,b',
  '７,a',
];

test('X1: hostile ids stop a run before it is made, each named by its line', async () => {
  const before = await runKeys();
  await fixture.workspace.write('input/hostile.csv', `${good}${HOSTILE_ROWS.join('\n')}\n`);
  const { code, stdout, stderr } = await fixture.start(['run', '--employees', 'input/hostile.csv']).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  const lines = stderr.trimEnd().split('\n');
  expect(lines[0]).toBe(`btc-fake: hostile.csv: ${HOSTILE_ROWS.length} rows are wrong (EMPLOYEES_INVALID)`);
  const firstLine = EMPLOYEES + 2;
  HOSTILE_ROWS.forEach((_row, i) => {
    expect(lines[1 + i]).toMatch(new RegExp(`^ {2}hostile\\.csv:${firstLine + i}: `));
    expect(lines[1 + i]!.length).toBeLessThan(200);
  });
  expect(await runKeys()).toBe(before);
  expect(await readdir(fixture.workspace.path('generated_files'))).toEqual(filesBefore);
});

test('X1: without them, where that was asked for, the others come to the same bytes, and the manifest says who was left out', async () => {
  await fixture.workspace.write('input/hostile.csv', `${good}${HOSTILE_ROWS.join('\n')}\n`);
  const runId = await fixture.begin(['--employees', 'input/hostile.csv', '--skip-invalid-employees']);
  const worker = fixture.start(['worker']);
  await fixture.reaches(runId, 'finished');
  worker.signal('SIGTERM');
  await worker.ended;
  await judge(fixture, runId);
  const { manifest } = await fixture.store.getRun(runId);
  expect(manifest!.inputs.employees.invalid.count).toBe(HOSTILE_ROWS.length);
  expect(manifest!.inputs.employees.invalid.first).toHaveLength(HOSTILE_ROWS.length);
});

const HOSTILE_SETTINGS: Record<string, string> = {
  API_BASE_URL: '__proto__',
  API_TIMEOUT: '٣',
  BUSINESS_TIMEZONE: '😀',
  DATABRICKS_CATALOG: 'x; DROP TABLE y',
  DATABRICKS_SCHEMA: '__proto__.constructor',
  EMPLOYEE_CONCURRENCY: '1e2',
  FEED_DATE_FORMAT: 'toString',
  JOB_ATTEMPTS: '-1',
  LOG_LEVEL: 'constructor',
  REDIS_URL: LONG,
  RUN_RETENTION_DAYS: '0',
  SCHEDULE_CRON: '* * *',
  SFTP_INBOUND_PORT: '65536',
  SFTP_PUBLISH_ENABLED: 'perhaps',
  SFTP_INBOUND_PASWORD: 'typed-wrongly',
};

test('X1: hostile and mistyped settings are all named at the start, and nothing is done', async () => {
  const before = await runKeys();
  await writeFile(fixture.workspace.path('.env'), 'EMPLOYES_FILE=x\n__proto__=y\nconstructor=z\n😀=1\n');
  const { code, stdout, stderr } = await fixture.start(['run', '--with-workers'], HOSTILE_SETTINGS).ended;
  await writeFile(fixture.workspace.path('.env'), '');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  for (const name of [...Object.keys(HOSTILE_SETTINGS), 'EMPLOYES_FILE']) expect(stderr).toContain(`  ${name}: `);
  expect(stderr).toContain('did you mean SFTP_INBOUND_PASSWORD?');
  expect(stderr).toContain('.env:4');
  expect(stderr).not.toContain('typed-wrongly');
  expect(stderr).not.toContain(LONG);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(await runKeys()).toBe(before);
});

test('X1: empty settings are settings that are not set', async () => {
  const names = [
    'EMPLOYEES_FILE',
    'API_TIMEOUT',
    'JOB_ATTEMPTS',
    'BUSINESS_TIMEZONE',
    'DATABRICKS_HOST',
    'METRICS_PORT',
  ];
  const blank = Object.fromEntries(names.map((name, i) => [name, ' '.repeat(i % 2)]));
  const { code, json } = await fixture.start(
    ['run', '--with-workers', '--json', '--seed', 'faults', '--as-of', '2025-10-28T11:00:00Z'],
    blank,
  ).ended;
  expect(code).toBe(0);
  const { counts, state } = json<RunReport>();
  expect({ state, done: counts.done }).toEqual({ state: 'finished', done: EMPLOYEES });
});

test.each([
  ['empty', ''],
  ['of blanks', '  '],
  ['of two lines', 'a\nb'],
  ['with a control character', 'a\u001B[2Jb'],
  ['of 1 kB', 'x'.repeat(1_024)],
])('X1: a seed that is %s is refused, and no run is made', async (_what, seed) => {
  const before = await runKeys();
  const { code, stdout, stderr } = await fixture.start(['run', '--detach', '--seed', seed]).ended;
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  expect(stderr).toBe(
    'btc-fake: The seed is not text on one line, of 1 to 200 characters (USAGE)\n  Give another seed, or none; the run id is then the seed.\n',
  );
  expect(await runKeys()).toBe(before);
});

test.each(['__proto__', '😀'.repeat(50), '../../etc', "'; DROP TABLE x --"])(
  'X1: %j is a seed like any other',
  async (seed) => {
    const { code, json } = await fixture.start(['run', '--with-workers', '--json', '--seed', seed]).ended;
    expect(code).toBe(0);
    expect(json<RunReport>()).toMatchObject({ state: 'finished', seed });
  },
);
