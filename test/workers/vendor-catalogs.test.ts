// Proves what the catalog stage takes from the vendor's server, over SFTP, and that a catalog which is corrected while
// runs are under way changes none of them.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { feedNames } from '../../src/domain/run/plan.ts';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { catalogDownloadHandler } from '../../src/workers/stages/catalog-download.ts';
import { publishHandler } from '../../src/workers/stages/publish.ts';
import { instant } from '../support/domain-values.ts';
import { failureOf } from '../support/failure-of.ts';
import { entryOf, type FaultySftpServer, startFaultySftpServer } from '../support/faulty-sftp-server.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { emptyManifest, people } from '../support/run-state.ts';
import { sftpEnvironment } from '../support/workspace.ts';

const CONTENT = 'StandAloneContent_v2_2025_10_28_1_bbbbbb.csv';
const COURSES = 'CourseCatalog_V2_2025_10_27_1_aaaaaa.csv';
const never = new AbortController().signal;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let fixture: RunFixture;
let vendor: FaultySftpServer;
let receiver: FaultySftpServer;
let downloaded: string;
beforeAll(async () => {
  [fixture, vendor, receiver] = await Promise.all([openRunFixture(), startFaultySftpServer(), startFaultySftpServer()]);
});
afterAll(async () => {
  await Promise.all([fixture?.close(), vendor?.stop(), receiver?.stop()]);
});
beforeEach(async () => {
  await fixture.reset();
  downloaded = mkdtempSync(join(fixture.folder, 'catalogs-'));
  vendor.faults = {};
  vendor.listed.length = 0;
  for (const { files } of [vendor, receiver]) files.clear();
  vendor.files.set(COURSES, Buffer.from('CourseId\n5\n'));
  vendor.files.set(CONTENT, Buffer.from('ContentId,Daily_Dose_BA,CreateDate\n6,1,2025-10-01\n7,0,2025-10-01\n'));
});

const settings = (env: Record<string, string> = {}) =>
  fixture.settingsWith({
    SFTP_LOCAL_DIR: downloaded,
    ...sftpEnvironment('SFTP_INBOUND', { ...vendor.login, remotePath: '/' }),
    ...sftpEnvironment('SFTP_OUTBOUND', { ...receiver.login, remotePath: '/' }),
    ...env,
  });

async function download(env: Record<string, string> = {}, asOf = '2025-10-28T11:00:00Z'): Promise<RunRecord> {
  const { plan } = await fixture.createRunWithFlow(people(1), { asOf: instant(asOf), publish: true });
  const job = await fixture.job('catalog-download', plan.id);
  await catalogDownloadHandler({ ...fixture, settings: settings(env) })(job, never, '');
  return fixture.store.getRun(plan.id);
}

/** Publishes a run as if its files had been made, and nothing but the manifest were among them. */
async function publish(run: RunRecord): Promise<void> {
  const { outputDir } = settings().files;
  mkdirSync(outputDir, { recursive: true });
  writeFileSync(join(outputDir, feedNames(run.plan).manifest), '{}');
  const manifest = emptyManifest(run);
  const inputs = { ...manifest.inputs, catalogs: run.catalogs!.inputs };
  await fixture.store.finishRun(run.plan.id, { ...manifest, inputs }, Date.now());
  const { data } = await fixture.job('catalog-download', run.plan.id);
  const job = await fixture.queues.byName.publish.add('publish', data, { jobId: run.plan.id });
  await publishHandler({ ...fixture, settings: settings() })(job as never, never, '');
}

test('a run as of a past day takes the newest catalogs of that day', async () => {
  vendor.files.set('StandAloneContent_v2_2025_11_4_1_cccccc.csv', Buffer.from('ContentId\n9\n'));
  expect((await download()).catalogs!.inputs.map(({ name }) => name)).toEqual([COURSES, CONTENT]);
  const later = await download({}, '2025-11-04T00:00:00Z');
  expect(later.catalogs!.inputs[1]!.name).toBe('StandAloneContent_v2_2025_11_4_1_cccccc.csv');
});

test('the day is the one of the business time zone', async () => {
  vendor.files.set('StandAloneContent_v2_2025_10_29_1_cccccc.csv', Buffer.from('ContentId\n9\n'));
  const run = await fixture.createRunWithFlow(people(1), {
    asOf: instant('2025-10-28T16:00:00Z'),
    timeZone: 'Asia/Tokyo',
  });
  const job = await fixture.job('catalog-download', run.plan.id);
  await catalogDownloadHandler({ ...fixture, settings: settings() })(job, never, '');
  const { catalogs } = await fixture.store.getRun(run.plan.id);
  expect(catalogs!.inputs[1]!.name).toBe('StandAloneContent_v2_2025_10_29_1_cccccc.csv');
});

test('old files and near misses are on record and in the log, with their counts', async () => {
  vendor.files.set(`${CONTENT}.pgp`, Buffer.from('encrypted'));
  vendor.listed.push(entryOf('CourseCatalog_V2_2025_12_1_1_a.csv', 9, 0o120777));
  const { catalogs, plan } = await download({ CATALOG_MAX_AGE_DAYS: '30' }, '2025-11-27T00:00:00Z');
  expect(catalogs!.notices.map(({ code, count }) => [code, count])).toEqual([
    ['catalog-old', undefined],
    ['catalog-near-misses', 2],
  ]);
  expect(catalogs!.notices[0]!.text).toContain(`${COURSES}: it is 31 days older than the run`);
  const logged = fixture.log.filter(({ notice }) => notice !== undefined);
  expect(logged.map(({ msg, runId }) => [msg, runId])).toEqual(catalogs!.notices.map(({ text }) => [text, plan.id]));
});

test('a file that the server lists with 40 TB fails the run at once, and nothing of it is fetched', async () => {
  vendor.faults = { listedBytes: 40e12 };
  vendor.requests.length = 0;
  expect(await failureOf(download())).toMatchObject({ code: 'CATALOG_TOO_LARGE', retryable: false });
  expect(vendor.requests.filter((request) => request.startsWith('OPEN '))).toEqual([]);
  expect(readdirSync(downloaded)).toEqual([]);
});

test('a mailbox that gives each file once is no obstacle to a second run: it uses what the first has downloaded, and says so', async () => {
  vendor.faults = { oneDownload: { statusAfter: 2 } };
  const first = await download();
  expect([first.catalogs!.notices, vendor.files.size]).toEqual([[], 0]);
  const second = await download();
  expect(second.catalogs!.inputs).toEqual(first.catalogs!.inputs);
  expect(second.catalogs!.notices).toEqual(
    [COURSES, CONTENT].map((name) => ({
      code: 'catalog-downloaded-before',
      text: `${name}: the server gave it once and does not list it any more; the copy of then was used`,
    })),
  );
  const newer = CONTENT.replace('_1_b', '_2_b');
  vendor.files.set(newer, Buffer.from('ContentId\n9\n'));
  expect((await download()).catalogs!.inputs.map(({ name }) => name)).toEqual([COURSES, newer]);
});

test('a server that lists nothing is an error, though older files of another folder or server are here', async () => {
  await download();
  vendor.files.clear();
  expect((await failureOf(download())).code).toBe('CATALOG_MISSING');
  mkdirSync(join(downloaded, '.single-downloads'));
  for (const name of [COURSES, CONTENT])
    writeFileSync(join(downloaded, '.single-downloads', name), 'other.example:22 /');
  expect((await failureOf(download())).code).toBe('CATALOG_MISSING');
});

test('a corrected file of the same name, size and day is used by the next run, and the one before it still publishes its own', async () => {
  const before = await download();
  const text = 'ContentId,Daily_Dose_BA,CreateDate\n6,0,2025-10-01\n7,1,2025-10-01\n';
  vendor.files.set(CONTENT, Buffer.from(text));
  vendor.faults = { modifiedAt: 1_767_600_060 };
  const after = await download();
  expect(after.catalogs!.inputs[1]).toMatchObject({ name: CONTENT, sha256: sha256(text) });
  const contents = await fixture.store.readCatalog(after.plan.id, 'StandAloneContent');
  expect(contents.filter(({ dailyDose }) => dailyDose).map(({ id }) => id)).toEqual([7]);

  await publish(before);
  expect(sha256(receiver.files.get(CONTENT)!.toString())).toBe(before.catalogs!.inputs[1]!.sha256);
  receiver.files.clear();
  await publish(after);
  expect(sha256(receiver.files.get(CONTENT)!.toString())).toBe(sha256(text));
});

test('what a corrected file replaced is kept while a run has to publish it, and removed when none has to', async () => {
  const run = await download();
  vendor.files.set(CONTENT, Buffer.from('ContentId,Daily_Dose_BA,CreateDate\n8,1,2025-10-01\n'));
  await download();
  const kept = join(downloaded, 'kept', run.catalogs!.inputs[1]!.sha256);
  utimesSync(kept, 1, 1);
  await download();
  expect(readdirSync(kept)).toEqual([CONTENT]);
  await publish(run);
  await download();
  expect(readdirSync(join(downloaded, 'kept'))).toEqual([]);
});
