import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { RunReport } from '../../src/cli/run/report.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { feedRows, readRunFiles } from '../support/run-files.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// What this file proves: an employees file that is wrong (contract section 1, "Employees") is refused with every line
// named, before a job or anything else of a run exists; what the contract allows in it is read right.

const HEADER = 'employee_id,employee_edu_type\n';
const MAKE_HEADER = '  Make the first line "employee_id,employee_edu_type".\n';
const REMEDY = '  Fix the file, or leave these rows out with --skip-invalid-employees.\n';

const BAD_ROWS = [
  ['104829,a', undefined],
  [',a', 'no employee_id'],
  ['   ,a', 'no employee_id'],
  ['12x,a', 'employee_id "12x" is not a positive integer of at most 15 digits'],
  ['1.0,b', 'employee_id "1.0" is not a positive integer of at most 15 digits'],
  ['"1,000",b', 'employee_id "1,000" is not a positive integer of at most 15 digits'],
  ['-5,b', 'employee_id "-5" is not a positive integer of at most 15 digits'],
  ['0,f', 'employee_id "0" is not a positive integer of at most 15 digits'],
  ['1234567890123456,f', 'employee_id "1234567890123456" is not a positive integer of at most 15 digits'],
  ['104830,c', 'employee_edu_type "c" is not a, b or f'],
  ['104831,', 'employee_edu_type "" is not a, b or f'],
  ['104832', 'too few columns (1)'],
  ['123456789012345,B', undefined],
  ['104829,f', 'employee_id 104829 was seen before'],
  ['0104829,a', 'employee_id 104829 was seen before'],
  ['"104833","f"', undefined],
] as const;
const COMPLAINTS = BAD_ROWS.flatMap(([, why], i) => (why === undefined ? [] : [`bad.csv:${i + 2}: ${why}`]));
const BAD_FILE = `${HEADER}${BAD_ROWS.map(([row]) => `${row}\n`).join('')}`;

let place: Workspace;
let redis: TestRedis;
let recommender: SandboxRecommender;

beforeAll(async () => {
  redis = await startTestRedis();
  recommender = await startRecommender({ contentIds: [] });
  place = await makeWorkspace({ redisUrl: redis.url, recommenderUrl: recommender.url });
});
afterAll(async () => {
  await place.remove();
  await recommender.close();
  await redis.stop();
});

/** What Redis holds besides the facts that BullMQ keeps of each queue. */
async function keysOfRuns(): Promise<string[]> {
  const client = new Redis(redis.url);
  try {
    return (await client.keys('*')).filter((key) => !key.endsWith(':meta'));
  } finally {
    client.disconnect();
  }
}

async function expectRefused(file: string, stderr: string): Promise<void> {
  expect(await place.run(['run', '--json', '--employees', file])).toMatchObject({ code: 1, stdout: '', stderr });
  expect(await keysOfRuns()).toEqual([]);
}

test('every bad row is named with its line and what is wrong with it', async () => {
  await writeFile(place.path('bad.csv'), BAD_FILE);
  const lines = COMPLAINTS.map((line) => `  ${line}\n`).join('');
  await expectRefused('bad.csv', `btc-fake: bad.csv: 13 rows are wrong (EMPLOYEES_INVALID)\n${lines}${REMEDY}`);
});

test('of 25 bad rows the first 20 are named, and all are counted', async () => {
  const rows = Array.from({ length: 25 }, (_, i) => `${i + 1},z`);
  await writeFile(place.path('many.csv'), `${HEADER}${rows.join('\n')}\n`);
  const lines = rows.slice(0, 20).map((_, i) => `  many.csv:${i + 2}: employee_edu_type "z" is not a, b or f\n`);
  await expectRefused(
    'many.csv',
    `btc-fake: many.csv: 25 rows are wrong (EMPLOYEES_INVALID)\n${lines.join('')}${REMEDY}`,
  );
});

const SAVE_IT = '  Save it as CSV with commas, in UTF-8 (in Excel: "CSV UTF-8", with a comma as the list separator).\n';
const EMPTY = `btc-fake: it.csv: the file is empty (EMPLOYEES_INVALID)\n  Make the first line "employee_id,employee_edu_type", and give each employee a line.\n`;

test.each<[what: string, content: string | Buffer, stderr: string]>([
  [
    'no header',
    '1,a\n2,b\n',
    `btc-fake: it.csv:1: the header has no column employee_id and no column employee_edu_type (it has: 1, a) (EMPLOYEES_INVALID)\n${MAKE_HEADER}`,
  ],
  [
    'no id column',
    '# ours\n\nname,employee_edu_type\n',
    `btc-fake: it.csv:3: the header has no column employee_id (it has: name, employee_edu_type) (EMPLOYEES_INVALID)\n${MAKE_HEADER}`,
  ],
  [
    'no type column',
    'employee_id;employee_edu_type,employee_id\n',
    `btc-fake: it.csv:1: the header has no column employee_edu_type (it has: employee_id;employee_edu_type, employee_id) (EMPLOYEES_INVALID)\n${MAKE_HEADER}`,
  ],
  [
    'semicolons between its columns',
    'employee_id;employee_edu_type\n1;a\n',
    `btc-fake: it.csv: it is separated by semicolons, not by commas (its columns: employee_id, employee_edu_type) (EMPLOYEES_INVALID)\n${SAVE_IT}`,
  ],
  ['no byte', '', EMPTY],
  ['only comments', '# nobody,x\n#,\n\n', EMPTY],
  [
    'only a header and comments',
    `${HEADER}#1,a\n# 2,b\n`,
    'btc-fake: it.csv: the file holds no employees (EMPLOYEES_INVALID)\n  Give each employee a line such as "104829,a".\n',
  ],
  [
    'bytes that are not UTF-8',
    Buffer.from(`${HEADER}1,a\n2,b\n# M\xfcller,f\n`, 'latin1'),
    'btc-fake: it.csv:4: there are bytes that are not UTF-8 (EMPLOYEES_INVALID)\n  Save the file as UTF-8.\n',
  ],
  [
    'a quote that is never closed',
    `${HEADER}1,a\n"2,b\n3,f\n`,
    'btc-fake: it.csv:3: a quoted field is never closed (EMPLOYEES_INVALID)\n  Double every quote inside a quoted field.\n',
  ],
])('a file with %s is refused', async (_what, content, stderr) => {
  await writeFile(place.path('it.csv'), content);
  await expectRefused('it.csv', stderr);
});

const CHECK_IT = '  Check the path, and that this user may read it.\n';

test('a file that is not there is refused', async () => {
  await expectRefused(
    'input/nobody.csv',
    `btc-fake: input/nobody.csv: there is no such file (FILE_UNREADABLE)\n${CHECK_IT}`,
  );
});

test('a folder is refused', async () => {
  await mkdir(place.path('people.csv'));
  await expectRefused('people.csv', `btc-fake: people.csv: it is a folder (FILE_UNREADABLE)\n${CHECK_IT}`);
});

test('a byte-order mark, CRLF, quotes, other columns, odd header names and comments with anything in them are fine', async () => {
  const content = [
    '\uFEFF# the store in the north',
    '"Store"," Employee ID ","EMPLOYEE_TYPE"',
    'north,1,A',
    '',
    'north,"2"," b "',
    'north,#3,x,y,z',
    'north,# 1,a',
    '"the ""south"",\r\nby the sea",000000000000000004,f,more',
    '   ',
  ].join('\r\n');
  await writeFile(place.path('fine.csv'), content);
  const run = await place.run(['run', '--json', '--detach', '--employees', 'fine.csv']);
  expect(run.code).toBe(0);
  const status = await place.run(['status', '--json', run.json<{ runId: string }>().runId]);
  expect(status.json<RunReport>().counts).toEqual({ employees: 3, done: 0, failed: 0 });
});

test('--skip-invalid-employees continues without the bad rows and lists them on the screen and in the manifest', async () => {
  await writeFile(place.path('bad.csv'), BAD_FILE);
  const args = ['run', '--json', '--with-workers', '--employees', 'bad.csv', '--skip-invalid-employees'];
  const run = await place.run(args);
  expect(run.code).toBe(0);
  expect(run.stderr).toContain('3 employees from bad.csv\n');
  expect(run.stderr).toContain(COMPLAINTS.map((line) => `  skipped ${line}\n`).join(''));

  const { manifest, completions, nonCompleted } = await readRunFiles(run.json<RunReport>(), place.folder);
  expect(manifest.inputs.employees).toMatchObject({
    name: 'bad.csv',
    employees: 3,
    invalid: { count: 13, first: COMPLAINTS },
  });
  expect(manifest.counts.employees).toBe(3);
  expect(manifest.notices).toContainEqual({
    code: 'invalid-employees-skipped',
    text: 'bad.csv: skipped invalid rows: 13',
    count: 13,
  });
  const people = [...feedRows(completions), ...feedRows(nonCompleted)].map(([userId]) => userId);
  expect([...new Set(people)].sort()).toEqual(['104829', '104833', '123456789012345']);
  expect(await readFile(place.path('bad.csv'), 'utf8')).toBe(BAD_FILE);
});
