// F5: what servers and receivers do to the files that runs publish, and what runs that publish at once do to each
// other.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { CANARIES, type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { judge } from '../support/fault-oracle.ts';
import { type FaultySftpServer, startFaultySftpServer } from '../support/faulty-sftp-server.ts';
import { FULL_SIZE, testAtFullSize } from '../support/full-size.ts';
import { sftpEnvironment } from '../support/workspace.ts';

const EMPLOYEES = 30;
const TEST_LIMIT_MS = 120_000;
const STALL_LIMIT_MS = 150_000;
const RUNS_AT_ONCE = FULL_SIZE ? 4 : 3;
const END_AT = pathToFileURL(`${import.meta.dirname}/../support/end-at-milestone.mjs`).href;

let server: FaultySftpServer;
let fixture: FaultFixture;
let workers: RunningBtcFake[] = [];
/** What the receiver has taken away, each time that it did. */
let taken: { readonly name: string; readonly sha256: string }[] = [];

beforeAll(async () => {
  server = await startFaultySftpServer(CANARIES.sftp);
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    template: 'placeholder\n',
    env: {
      SFTP_PUBLISH_ENABLED: 'true',
      JOB_ATTEMPTS: '3',
      ...sftpEnvironment('SFTP_OUTBOUND', { ...server.login, remotePath: '/' }),
    },
  });
}, TEST_LIMIT_MS);
beforeEach(() => {
  taken = [];
  server.faults = {};
  server.files.clear();
});
afterEach(async () => {
  for (const worker of workers) worker.signal('SIGTERM');
  for (const worker of workers) await worker.ended;
  workers = [];
});
afterAll(async () => {
  await fixture?.close();
  await server?.stop();
});

function work(args: readonly string[] = [], env: Record<string, string> = {}): RunningBtcFake {
  const worker = fixture.start(['worker', ...args], env, STALL_LIMIT_MS);
  workers.push(worker);
  return worker;
}

/** Moves a file out of the server's folder, as a receiver does. */
function take(name: string): void {
  taken.push({ name, sha256: createHash('sha256').update(server.files.get(name)!).digest('hex') });
  server.files.delete(name);
}

/** The five files of a run and its two catalog files, with what is in them. */
async function publication(runId: RunId): Promise<Record<string, string>> {
  const report = await fixture.report(runId);
  const { catalogNames, path } = fixture.workspace;
  const catalogs = Object.values(catalogNames).map((name) => path('downloaded_files', name));
  const paths = [...report.files.map((file) => path(file.path)), path(report.manifest!), ...catalogs];
  const hashes = paths.map(async (file) => [
    basename(file),
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
  ]);
  return Object.fromEntries(await Promise.all(hashes));
}

/** Holds that the receiver has got each file of the run once, whole, and that nothing else lies there. */
async function expectDeliveredOnce(runId: RunId): Promise<void> {
  const files = await publication(runId);
  expect(Object.keys(files)).toHaveLength(7);
  expect(taken.map(({ name }) => name).sort()).toEqual(Object.keys(files).sort());
  expect(Object.fromEntries(taken.map(({ name, sha256 }) => [name, sha256]))).toEqual(files);
  expect([...server.files.keys()]).toEqual([]);
}

describe('F5: a receiver that takes files away as soon as they have their names', () => {
  test.each<[string, 'refuse' | 'done, then drop']>([
    ['is refused', 'refuse'],
    ['is done, but its answer is lost', 'done, then drop'],
  ])('gets each file once when one rename %s', async (_what, fault) => {
    let renames = 0;
    server.faults = {
      onRenamed: take,
      onRename: () => {
        renames += 1;
        return renames === 3 ? fault : undefined;
      },
    };
    const runId = await fixture.begin();
    work();
    await fixture.reaches(runId, 'finished');
    await expectDeliveredOnce(runId);
    await judge(fixture, runId);
  });

  testAtFullSize(
    'gets each file once when the worker is killed between a rename and its note of it',
    async () => {
      server.faults = { onRenamed: take };
      const runId = await fixture.begin();
      const killed = work([], { NODE_OPTIONS: `--import=${END_AT}`, END_AT: 'file-renamed-there:3' });
      expect((await killed.ended).code).toBe('SIGKILL');
      workers = [];
      expect(taken).toHaveLength(3);
      work();
      await fixture.reaches(runId, 'finished', STALL_LIMIT_MS);
      await expectDeliveredOnce(runId);
      await judge(fixture, runId);
    },
    STALL_LIMIT_MS,
  );
});

test(
  'F5: a receiver that takes a file at its close, before it has its name, is told of, and each file is delivered once after that',
  async () => {
    server.faults = {
      onRenamed: take,
      onWritten: (name) => {
        if (name.startsWith('ContentUserCompletion')) server.files.delete(name);
      },
    };
    const runId = await fixture.begin();
    work();
    await fixture.reaches(runId, 'failed');
    const { reason, stage } = await fixture.report(runId);
    expect(stage).toBe('publish');
    expect(reason).toMatch(
      /^SFTP_TAKEN: "\/ContentUserCompletion_\S+\.part" was taken away from 127\.0\.0\.1:\d+ before it was renamed/,
    );
    expect(reason).toContain('Let the receiver there leave names that end in .part alone, then re-queue.');
    expect(taken).toHaveLength(2);
    server.faults = { onRenamed: take };
    expect((await fixture.start(['retry', runId, '--json']).ended).code).toBe(0);
    await expectDeliveredOnce(runId);
    await judge(fixture, runId);
  },
  TEST_LIMIT_MS,
);

test(
  'F5: runs that publish at once on a slow server destroy nothing of each other, and use up no attempt',
  async () => {
    server.faults = { writeTakesMs: 150 };
    const runIds: RunId[] = [];
    for (let i = 0; i < RUNS_AT_ONCE; i++) runIds.push(await fixture.begin());
    const publishers = [work([], { PUBLISH_CONCURRENCY: String(RUNS_AT_ONCE) })];
    if (FULL_SIZE) publishers.push(...runIds.map(() => work(['--only', 'publish'])));
    for (const runId of runIds) await fixture.reaches(runId, 'finished');
    const said = publishers.flatMap(({ stderr }) => stderr.split('\n'));
    expect(said.filter((line) => line.includes('publish') && /"level":[45]0/.test(line))).toEqual([]);
    for (const runId of runIds) {
      const there = [...server.files].map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]);
      expect(Object.fromEntries(there)).toMatchObject(await publication(runId));
      await judge(fixture, runId, { extraCalls: () => RUNS_AT_ONCE - 1 });
    }
    expect([...server.files.keys()].filter((name) => name.endsWith('.part'))).toEqual([]);
  },
  TEST_LIMIT_MS,
);
