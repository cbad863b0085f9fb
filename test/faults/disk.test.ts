import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunId } from '../../src/domain/ids.ts';
import { requeueFailed } from '../../src/producers/requeue.ts';
import { inheritedEnvironment, MAIN, type RunningBtcFake } from '../support/btc-fake.ts';
import { CANARIES, type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { assertNoFinalFile, judge } from '../support/fault-oracle.ts';
import { type FaultySftpServer, startFaultySftpServer } from '../support/faulty-sftp-server.ts';
import { fillDisk, mountSmall, unmount } from '../support/small-disk.ts';
import { letLocksExpire } from '../support/stalled-jobs.ts';
import { waitUntil } from '../support/wait-until.ts';
import { catalog } from '../support/workspace.ts';

/** C: what the disk does under the files of a run, and two who write them at the same time. */
const EMPLOYEES = 60;
const ATTEMPTS = 3;
const FULL_DISK = pathToFileURL(join(import.meta.dirname, '../support/full-disk.mjs')).href;
const END_AT = pathToFileURL(join(import.meta.dirname, '../support/end-at-milestone.mjs')).href;
const STAND_ALONE = 'StandAloneContent_v2_2025_10_28_1_77434e.csv';
const FULL = 'full';

let fixture: FaultFixture;
let server: FaultySftpServer;
let worker: RunningBtcFake | undefined;
let filesBefore: readonly string[];

beforeAll(async () => {
  server = await startFaultySftpServer(CANARIES.sftp);
  const contents = Array.from({ length: 50 }, (_, i) => [1_915_001 + i, i < 2, '2025-10-01'] as const);
  server.files.set(STAND_ALONE, Buffer.from(catalog(contents)));
  server.files.set('CourseCatalog_V2_2025_10_27_1_ec83a5.csv', Buffer.from(catalog([[892_001, false, '2025-09-01']])));
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    sftpInbound: { ...server.login, remotePath: '/' },
    env: { SFTP_LOCAL_DIR: 'vendor', JOB_ATTEMPTS: String(ATTEMPTS) },
  });
});

beforeEach(async () => {
  filesBefore = await readdir(fixture.workspace.path('generated_files'));
});

afterEach(async () => {
  await rm(fixture.workspace.path(FULL), { force: true });
  worker?.signal('SIGCONT');
  worker?.signal('SIGTERM');
  await worker?.ended;
  worker = undefined;
});

afterAll(async () => {
  await fixture?.close();
  await server?.stop();
});

function work(env: Record<string, string> = {}): RunningBtcFake {
  worker = fixture.start(['worker'], env);
  return worker;
}

/** The environment of a worker whose disk is full for files of this name: see full-disk.mjs. */
function fullAt(place: string, name: string): Record<string, string> {
  return {
    NODE_OPTIONS: `--import ${FULL_DISK}`,
    FULL_DISK_AT: place,
    FULL_DISK_IN: name,
    FULL_DISK_WHILE: fixture.workspace.path(FULL),
  };
}

const retry = (runId: RunId) => requeueFailed(fixture.queues, fixture.store, runId, ATTEMPTS);

async function failsWith(runId: RunId, reason: RegExp): Promise<void> {
  await fixture.reaches(runId, 'failed');
  expect((await fixture.status(runId)).reason).toMatch(reason);
}

async function finishesAsIfNothingHadBeen(runId: RunId): Promise<void> {
  await fixture.reaches(runId, 'finished');
  await judge(fixture, runId);
}

describe('C1: a disk that is full', () => {
  test.each([
    ['write', 'Non_Completed_Assignments', 'the first feed'],
    ['write', 'ContentUserCompletion', 'a feed of the assembly'],
    ['flush', 'ContentUserCompletion', 'a feed of the assembly'],
    ['close', 'summary.txt', 'the summary'],
    ['write', 'manifest.json', 'the manifest'],
  ])('at %s of %s (%s): no file of the end is there, and with free space the same bytes come', async (place, name) => {
    writeFileSync(fixture.workspace.path(FULL), '');
    const runId = await fixture.begin();
    work(fullAt(place, name));
    await waitUntil('the stage has failed', () => worker!.stderr.includes('OUTPUT_UNWRITABLE: '), 20_000);
    expect(worker!.stderr).toMatch(new RegExp(`${name}\\S*: the disk is full\\. Free space, or set OUTPUT_DIR`));
    await assertNoFinalFile(fixture, filesBefore);
    await rm(fixture.workspace.path(FULL));
    await finishesAsIfNothingHadBeen(runId);
  });

  test('between two renames: retry puts every file in its place', async () => {
    writeFileSync(fixture.workspace.path(FULL), '');
    const runId = await fixture.begin();
    work({ ...fullAt('rename', 'summary.txt'), JOB_ATTEMPTS: '1' });
    await failsWith(runId, /^OUTPUT_UNWRITABLE: .*summary\.txt: the disk is full/);
    const names = (await readdir(fixture.workspace.path('generated_files'))).filter(
      (name) => !filesBefore.includes(name),
    );
    // The manifest comes last: without it nobody takes the others for a whole.
    expect(names.filter((name) => name.endsWith('manifest.json') || name.endsWith('.part'))).toEqual([]);
    await rm(fixture.workspace.path(FULL));
    await retry(runId);
    await finishesAsIfNothingHadBeen(runId);
  });

  test.each(['write', 'flush'])(
    'at %s of a catalog that is being downloaded: nothing half-fetched stays, and the next attempt brings it',
    async (place) => {
      writeFileSync(fixture.workspace.path(FULL), '');
      const runId = await fixture.begin();
      const folder = `vendor-${place}`;
      work({ ...fullAt(place, STAND_ALONE), SFTP_LOCAL_DIR: folder });
      await waitUntil('the download has failed', () => worker!.stderr.includes('OUTPUT_UNWRITABLE: '), 20_000);
      expect(readdirSync(fixture.workspace.path(folder)).filter((name) => name.includes('StandAlone'))).toEqual([]);
      await rm(fixture.workspace.path(FULL));
      await finishesAsIfNothingHadBeen(runId);
      expect(readdirSync(fixture.workspace.path(folder)).sort()).toEqual([...server.files.keys()].sort());
    },
  );

  test('for real, on a small file system of its own', async () => {
    const folder = fixture.workspace.path('generated_files');
    if (!mountSmall(folder)) return;
    try {
      const filler = fillDisk(folder);
      const runId = await fixture.begin();
      work({ JOB_ATTEMPTS: '1' });
      await failsWith(runId, /^OUTPUT_UNWRITABLE: .*Non_Completed_Assignments\S+: the disk is full/);
      expect(readdirSync(folder)).toEqual([basename(filler)]);
      await rm(filler);
      await retry(runId);
      await finishesAsIfNothingHadBeen(runId);
    } finally {
      unmount(folder);
    }
  });

  test('under the log: lines are lost, and the run is not', async () => {
    const log = openSync('/dev/full', 'w');
    const { workspace } = fixture;
    const env = { ...inheritedEnvironment(), ...workspace.env };
    const silent = spawn(process.execPath, [MAIN, 'worker'], {
      cwd: workspace.folder,
      env,
      stdio: ['ignore', log, log],
    });
    try {
      const runId = await fixture.begin();
      await finishesAsIfNothingHadBeen(runId);
      expect(silent.exitCode).toBeNull();
    } finally {
      silent.kill('SIGTERM');
      await once(silent, 'exit');
    }
    expect(silent.exitCode).toBe(0);
  });

  test.each(['status --help', 'runs --json'])(
    'under the results of a command is told in one line, with an exit code (%s)',
    (command) => {
      // Past the proxy, which stands still while this process waits.
      const env = { ...inheritedEnvironment(), ...fixture.workspace.env, REDIS_URL: fixture.redisUrl };
      const out = openSync('/dev/full', 'w');
      const { status, stderr } = spawnSync(process.execPath, [MAIN, ...command.split(' ')], {
        cwd: fixture.workspace.folder,
        env,
        stdio: ['ignore', out, 'pipe'],
        encoding: 'utf8',
      });
      expect(status).toBe(1);
      expect(stderr).toBe(
        'btc-fake: The result could not be written (ENOSPC) (OUTPUT_UNWRITABLE)\n  Free space where standard output goes.\n',
      );
    },
  );
});

test('C1: a limit on the size of files is told, and when it is lifted the run continues by itself', async () => {
  const limit = (bytes: number | string) =>
    execFileSync('prlimit', ['--pid', String(worker!.child.pid), `--fsize=${bytes}:`]);
  work();
  await worker!.waitForStderr('Working; stop with');
  limit(2_000);
  const runId = await fixture.begin();
  await waitUntil('the stage has failed', () => worker!.stderr.includes('OUTPUT_UNWRITABLE: '), 20_000);
  expect(worker!.stderr).toContain('the file would be larger than allowed');
  await assertNoFinalFile(fixture, filesBefore);
  limit('unlimited');
  await finishesAsIfNothingHadBeen(runId);
});

// Nobody, root neither, may make files there.
if (process.platform === 'linux')
  test.each([
    [
      'OUTPUT_DIR',
      /^OUTPUT_UNWRITABLE: \/sys\/btc-fake\/Non_Completed\S+: (writing there is not allowed|the file system is read-only)/,
    ],
    ['SFTP_LOCAL_DIR', /^OUTPUT_UNWRITABLE: \/sys\/btc-fake\/\S+ cannot be written \((EPERM|EACCES|EROFS)\)/],
  ])('C1: an %s where nothing may be written fails the run; with another, retry ends well', async (name, reason) => {
    const runId = await fixture.begin();
    const first = work({ [name]: '/sys/btc-fake', JOB_ATTEMPTS: '1' });
    await failsWith(runId, reason);
    await assertNoFinalFile(fixture, filesBefore);
    first.signal('SIGTERM');
    await first.ended;
    work();
    await retry(runId);
    await finishesAsIfNothingHadBeen(runId);
  });

describe('C2: two assemblers', () => {
  test.each([
    ['before the first rename', 'feeds-drafted:1'],
    ['among the renames', 'file-renamed:2'],
  ])(
    'a process that was stopped %s, until another was done, and continues: one set of files, the same bytes',
    async (_when, milestone) => {
      const runId = await fixture.begin();
      const stopped = work({ NODE_OPTIONS: `--import ${END_AT}`, END_AT: milestone, END_WITH: 'SIGSTOP' });
      await waitUntil('it is stopped', () => stateOf(stopped) === 'T', 20_000);
      await letLocksExpire(fixture.connection);
      const other = fixture.start(['worker']);
      await fixture.reaches(runId, 'finished');
      stopped.signal('SIGCONT');
      await Promise.all(
        [stopped, other].map((each) => {
          each.signal('SIGTERM');
          return each.ended;
        }),
      );
      await judge(fixture, runId);
    },
    60_000,
  );

  test('a run that is assembled twice has one set of files, the same bytes', async () => {
    const runId = await fixture.begin();
    work();
    await fixture.reaches(runId, 'finished');
    const { manifest } = await fixture.store.getRun(runId);
    for (const { name } of manifest!.outputs) await rm(fixture.workspace.path('generated_files', name));
    const job = await fixture.queues.byName['file-assembly'].getJob(runId);
    // The run has its files a moment before the job is done.
    await waitUntil('the job is done', () => job!.isCompleted());
    await job!.retry('completed');
    const last = fixture.workspace.path('generated_files', manifest!.outputs.at(-1)!.name);
    await waitUntil('the files are there again', async () => existsSync(last) && (await job!.isCompleted()), 10_000);
    await judge(fixture, runId);
  });
});

/** The state of a process as the system names it; T is stopped. */
function stateOf({ child }: RunningBtcFake): string {
  const { stdout } = spawnSync('ps', ['-o', 'state=', '-p', String(child.pid)], { encoding: 'utf8' });
  return stdout.trim();
}
