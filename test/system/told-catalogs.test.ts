import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { readRunFiles } from '../support/run-files.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// Proves that a run tells what `btc-fake check` flags in a catalog in its log, summary, manifest and result (contract
// section 1, "Nothing of this is silent"), and that no title harms a terminal.

let place: Workspace;
let redis: TestRedis;
let recommender: SandboxRecommender;

beforeAll(async () => {
  redis = await startTestRedis();
  recommender = await startRecommender({ contentIds: [] });
  place = await makeWorkspace({ employees: ['104829,a'], redisUrl: redis.url, recommenderUrl: recommender.url });
});
afterAll(async () => {
  await place?.remove();
  await recommender?.close();
  await redis?.stop();
});

const standAlone = () => `downloaded_files/${place.catalogNames.standAlone}`;

/** A run on these rows of the StandAloneContent file, and what `check` says of the file. */
async function runAndCheck(lines: readonly string[], env: Record<string, string> = {}) {
  await place.write(standAlone(), `${lines.join('\n')}\n`);
  const run = await place.run(['run', '--json', '--with-workers', '--as-of', '2025-10-28T11:00:00Z'], env);
  const check = await place.run(['check', '--json', standAlone()], env);
  const report = run.json<RunReport>();
  const [checked] = check.json<{ errors: number; first: { line: number; problem: string }[] }[]>();
  return { run, report, check, checked: checked! };
}

test('each kind of fault is counted with its first line wherever the run is told of, and check finds as many', async () => {
  const { run, report, check, checked } = await runAndCheck([
    'ContentId,Title,Daily_Dose_BA,CreateDate',
    '1915001.0,Dose,T,28-Oct-2025',
    '1915002,Skin, deep,TRUE,2025-10-01',
    'x,None,F,2025-10-01',
    '"1,915,001",Again,F,2025-10-01',
    '1915003,Serial,perhaps,45958',
    '1915004,Serial,no,45959',
  ]);
  expect([run.code, check.code]).toEqual([0, 1]);
  const { manifest, summary } = await readRunFiles(report, place.folder);
  const notices = manifest.notices.filter(({ code }) => code.startsWith('catalog-'));
  expect(notices.map(({ code, count, firstLine }) => [code, count, firstLine])).toEqual([
    ['catalog-rows-skipped', 1, 4],
    ['catalog-rows-misaligned', 1, 3],
    ['catalog-ids-repeated', 1, 5],
    ['catalog-dates-unreadable', 2, 6],
    ['catalog-flags-unreadable', 1, 6],
  ]);
  for (const { text } of notices) {
    expect(summary).toContain(`  ${text}\n`);
    expect(run.stderr).toContain(text);
  }
  expect(checked.errors).toBe(6);
  expect(checked.first.map(({ line }) => line)).toEqual([3, 4, 5, 6, 6, 7]);
  expect(manifest.assignments.dailyDose.map(({ contentId }) => contentId)).toEqual([1_915_001]);
});

test('a file that is read day first is told, and the newest Daily Doses are chosen', async () => {
  const lines = [
    'ContentId,Title,Daily_Dose_BA,Created Date',
    '1,Old,T,1/2/2024',
    '2,October,T,24/10/2025',
    '3,June,T,5/6/2025',
    '4,May,T,3/5/2025',
    '5,July,T,1/7/2025',
  ];
  const { report, checked } = await runAndCheck(lines);
  const { manifest } = await readRunFiles(report, place.folder);
  expect(manifest.assignments.dailyDose.map(({ contentId }) => contentId)).toEqual([2, 5, 3]);
  expect(manifest.notices).toContainEqual(
    expect.objectContaining({ code: 'catalog-read-day-first', count: 5, firstLine: 3 }),
  );
  expect(checked.first).toEqual([{ line: 3, problem: expect.stringContaining('read day first') }]);
  const told = await runAndCheck(lines, { CATALOG_DATE_FORMATS: 'd/M/yyyy' });
  expect(told.check.code).toBe(0);
  const files = await readRunFiles(told.report, place.folder);
  expect(files.manifest.notices.filter(({ code }) => code.startsWith('catalog-'))).toEqual([]);
  expect(files.manifest.assignments.dailyDose.map(({ contentId }) => contentId)).toEqual([2, 5, 3]);
});

test('a title with terminal escapes or a reversed direction is shown without them', async () => {
  await place.write(
    standAlone(),
    'ContentId,Title,Daily_Dose_BA,CreateDate\n7,\u001b]0;owned\u0007Dose \u202Egnp.exe,T,2025-10-01\n8,"\u001b[2JSkin",F,2025-10-01\n',
  );
  const run = await place.run(['run', '--with-workers', '--as-of', '2025-10-28T11:00:00Z']);
  const runs = await place.run(['runs', '--json']);
  const [{ runId }] = runs.json<[{ runId: string }]>();
  const explained = await place.run(['explain', runId, '104829']);
  const status = await place.run(['status', runId, '--json']);
  const { summary } = await readRunFiles(status.json<RunReport>(), place.folder);
  for (const text of [run.stdout, run.stderr, explained.stdout, summary]) {
    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
  }
  expect(summary).toContain('7 ]0;ownedDose gnp.exe (Daily Dose)');
  expect(run.stdout).toContain('7 ]0;ownedDose gnp.exe (Daily Dose)');
  expect(explained.stdout).toContain('  7 ]0;ownedDose gnp.exe: assigned\n');
  expect(explained.stdout).toContain('8 [2JSkin');
});
