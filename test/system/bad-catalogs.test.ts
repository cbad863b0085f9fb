import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { readRunFiles } from '../support/run-files.ts';
import { catalog, makeWorkspace, type Workspace } from '../support/workspace.ts';

// What this file proves: a run takes the newest catalog file of each kind (contract section 1, "Vendor catalog files")
// and nothing else; without a usable one it fails at once and says which file, what is wrong and what to do.

const GOOD = catalog([[1_915_001, true, '2025-10-01']]);
const COURSES = 'CourseCatalog_V2_2025_10_27_1_ec83a5.csv';
const STAND_ALONE = 'StandAloneContent_v2_2025_10_28_1_77434e.csv';

let place: Workspace;
let redis: TestRedis;
let recommender: SandboxRecommender;
let folders = 0;

beforeAll(async () => {
  redis = await startTestRedis();
  recommender = await startRecommender({ contentIds: [] });
  place = await makeWorkspace({
    employees: ['104829,a'],
    redisUrl: redis.url,
    recommenderUrl: recommender.url,
  });
});
afterAll(async () => {
  await place.remove();
  await recommender.close();
  await redis.stop();
});

/** Runs with these files in the download folder; `folder` is how messages name it. */
async function runWith(files: Record<string, string | Buffer>) {
  const folder = `vendor-${++folders}`;
  await mkdir(place.path(folder));
  for (const [name, content] of Object.entries(files)) await writeFile(place.path(folder, name), content);
  return { folder, run: () => place.run(['run', '--json', '--with-workers'], { SFTP_LOCAL_DIR: folder }) };
}

const PUT_ONE =
  'Put one there (such as StandAloneContent_v2_2026_1_6_1_77434e.csv), or set the SFTP_INBOUND_ variables.';

test.each<[what: string, files: Record<string, string | Buffer>, reason: string]>([
  ['none', {}, `CATALOG_MISSING: FOLDER: no CourseCatalog and no StandAloneContent file. ${PUT_ONE}`],
  ['StandAloneContent alone', { [STAND_ALONE]: GOOD }, `CATALOG_MISSING: FOLDER: no CourseCatalog file. ${PUT_ONE}`],
  [
    'names that are almost right',
    {
      [COURSES]: GOOD,
      'StandAloneContent_v2_2025_2_30_1_77434e.csv': GOOD,
      'StandAloneContent_v2_2025_10_28_1_77434e.csv.part': GOOD,
      'StandAloneContent_v1_2025_10_28_1_77434e.csv': GOOD,
      'StandAloneContent_v2_25_10_28_1_77434e.csv': GOOD,
      'Old StandAloneContent_v2_2025_10_28_1_77434e.csv': GOOD,
    },
    `CATALOG_MISSING: FOLDER: no StandAloneContent file [its name nearly matches: Old StandAloneContent_v2_2025_10_28_1_77434e.csv, StandAloneContent_v1_2025_10_28_1_77434e.csv, StandAloneContent_v2_2025_2_30_1_77434e.csv and 1 more]. ${PUT_ONE}`,
  ],
  [
    'a file without an id column',
    { [COURSES]: GOOD, [STAND_ALONE]: '"Title","Daily_Dose_BA"\n"Skin","TRUE"\n' },
    `CATALOG_INVALID: ${STAND_ALONE}: no id column (it has: Title, Daily_Dose_BA). The file needs one of the columns ContentId, TrainingElementId, CourseId, ElementId.`,
  ],
  [
    'a file with semicolons between its columns',
    { [COURSES]: GOOD, [STAND_ALONE]: 'ContentId;Title\n1;Skin\n' },
    `CATALOG_INVALID: ${STAND_ALONE}: it is separated by semicolons, not by commas (its columns: ContentId, Title). Save it as CSV with commas, in UTF-8 (in Excel: "CSV UTF-8", with a comma as the list separator).`,
  ],
  [
    'ids that are none in every row',
    { [COURSES]: GOOD, [STAND_ALONE]: 'ContentId,Title\n1.9E6,Skin\n,Hair\n' },
    `CATALOG_INVALID: ${STAND_ALONE}: none of its rows can be used (2), in line 2 because ContentId "1.9E6" is not a content id (it has: ContentId, Title). Ask the vendor for a correct file, or remove this file, and the previous file is used.`,
  ],
  [
    'an empty file',
    { [COURSES]: '', [STAND_ALONE]: GOOD },
    `CATALOG_INVALID: ${COURSES}: the file is empty. Ask the vendor for a complete file, or remove this file, and the previous file is used.`,
  ],
  [
    'a file that is not UTF-8',
    { [COURSES]: Buffer.from('ContentId,Title\n1,M\xfcll\n', 'latin1'), [STAND_ALONE]: GOOD },
    `CATALOG_INVALID: ${COURSES}:2: there are bytes that are not UTF-8. Save the file as UTF-8.`,
  ],
])('with %s a run fails at once and says why', async (_what, files, template) => {
  const { folder, run } = await runWith(files);
  const { code, stderr, json } = await run();
  const reason = template.replace('FOLDER', folder);
  expect(code).toBe(1);
  expect(json()).toMatchObject({ state: 'failed', stage: 'catalog-download', reason, files: [] });
  expect(stderr).toContain(reason);
  expect(stderr.match(/"attempt":/g)).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s*at /m);
});

test('the newest of each kind by date, then by sequence number, is taken; impossible dates, folders and links are not', async () => {
  const standAlone = 'STANDALONECONTENT_V2_2025_10_01_12_abc123.csv';
  const { folder, run } = await runWith({
    [COURSES]: GOOD,
    'CourseCatalog_V2_2025_9_30_99_ffffff.csv': 'spoilt',
    'CourseCatalog_V2_2025_11_31_1_ffffff.csv': 'spoilt',
    'CourseCatalog_V2_2025_13_1_1_ffffff.csv': 'spoilt',
    'StandAloneContent_v2_2025_9_30_20_77434e.csv': 'spoilt',
    'StandAloneContent_v2_2025_10_1_9_77434e.csv': 'spoilt',
    [standAlone]: GOOD,
  });
  await mkdir(place.path(folder, 'CourseCatalog_V2_2025_12_1_1_ffffff.csv'));
  await symlink(place.path(folder, COURSES), place.path(folder, 'StandAloneContent_v2_2025_12_1_1_ffffff.csv'));
  const { code, json } = await run();
  expect(code).toBe(0);
  const { manifest } = await readRunFiles(json<RunReport>(), place.folder);
  expect(manifest.inputs.catalogs.map(({ name }) => name)).toEqual([COURSES, standAlone]);
  const nearMisses = manifest.notices.find(({ code: kind }) => kind === 'catalog-near-misses');
  expect(nearMisses).toMatchObject({
    count: 4,
    text: expect.stringContaining('4 (CourseCatalog_V2_2025_13_1_1_ffffff'),
  });
});

test('rows without a usable id are skipped and counted; of rows with the same id the first counts', async () => {
  const rows = ['ContentId,Title,Daily_Dose_BA', '7,One,no', ',Two,no', 'x,Three,no', '7,Four,TRUE', '"1,008",Five,no'];
  const { run } = await runWith({ [COURSES]: GOOD, [STAND_ALONE]: `${rows.join('\n')}\n` });
  const { code, json, stderr } = await run();
  expect(code).toBe(0);
  const { manifest } = await readRunFiles(json<RunReport>(), place.folder);
  expect(manifest.inputs.catalogs[1]).toMatchObject({ name: STAND_ALONE, contents: 2, skippedRows: 2 });
  expect(manifest.assignments.dailyDose).toEqual([]);
  const notice = manifest.notices.find(({ code: kind }) => kind === 'catalog-rows-skipped')!;
  expect(notice.text).toContain(STAND_ALONE);
  expect(stderr).toContain(notice.text);
});
