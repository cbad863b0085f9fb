// O4: a run is cancelled at each of its stages. Nothing stays on the queues, nothing is published, and no file of it is
// left.
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Milestone } from '../../src/adapters/process/milestones.ts';
import type { QueueName } from '../../src/adapters/redis/queues.ts';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { STAGES } from '../../src/domain/run/stages.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { CANARIES, type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { type Answer, recommends } from '../support/faulty-recommender.ts';
import { type FaultySftpServer, startFaultySftpServer } from '../support/faulty-sftp-server.ts';
import { FULL_SIZE } from '../support/full-size.ts';
import { letLocksExpire } from '../support/stalled-jobs.ts';
import { waitUntil } from '../support/wait-until.ts';
import { sftpEnvironment } from '../support/workspace.ts';

const EMPLOYEES = FULL_SIZE ? 2_000 : 150;
const LATENCY_MS = 150;
const END_AT = pathToFileURL(join(import.meta.dirname, '../support/end-at-milestone.mjs')).href;
const MOMENTS: readonly Milestone[] = FULL_SIZE
  ? ['first-feed-drafted', 'fan-out-chunk-added', 'feeds-drafted', 'file-renamed', 'files-in-place']
  : ['first-feed-drafted', 'file-renamed'];

// They share the machine with all other tests.
jest.setTimeout(120_000);

let server: FaultySftpServer;
let fixture: FaultFixture;
let workers: RunningBtcFake[] = [];
let latencyMs = 0;
let filesBefore: readonly string[];

beforeAll(async () => {
  server = await startFaultySftpServer(CANARIES.sftp);
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    misbehave: (id) =>
      latencyMs === 0
        ? undefined
        : ({ ...recommends(892_001 + (id % 2), 555, 1_915_003), delayMs: latencyMs } as Answer),
    env: {
      SFTP_PUBLISH_ENABLED: 'true',
      EMPLOYEE_CONCURRENCY: '5',
      ...sftpEnvironment('SFTP_OUTBOUND', { ...server.login, remotePath: '/' }),
    },
  });
});
beforeEach(async () => {
  latencyMs = 0;
  server.faults = {};
  server.files.clear();
  filesBefore = await readdir(fixture.workspace.path('generated_files'));
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

function work(stages: readonly QueueName[] = STAGES): void {
  workers.push(fixture.start(['worker', ...stages.flatMap((name) => ['--only', name])], {}, 100_000));
}

/** The jobs of a run, in whatever state; the tick of the weekly schedule and other runs' jobs are not of it. */
async function jobsLeft(runId: RunId): Promise<string[]> {
  const states = ['active', 'waiting', 'delayed', 'prioritized', 'waiting-children', 'failed', 'completed'] as const;
  const found = Object.values(fixture.queues.byName).map(async (queue) => {
    const jobs = await queue.getJobs([...states]);
    return jobs.filter((job) => job?.data.runId === runId).map((job) => `${job.id} in ${queue.name}`);
  });
  return (await Promise.all(found)).flat();
}

async function expectNoJobs(runId: RunId): Promise<void> {
  const isEmpty = async () => (await jobsLeft(runId)).length === 0;
  await waitUntil('nothing is left on the queues', isEmpty, 20_000).catch(async (error: Error) => {
    throw new Error(`${error.message}: ${await jobsLeft(runId)}`);
  });
}

/** Cancels the run by the command, and holds that nothing is left of it but its record. */
async function expectNothingLeft(runId: RunId, stage: QueueName): Promise<void> {
  const cancelled = await fixture.start(['cancel', runId, '--json']).ended;
  expect([cancelled.code, cancelled.stderr]).toEqual([0, expect.any(String)]);
  expect(cancelled.json<RunReport>()).toMatchObject({
    state: 'cancelled',
    cancelled: { by: expect.stringContaining(' on '), stage, employees: EMPLOYEES },
    publishedFiles: [],
  });
  await expectNoJobs(runId);
  const isGone = async () => (await readdir(fixture.workspace.path('generated_files'))).length === filesBefore.length;
  await waitUntil('no file of it is left', isGone, 10_000);
  expect([...server.files.keys()]).toEqual([]);
  // And nothing comes of it later: not by a retry, nor by a resume, nor by workers that start.
  work();
  const commands = [
    ['retry', runId],
    ['resume', runId],
    ['finish', runId, '--without-failed'],
  ];
  const refusals = await Promise.all(commands.map((command) => fixture.start(command).ended));
  for (const { code, stderr } of refusals) {
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Run ${runId} was cancelled by`)]);
  }
  await expectNoJobs(runId);
  expect([...server.files.keys()]).toEqual([]);
  const { state } = await fixture.report(runId);
  expect(state).toBe('cancelled');
}

describe('O4: a run that is cancelled', () => {
  test('before anybody has begun with it', async () => {
    const runId = await fixture.begin();
    await expectNothingLeft(runId, 'run-start');
  });

  test('with its employees on the queue and nobody at work', async () => {
    const runId = await fixture.begin();
    work(['run-start', 'catalog-download', 'assignment']);
    const queue = fixture.queues.byName['employee-simulation'];
    await waitUntil('all are queued', async () => (await queue.getWaitingCount()) === EMPLOYEES, 30_000);
    await expectNothingLeft(runId, 'employee-simulation');
  });

  test('while its employees are simulated: the command that waits for it ends with 1 and says who cancelled it', async () => {
    latencyMs = LATENCY_MS;
    const command = fixture.start(['run', '--seed', 'cancelled', '--as-of', '2025-10-28T11:00:00Z'], {}, 100_000);
    work();
    let runId: RunId | undefined;
    await waitUntil(
      'some are done',
      async () => {
        runId = (await fixture.store.listRuns(1))[0]?.plan.id;
        return runId !== undefined && (await fixture.store.countResults(runId)) >= 10 && !(await isEndedRun(runId));
      },
      60_000,
    );
    await expectNothingLeft(runId!, 'employee-simulation');
    const { code, stdout } = await command.ended;
    expect([code, stdout]).toEqual([1, expect.stringContaining(`Run ${runId} was cancelled by`)]);
    const calls = [...fixture.recommender.calls.values()].reduce((sum, n) => sum + n, 0);
    expect(calls).toBeLessThan(EMPLOYEES);
  });

  // The worker holds still there for longer than its locks, as one does whose machine sleeps, and continues with what
  // nobody wants.
  test.each(MOMENTS)(
    'while its worker stands still at %s: what the worker does afterwards leaves nothing',
    async (moment) => {
      const runId = await fixture.begin();
      const env = { NODE_OPTIONS: `--import=${END_AT}`, END_AT: `${moment}:1`, END_WITH: 'SIGSTOP' };
      const worker = fixture.start(['worker'], env, 100_000);
      await waitUntil('the worker stands still', () => standsStill(worker), 60_000);
      const command = fixture.start(['cancel', runId]);
      await fixture.reaches(runId, 'cancelled');
      await letLocksExpire(fixture.connection);
      expect((await command.ended).code).toBe(0);
      worker.signal('SIGCONT');
      // It ends when its active jobs are done.
      worker.signal('SIGTERM');
      expect((await worker.ended).code).toBe(0);
      await expectNoJobs(runId);
      const names = await readdir(fixture.workspace.path('generated_files'));
      expect(names.filter((name) => !filesBefore.includes(name))).toEqual([]);
      expect([...server.files.keys()]).toEqual([]);
      expect(worker.stderr).not.toContain('The queues cannot be read');
    },
  );

  test('while a file is uploaded: it does not get its name, and its partial file is removed', async () => {
    let release = () => {};
    server.faults = { writesWaitFor: new Promise((resolve) => (release = resolve)) };
    const runId = await fixture.begin();
    work();
    const isUploaded = () => [...server.files.keys()].some((name) => name.endsWith('.part'));
    await waitUntil('a file is on its way', isUploaded, 60_000);
    const command = fixture.start(['cancel', runId]);
    await fixture.reaches(runId, 'cancelled');
    release();
    const { code, stderr } = await command.ended;
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/was cancelled by .* at the stage publish, .*; nothing of it was published/),
    ]);
    await expectNoJobs(runId);
    expect([...server.files.keys()]).toEqual([]);
    // The run had all its files before; they stay.
    const report = await fixture.report(runId);
    expect([report.state, report.files.length]).toEqual(['cancelled', 3]);
  });
});

/** Whether a process is stopped, as Linux tells of it. */
function standsStill({ child }: RunningBtcFake): boolean {
  return /\) T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'));
}

async function isEndedRun(runId: RunId): Promise<boolean> {
  return ['finished', 'cancelled'].includes((await fixture.status(runId)).state);
}

test('a run that was cancelled, or has ended, can be deleted; any other run is refused', async () => {
  const runId = await fixture.begin();
  const early = await fixture.start(['delete', runId]).ended;
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining(`Cancel it first: btc-fake cancel ${runId}`)]);
  expect((await fixture.start(['cancel', runId]).ended).code).toBe(0);
  expect((await fixture.start(['delete', runId]).ended).code).toBe(0);
  expect(await fixture.connection.keys(`*:run:${runId}*`)).toEqual([]);
  expect((await fixture.start(['status', runId]).ended).stderr).toContain(`There is no run ${runId}`);
});
