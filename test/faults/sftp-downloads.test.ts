import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ErrorCode } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { requeueFailed } from '../../src/producers/requeue.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { CANARIES, type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { judge } from '../support/fault-oracle.ts';
import { entryOf, type Faults, type FaultySftpServer, startFaultySftpServer } from '../support/faulty-sftp-server.ts';
import { testAtFullSize } from '../support/full-size.ts';
import { waitUntil } from '../support/wait-until.ts';
import { catalog } from '../support/workspace.ts';

/** F4 and F6: downloads that are slow, too large, interrupted or many, and servers that are not OpenSSH. */
const STAND_ALONE = 'StandAloneContent_v2_2025_10_28_1_77434e.csv';
const COURSES = 'CourseCatalog_V2_2025_10_27_1_ec83a5.csv';
const NEWER = 'StandAloneContent_v2_2025_10_28_2_77434e.csv';
const LOCAL_DIR = 'vendor';
const ATTEMPTS = 3;
const WORKER_LIMIT_MS = 200_000;
const LINK = 0o120777;

const standAlone = catalog(Array.from({ length: 4_000 }, (_, i) => [1_915_001 + i, i % 500 === 0, '2025-10-01']));
const courses = catalog([
  [892_001, false, '2025-09-01'],
  [892_002, false, '2025-09-02'],
]);

// A busy machine takes its time to start workers.
jest.setTimeout(120_000);

let fixture: FaultFixture;
let server: FaultySftpServer;
const workers: RunningBtcFake[] = [];

beforeAll(async () => {
  server = await startFaultySftpServer(CANARIES.sftp);
  serveWell();
  fixture = await openFaultFixture({
    employees: 12,
    sftpInbound: { ...server.login, remotePath: '/' },
    env: { SFTP_LOCAL_DIR: LOCAL_DIR, JOB_ATTEMPTS: String(ATTEMPTS), SHUTDOWN_TIMEOUT: '2' },
  });
});
beforeEach(async () => {
  serveWell();
  await rm(fixture.workspace.path(LOCAL_DIR), { recursive: true, force: true });
});
afterEach(async () => {
  for (const worker of workers) worker.signal('SIGTERM');
  for (const worker of workers.splice(0)) await worker.ended;
});
afterAll(async () => {
  await fixture?.close();
  await server?.stop();
});

function serveWell(): void {
  server.faults = {};
  server.requests.length = 0;
  server.listed.length = 0;
  server.files.clear();
  server.files.set(STAND_ALONE, Buffer.from(standAlone));
  server.files.set(COURSES, Buffer.from(courses));
}

function work(env: Record<string, string> = {}): RunningBtcFake {
  const worker = fixture.start(['worker'], env, WORKER_LIMIT_MS);
  workers.push(worker);
  return worker;
}

const opened = () => server.requests.filter((request) => request.startsWith('OPEN ')).sort();
const isReading = () => server.requests.some((request) => request === 'READ ');
const allSaid = () => workers.map(({ stderr }) => stderr).join('');

async function attemptsOf(runId: RunId): Promise<number | undefined> {
  return (await fixture.queues.byName['catalog-download'].getJob(runId))?.attemptsMade;
}

async function failedWith(runId: RunId, code: ErrorCode): Promise<void> {
  const failed = () => allSaid().includes(`"msg":"${code}: `);
  await waitUntil(`the download of ${runId} failed with ${code}`, failed, 60_000);
}

async function noPartIsLeft(): Promise<void> {
  const names = await readdir(fixture.workspace.path(LOCAL_DIR)).catch(() => []);
  expect(names.filter((name) => /\.(part|lock)$/.test(name))).toEqual([]);
}

describe('F4: downloads', () => {
  test('of six runs at once from a slow server lose no attempt: each file is fetched once', async () => {
    server.faults = { readDelayMs: 200 };
    const runs = await Promise.all(Array.from({ length: 6 }, () => fixture.begin()));
    for (let i = 0; i < 3; i += 1) work({ CATALOG_CONCURRENCY: '2' });
    for (const runId of runs) await fixture.reaches(runId, 'finished');
    expect(opened()).toEqual([`OPEN /${COURSES}`, `OPEN /${STAND_ALONE}`]);
    expect(allSaid()).not.toMatch(/"attempt":/);
    for (const runId of runs) await judge(fixture, runId, { extraCalls: () => runs.length - 1 });
    await noPartIsLeft();
  });

  test('of one byte now and then are given up in time, and tried again', async () => {
    server.faults = { readDelayMs: 1_500, longestRead: 1 };
    const runId = await fixture.begin();
    work({ SFTP_TRANSFER_TIMEOUT: '3' });
    await failedWith(runId, 'SFTP_TRANSFER');
    await noPartIsLeft();
    serveWell();
    await fixture.reaches(runId, 'finished');
    await judge(fixture, runId);
  });

  test('of a file that is listed with 40 TB do not begin, and retry ends well when it is gone', async () => {
    server.faults = { listedBytes: 40e12 };
    const runId = await fixture.begin();
    work();
    await fixture.reaches(runId, 'failed');
    expect((await fixture.status(runId)).reason).toMatch(
      /^CATALOG_TOO_LARGE: CourseCatalog_V2_2025_10_27_1_ec83a5\.csv has 40,000,000 MB/,
    );
    expect([opened(), await attemptsOf(runId)]).toEqual([[], 1]);
    serveWell();
    await requeueFailed(fixture.queues, fixture.store, runId, ATTEMPTS);
    await fixture.reaches(runId, 'finished');
    await judge(fixture, runId);
  });

  test('end when their worker is told to stop: no attempt is lost, and another worker has the job at once', async () => {
    server.faults = { readDelayMs: 600, longestRead: 10 };
    const runId = await fixture.begin();
    const worker = work();
    await waitUntil('it reads', isReading, 60_000);
    worker.signal('SIGTERM');
    expect((await worker.ended).code).toBe(0);
    expect([await attemptsOf(runId), await fixture.queues.byName['catalog-download'].getWaitingCount()]).toEqual([
      0, 1,
    ]);
    await noPartIsLeft();
    serveWell();
    work();
    await fixture.reaches(runId, 'finished');
    await judge(fixture, runId);
  });

  testAtFullSize(
    'that were killed are done again by another worker, which does not wait for the dead one for long',
    async () => {
      server.faults = { readDelayMs: 600, longestRead: 10 };
      const runId = await fixture.begin();
      const worker = work();
      await waitUntil('it reads', isReading, 60_000);
      await worker.kill();
      workers.length = 0;
      serveWell();
      work();
      await fixture.reaches(runId, 'finished', 90_000);
      await judge(fixture, runId);
    },
  );
});

describe('F2: a folder', () => {
  test('with links, folders and names that nearly match is read as if they were not there, and they are counted', async () => {
    server.listed.push(entryOf(NEWER, 10, LINK), entryOf(`${NEWER}.gz`, 10), entryOf(`Copy of ${STAND_ALONE}`, 10));
    const runId = await fixture.begin();
    work();
    await fixture.reaches(runId, 'finished');
    await judge(fixture, runId);
    const { notices } = (await fixture.store.getRun(runId)).manifest!;
    const text = `Files beside the catalogs whose names nearly match were not used: 3 (Copy of ${STAND_ALONE}, ${NEWER}, ${NEWER}.gz)`;
    expect(notices).toContainEqual({ code: 'catalog-near-misses', text, count: 3 });
    expect(allSaid()).toContain(text);
  });
});

describe('F1: a local copy', () => {
  test('that is damaged, or of a file that was corrected, is not used though it has the right size', async () => {
    await mkdir(fixture.workspace.path(LOCAL_DIR));
    await writeFile(fixture.workspace.path(LOCAL_DIR, STAND_ALONE), standAlone.replaceAll('TRUE', 'NOPE'));
    const runId = await fixture.begin();
    work();
    await fixture.reaches(runId, 'finished');
    await judge(fixture, runId);
    expect(await readFile(fixture.workspace.path(LOCAL_DIR, STAND_ALONE), 'utf8')).toBe(standAlone);
  });
});

describe('F6: a server', () => {
  const servers: [what: string, faults: Faults][] = [
    ['sends no bits that tell the type of a file', { permissions: 'without type' }],
    ['sends no permissions at all, nor times', { permissions: 'not sent', withoutTimes: true }],
    ['takes the password by keyboard-interactive alone', { takes: 'keyboard-interactive' }],
    ['lets each file be downloaded once, and tells nothing of it then', { oneDownload: { statusAfter: 3 } }],
  ];
  test.each(servers)('that %s gives its catalogs as any other', async (_what, faults) => {
    server.faults = faults;
    server.listed.push(entryOf(NEWER, 10, LINK));
    const runId = await fixture.begin();
    work();
    await fixture.reaches(runId, 'finished');
    expect(allSaid()).not.toMatch(/"attempt":/);
    await judge(fixture, runId);
  });
});
