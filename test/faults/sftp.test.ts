import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { requeueFailed } from '../../src/producers/requeue.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { CANARIES, type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { assertNoFinalFile, judge } from '../support/fault-oracle.ts';
import { entryOf, type FaultySftpServer, startFaultySftpServer } from '../support/faulty-sftp-server.ts';
import { testAtFullSize } from '../support/full-size.ts';
import { waitUntil } from '../support/wait-until.ts';
import { catalog } from '../support/workspace.ts';

/** F: what the vendor's SFTP server does, and what is in the files that it gives. */
const STAND_ALONE = 'StandAloneContent_v2_2025_10_28_1_77434e.csv';
const COURSES = 'CourseCatalog_V2_2025_10_27_1_ec83a5.csv';
const EARLIER = 'StandAloneContent_v2_2025_10_21_1_77434e.csv';
const NEWER = 'StandAloneContent_v2_2025_10_28_2_77434e.csv';
const LOCAL_DIR = 'vendor';
const ATTEMPTS = 3;
const WORKER_LIMIT_MS = 200_000;
const LINK = 0o120777;
const FOLDER = 0o040755;

/** Large enough for many reads; only a few of them are ever asked for. */
const standAlone = catalog(Array.from({ length: 4_000 }, (_, i) => [1_915_001 + i, i % 500 === 0, '2025-10-01']));
const courses = catalog([
  [892_001, false, '2025-09-01'],
  [892_002, false, '2025-09-02'],
]);

let fixture: FaultFixture;
let server: FaultySftpServer;
let worker: RunningBtcFake | undefined;
let filesBefore: readonly string[];

beforeAll(async () => {
  server = await startFaultySftpServer(CANARIES.sftp);
  serveWell();
  fixture = await openFaultFixture({
    employees: 30,
    sftpInbound: { ...server.login, remotePath: '/' },
    env: { SFTP_LOCAL_DIR: LOCAL_DIR, SFTP_TIMEOUT: '1', JOB_ATTEMPTS: String(ATTEMPTS) },
  });
});

beforeEach(async () => {
  serveWell();
  await rm(fixture.workspace.path(LOCAL_DIR), { recursive: true, force: true });
  await mkdir(fixture.workspace.path(LOCAL_DIR));
  await writeFile(fixture.workspace.path(LOCAL_DIR, EARLIER), 'the file of the week before');
  filesBefore = await readdir(fixture.workspace.path('generated_files'));
});

afterAll(async () => {
  await fixture?.close();
  await server?.stop();
});

function serveWell(): void {
  server.faults = {};
  server.listed.length = 0;
  server.files.clear();
  server.files.set(STAND_ALONE, Buffer.from(standAlone));
  server.files.set(COURSES, Buffer.from(courses));
}

function work(env: Record<string, string> = {}): RunningBtcFake {
  worker = fixture.start(['worker'], env, WORKER_LIMIT_MS);
  return worker;
}

async function stopWorker(): Promise<void> {
  worker?.signal('SIGTERM');
  await worker?.ended;
  worker = undefined;
}

/** How often the log says that the download of this run failed with this code. */
function failures(runId: RunId, code: ErrorCode): number {
  const lines = worker!.stderr.split('\n');
  return lines.filter((line) => line.includes(runId) && line.includes(`"msg":"${code}: `)).length;
}

/** Nothing final is there, nothing half-fetched, and the file of the week before is as it was. */
async function expectUntouched(): Promise<void> {
  await assertNoFinalFile(fixture, filesBefore);
  const local = await readdir(fixture.workspace.path(LOCAL_DIR));
  expect(local.filter((name) => name.endsWith('.part'))).toEqual([]);
  expect(await readFile(fixture.workspace.path(LOCAL_DIR, EARLIER), 'utf8')).toBe('the file of the week before');
}

async function retry(runId: RunId): Promise<void> {
  await requeueFailed(fixture.queues, fixture.store, runId, ATTEMPTS);
}

async function finishesAsIfNothingHadBeen(runId: RunId): Promise<void> {
  await fixture.reaches(runId, 'finished');
  await judge(fixture, runId);
}

describe('F1: the server', () => {
  beforeAll(() => void work());
  afterAll(stopWorker);

  const HALF = standAlone.length / 2;
  test.each<[what: string, code: ErrorCode, misbehave: () => void]>([
    [
      'drops the connection in mid-file',
      'SFTP_UNREACHABLE',
      () => (server.faults = { dropAt: 'READ', afterBytes: HALF }),
    ],
    ['cuts the file short', 'SFTP_TRANSFER', () => (server.faults = { endOfFileAt: Math.floor(HALF) })],
    ['falls silent in mid-file', 'SFTP_TRANSFER', () => (server.faults = { silentAt: 'READ', afterBytes: HALF })],
    [
      'still gets the file from the vendor while it is read',
      'SFTP_TRANSFER',
      () => {
        server.faults = {
          onRead: () => server.files.set(STAND_ALONE, Buffer.concat([server.files.get(STAND_ALONE)!, Buffer.of(10)])),
        };
      },
    ],
    ['refuses new connections, then takes them again', 'SFTP_UNREACHABLE', () => (server.faults = { dropAt: 'login' })],
  ])('%s: the download is tried again, and nobody ever sees half a file', async (_what, code, misbehave) => {
    misbehave();
    const runId = await fixture.begin();
    await waitUntil(`the download failed with ${code}`, () => failures(runId, code) > 0, 20_000);
    await expectUntouched();
    serveWell();
    await finishesAsIfNothingHadBeen(runId);
    expect(await readFile(fixture.workspace.path(LOCAL_DIR, STAND_ALONE), 'utf8')).toBe(standAlone);
  });

  testAtFullSize('lists files without end: it is told so, with bounded memory', async () => {
    server.faults = { endlessListing: true };
    server.listed.push(...Array.from({ length: 500 }, (_, i) => entryOf(`README-${i}.txt`, 1)));
    const runId = await fixture.begin();
    await fixture.reaches(runId, 'failed');
    expect((await fixture.status(runId)).reason).toMatch(/^SFTP_PATH: .* lists no end of files in "\/"/);
    serveWell();
    await retry(runId);
    await finishesAsIfNothingHadBeen(runId);
  });
});

test('F1: the server stays away: the run fails when its attempts are used up, and retry takes it to the same bytes', async () => {
  server.faults = { silentAt: 'OPENDIR' };
  const runId = await fixture.begin();
  work({ JOB_ATTEMPTS: '1' });
  await fixture.reaches(runId, 'failed');
  expect((await fixture.status(runId)).reason).toMatch(/^SFTP_UNREACHABLE: /);
  await expectUntouched();
  serveWell();
  await retry(runId);
  await finishesAsIfNothingHadBeen(runId);
  await stopWorker();
});

describe('F2: the server', () => {
  afterEach(stopWorker);

  test.each<[what: string, code: ErrorCode, env: Record<string, string>]>([
    ['shows another host key', 'SFTP_HOST_KEY_MISMATCH', { SFTP_INBOUND_HOST_FINGERPRINT: `SHA256:${'A'.repeat(43)}` }],
    ['refuses the password', 'SFTP_LOGIN_REFUSED', { SFTP_INBOUND_PASSWORD: 'not-the-password' }],
  ])('%s: the run fails at once, and retry with the right settings ends well', async (_what, code, env) => {
    const runId = await fixture.begin();
    work(env);
    await fixture.reaches(runId, 'failed');
    expect((await fixture.status(runId)).reason).toMatch(new RegExp(`^${code}: `));
    expect(failures(runId, code)).toBe(1);
    expect(worker!.stderr).not.toContain('not-the-password');
    await expectUntouched();
    await stopWorker();
    work();
    await retry(runId);
    await finishesAsIfNothingHadBeen(runId);
  });

  test('has files with hostile names: none is opened, and nothing outside of the folder changes', async () => {
    const names = [
      `../${NEWER}`,
      `../../../../tmp/${NEWER}`,
      `/${NEWER}`,
      `sub\\${NEWER}`,
      `${NEWER}\0`,
      `${NEWER}\n`,
      `${NEWER.slice(0, -4)}\u202Evsc.csv`,
      '..',
      '.',
      '',
      `${NEWER.slice(0, -4)}${'a'.repeat(300)}.csv`,
      `${NEWER.slice(0, -4)}${'a'.repeat(252 - NEWER.length)}.csv`,
    ];
    server.listed.push(...names.map((name) => entryOf(name, 10)));
    server.listed.push(entryOf(NEWER, 10, LINK), entryOf(NEWER.replace('_28_2_', '_28_3_'), 10, FOLDER));
    const before = await everythingBut(['generated_files', LOCAL_DIR]);
    const runId = await fixture.begin();
    server.requests.length = 0;
    work();
    await finishesAsIfNothingHadBeen(runId);
    const opened = server.requests.filter((request) => request.startsWith('OPEN '));
    expect(opened.sort()).toEqual([`OPEN /${COURSES}`, `OPEN /${STAND_ALONE}`]);
    expect(await everythingBut(['generated_files', LOCAL_DIR])).toEqual(before);
    expect((await readdir(fixture.workspace.path(LOCAL_DIR))).sort()).toEqual([COURSES, EARLIER, STAND_ALONE].sort());
  });
});

describe('F3: a catalog file', () => {
  beforeAll(() => void work());
  afterAll(stopWorker);

  test.each<[what: string, reason: RegExp, text: string | Buffer]>([
    ['that is empty', /^CATALOG_INVALID: StandAlone\S+: the file is empty/, ''],
    ['without an id column', /^CATALOG_INVALID: StandAlone\S+: no id column \(it has: Title\)/, '"Title"\n"x"\n'],
    ['of which no row can be used', /^CATALOG_INVALID: StandAlone\S+: none of its rows can be used/, 'ContentId\nx\n'],
    ['with tabs', /^CATALOG_INVALID: StandAlone\S+: it is separated by tabs/, 'ContentId\tTitle\n1\tx\n'],
    [
      'that is not UTF-8',
      /^CATALOG_INVALID: StandAlone\S+:3: there are bytes that are not UTF-8/,
      Buffer.from('ContentId,Title\n1,a\n2,M\xfcll\n', 'latin1'),
    ],
    [
      'with a field of 10 MB',
      /^CATALOG_INVALID: StandAlone\S+:2: the record is longer than 1 MiB/,
      `ContentId,Title\n1,"${'x'.repeat(10_000_000)}"\n`,
    ],
  ])('%s fails the run, which says why; with a proper one retry ends well', async (_what, reason, text) => {
    server.files.set(STAND_ALONE, Buffer.from(text));
    const runId = await fixture.begin();
    await fixture.reaches(runId, 'failed');
    expect((await fixture.status(runId)).reason).toMatch(reason);
    await expectUntouched();
    expect(fixture.recommender.calls.size).toBe(0);
    serveWell();
    await retry(runId);
    await finishesAsIfNothingHadBeen(runId);
  });

  test('with a byte-order mark, CRLF, quoted line breaks and ids twice, of which the first count, gives the same feeds, with a course catalog of a header alone', async () => {
    const lines = standAlone.trimEnd().split('\n');
    const again = lines.slice(1).map((line) => line.replace('"FALSE"', '"TRUE"'));
    const text = [...lines, ...again].join('\r\n').replaceAll('"Training ', '"Training\n\r\n');
    server.files.set(STAND_ALONE, Buffer.from(`\uFEFF${text}\r\n`));
    server.files.set(COURSES, Buffer.from(courses.slice(0, courses.indexOf('\n') + 1)));
    const runId = await fixture.begin();
    await finishesAsIfNothingHadBeen(runId);
    const [first, second] = (await fixture.store.getRun(runId)).manifest!.inputs.catalogs;
    expect([first!.contents, second!.contents, second!.skippedRows]).toEqual([0, 4_000, 0]);
  });

  test('of content that holds its header alone is a run in which nobody is assigned anything, and says so', async () => {
    server.files.set(STAND_ALONE, Buffer.from(standAlone.slice(0, standAlone.indexOf('\n') + 1)));
    const runId = await fixture.begin();
    await fixture.reaches(runId, 'finished');
    const { manifest } = await fixture.store.getRun(runId);
    expect(manifest!.notices.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['no-daily-dose', 'nothing-left-to-assign']),
    );
    expect(manifest!.assignments.random).toMatchObject({ assigned: 0, nothingLeft: fixture.ids.length });
  });
});

/** Every file of the workspace and of the folder around it, with its hash, but for these folders of the workspace. */
async function everythingBut(folders: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const entries = await readdir(fixture.workspace.folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || folders.some((name) => path.startsWith(fixture.workspace.path(name)))) continue;
    found[path] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  const around = await readdir(join(fixture.workspace.folder, '..'));
  return { ...found, around: around.filter((name) => name.includes('StandAlone')).join(' ') };
}
