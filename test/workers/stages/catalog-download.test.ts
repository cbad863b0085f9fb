// Proves what the catalog stage keeps for a run when no SFTP server is configured, and what it says of what is missing.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { localInstant } from '../../../src/domain/simulation/business-week.ts';
import { catalogDownloadHandler } from '../../../src/workers/stages/catalog-download.ts';
import { failureOf } from '../../support/failure-of.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { content, people } from '../../support/run-state.ts';

let fixture: RunFixture;
let downloaded: string;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  await fixture.reset();
  downloaded = mkdtempSync(join(fixture.folder, 'catalogs-'));
});

const never = new AbortController().signal;

async function download(env: Record<string, string> = {}): Promise<RunRecord> {
  const { plan } = await fixture.createRunWithFlow(people(1));
  const settings = fixture.settingsWith({ SFTP_LOCAL_DIR: downloaded, ...env });
  const job = await fixture.job('catalog-download', plan.id);
  await catalogDownloadHandler({ ...fixture, settings })(job, never, '');
  return fixture.store.getRun(plan.id);
}

function put(name: string, text: string) {
  writeFileSync(join(downloaded, name), text);
  return { bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
}

test('without SFTP the newest file of each kind that is here is used, and that is on record and in the log', async () => {
  put('CourseCatalog_V2_2025_10_1_1_aaaaaa.csv', 'nothing that could be read');
  put('StandAloneContent_v2_2025_9_30_9_ffffff.csv', 'nothing that could be read');
  const course = put('CourseCatalog_V2_2025_10_27_1_bbbbbb.csv', 'CourseId,CourseName\n5,Title 5\n');
  const standAlone = put(
    'standalonecontent_V2_2025_10_07_1_cccccc.csv',
    'ContentId,Title,Daily_Dose_BA,CreateDate\n6,Title 6,,\nx,,,\n,y,,\n7,Title 7,perhaps,45958\n7,a,shift,ed,row\n',
  );
  const run = await download();
  const text =
    'SFTP is not configured: the newest files that are here were used (CourseCatalog_V2_2025_10_27_1_bbbbbb.csv and standalonecontent_V2_2025_10_07_1_cccccc.csv)';
  expect(run.catalogs).toEqual({
    inputs: [
      {
        kind: 'CourseCatalog',
        name: 'CourseCatalog_V2_2025_10_27_1_bbbbbb.csv',
        ...course,
        contents: 1,
        skippedRows: 0,
        from: 'local folder',
      },
      {
        kind: 'StandAloneContent',
        name: 'standalonecontent_V2_2025_10_07_1_cccccc.csv',
        ...standAlone,
        contents: 2,
        skippedRows: 3,
        from: 'local folder',
      },
    ],
    notices: [
      { code: 'sftp-not-configured', text },
      {
        code: 'catalog-rows-skipped',
        text: expect.stringMatching(/^standalonecontent_V2_2025_10_07_1_cccccc.csv: .*: 2, the first in line 3: /),
        count: 2,
        firstLine: 3,
      },
      { code: 'catalog-rows-misaligned', text: expect.stringContaining('5 fields, not 4'), count: 1, firstLine: 6 },
      { code: 'catalog-dates-unreadable', text: expect.stringContaining('"45958"'), count: 1, firstLine: 5 },
      { code: 'catalog-flags-unreadable', text: expect.stringContaining('"perhaps"'), count: 1, firstLine: 5 },
    ],
  });
  expect(await fixture.store.readCatalog(run.plan.id, 'CourseCatalog')).toEqual([content(5)]);
  expect(await fixture.store.readCatalog(run.plan.id, 'StandAloneContent')).toEqual([content(6), content(7)]);
  expect(
    fixture.log.filter(({ level }) => level === 40).map(({ msg, runId, notice, count }) => [msg, runId, notice, count]),
  ).toEqual(run.catalogs!.notices.map((notice) => [notice.text, run.plan.id, notice.code, notice.count]));
  expect(run.stageFinishedAt['catalog-download']).toBeGreaterThanOrEqual(run.stageStartedAt['catalog-download']!);
});

test.each([
  [[], 'no CourseCatalog and no StandAloneContent file'],
  [['CourseCatalog_V2_2025_10_27_1_bbbbbb.csv'], 'no StandAloneContent file'],
  [
    ['StandAloneContent_v2_2025_10_27_1_bbbbbb.csv', 'CourseCatalog_V2_2025_2_30_1_bbbbbb.csv'],
    'no CourseCatalog file',
  ],
])('with %j here it says what is missing and where to put it', async (names, missing) => {
  for (const name of names) put(name, 'ContentId\n1\n');
  const error = await failureOf(download());
  expect({ code: error.code, message: error.message }).toEqual({
    code: 'CATALOG_MISSING',
    message: `${downloaded}: ${missing}`,
  });
  expect(error.remedy).toContain('SFTP_INBOUND_');
});

test('a folder that is not there yet holds nothing', async () => {
  downloaded = join(downloaded, 'deeper');
  expect((await failureOf(download())).code).toBe('CATALOG_MISSING');
});

test('a file that is none fails by its name, and nothing is kept', async () => {
  put('CourseCatalog_V2_2025_10_27_1_bbbbbb.csv', 'CourseId\n1\n');
  put('StandAloneContent_v2_2025_10_27_1_bbbbbb.csv', 'Title,Flag\nx,1\n');
  const error = await failureOf(download());
  expect(error.message).toBe('StandAloneContent_v2_2025_10_27_1_bbbbbb.csv: no id column (it has: Title, Flag)');
  const [run] = await fixture.store.listRuns(1);
  expect(run!.catalogs).toBeUndefined();
  expect(await fixture.store.readCatalog(run!.plan.id, 'CourseCatalog')).toEqual([]);
});

test('with SFTP configured but out of reach it fails, and does not take the files that are here', async () => {
  put('CourseCatalog_V2_2025_10_27_1_bbbbbb.csv', 'CourseId\n1\n');
  put('StandAloneContent_v2_2025_10_27_1_bbbbbb.csv', 'ContentId\n1\n');
  const error = await failureOf(
    download({
      SFTP_INBOUND_HOST: '127.0.0.1',
      SFTP_INBOUND_PORT: '9',
      SFTP_INBOUND_USER: 'somebody',
      SFTP_INBOUND_PASSWORD: 'secret',
      SFTP_INBOUND_REMOTE_PATH: '/in',
    }),
  );
  expect(error.code).toBe('SFTP_UNREACHABLE');
  expect((await fixture.store.listRuns(1))[0]!.catalogs).toBeUndefined();
});

test('dates are read as the settings say, in the time zone of the run', async () => {
  put('CourseCatalog_V2_2025_10_27_1_bbbbbb.csv', 'CourseId\n1\n');
  put(
    'StandAloneContent_v2_2025_10_27_1_bbbbbb.csv',
    'ContentId,Daily_Dose_BA,Created Date\n1,T,5/6/2025\n2,F,20251028\n',
  );
  const run = await download({ CATALOG_DATE_FORMATS: 'd/M/yyyy;yyyyMMdd' });
  expect(run.catalogs!.notices.map(({ code }) => code)).toEqual(['sftp-not-configured']);
  expect(run.catalogs!.inputs.map(({ dateFormats }) => dateFormats)).toEqual(Array(2).fill(['d/M/yyyy', 'yyyyMMdd']));
  const contents = await fixture.store.readCatalog(run.plan.id, 'StandAloneContent');
  expect(contents.map(({ createdAt }) => createdAt)).toEqual([
    localInstant('2025-06-05', '00:00:00', run.plan.timeZone),
    localInstant('2025-10-28', '00:00:00', run.plan.timeZone),
  ]);
});

test('repeated, it comes to the same; the files are only read', async () => {
  mkdirSync(downloaded, { recursive: true });
  put('CourseCatalog_V2_2025_10_27_1_bbbbbb.csv', 'CourseId\n1\n');
  const { sha256 } = put('StandAloneContent_v2_2025_10_27_1_bbbbbb.csv', 'ContentId\n1\n');
  const run = await download();
  const job = await fixture.job('catalog-download', run.plan.id);
  const settings = fixture.settingsWith({ SFTP_LOCAL_DIR: downloaded });
  await catalogDownloadHandler({ ...fixture, settings })(job, never, '');
  expect((await fixture.store.getRun(run.plan.id)).catalogs).toEqual(run.catalogs);
  const bytes = readFileSync(join(downloaded, 'StandAloneContent_v2_2025_10_27_1_bbbbbb.csv'));
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
});
