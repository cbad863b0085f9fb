// P1: processes with different sources on one queue.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { judge } from '../support/fault-oracle.ts';
import { type FaultyRecommender, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { waitUntil } from '../support/wait-until.ts';

const EMPLOYEES = 300;
// They share the machine with all other tests.
const TEST_LIMIT_MS = 150_000;
const WORKING = 'Working; stop with';

let fixture: FaultFixture;
/** Another recommender, whose answers are other ones. */
let other: FaultyRecommender;

beforeAll(async () => {
  other = await startFaultyRecommender({ answer: () => recommends(777_001, 777_002) });
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    misbehave: (id) => ({ ...recommends(892_001 + (id % 2), 555, 1_915_003), delayMs: 20 }),
    env: { EMPLOYEE_CONCURRENCY: '5' },
  });
}, TEST_LIMIT_MS);
beforeEach(() => other.forgetCalls());
afterAll(async () => {
  await fixture?.close();
  await other?.close();
});

async function worker(env: Readonly<Record<string, string>> = {}, ...args: string[]): Promise<RunningBtcFake> {
  const command = fixture.start(['worker', ...args], env, TEST_LIMIT_MS);
  await command.waitForStderr(WORKING);
  return command;
}

async function stop(...workers: readonly RunningBtcFake[]): Promise<void> {
  for (const command of workers) command.signal('SIGTERM');
  for (const command of workers) expect((await command.ended).code).toBe(0);
}

const linesOf = (command: RunningBtcFake, text: string) =>
  command.stderr.split('\n').filter((line) => line.includes(text));

async function manifestOf(runId: RunId): Promise<RunReport & { sources: unknown }> {
  const { manifest } = await fixture.store.getRun(runId);
  return { ...(await fixture.report(runId)), sources: manifest?.sources };
}

test(
  'P1: beside a worker that calls another recommender, every answer of a run comes from its own',
  async () => {
    const foreign = await worker({ API_BASE_URL: other.url });
    const own = await worker();
    const runId = await fixture.begin();
    await fixture.reaches(runId, 'finished');
    await stop(foreign, own);
    expect([...other.calls]).toEqual([]);
    await judge(fixture, runId);
    expect((await manifestOf(runId)).sources).toEqual({
      recommender: `${fixture.recommender.url}/public/api/v1/mltr/v3/run`,
      sftp: null,
      databricks: null,
    });
    // It met the run in one stage or another, and said so once.
    expect(linesOf(foreign, `The jobs of run ${runId} are left to other workers`).length).toBeLessThanOrEqual(1);
  },
  TEST_LIMIT_MS,
);

test(
  'P1: a run that no worker serves waits, names what is missing where people look, and continues when it is there',
  async () => {
    const foreign = await worker({ API_BASE_URL: other.url });
    fixture.recommender.forgetCalls();
    const run = fixture.start(['run', '--seed', 'faults', '--as-of', '2025-10-28T11:00:00Z', '--json']);
    const wanted = `recommender ${fixture.recommender.url}/public/api/v1/mltr/v3/run`;
    const has = `has recommender ${other.url}/public/api/v1/mltr/v3/run`;
    await run.waitForStderr(`Waiting: No worker serves employee-simulation with ${wanted}`);
    expect(run.stderr).toContain(has);

    const [begun] = await fixture.store.listRuns(1);
    const { plan } = begun!;
    const status = await fixture.start(['status', plan.id]).ended;
    expect(status.stdout).toContain(`Waiting  No worker serves employee-simulation with ${wanted}\n`);
    expect(status.stdout).toContain(`(process ${foreign.child.pid}) ${has}\n`);
    expect(linesOf(foreign, `The jobs of run ${plan.id} are left to other workers`)).toHaveLength(1);
    expect(await fixture.store.countResults(plan.id)).toBe(0);

    const own = await worker();
    const { code, json } = await run.ended;
    await stop(foreign, own);
    expect([code, json<RunReport>().state]).toEqual([0, 'finished']);
    expect([...other.calls]).toEqual([]);
    await judge(fixture, plan.id);
  },
  TEST_LIMIT_MS,
);

test(
  'P1: a worker that serves none of the runs pauses, and no attempt is used up meanwhile',
  async () => {
    const foreign = await worker({ API_BASE_URL: other.url });
    const runId = await fixture.begin();
    await waitUntil('the run waits', async () => (await fixture.status(runId)).unserved !== undefined, 20_000);
    const queue = fixture.queues.byName['employee-simulation'];
    await waitUntil('jobs were given back', async () => (await queue.getDelayedCount()) > 0);
    const since = Date.now();
    await waitUntil('it could have taken the others', () => Date.now() - since > 2_000);
    // Without a pause it would have put all of them off by now.
    expect(await queue.getWaitingCount()).toBeGreaterThan(EMPLOYEES / 2);
    const jobs = await queue.getJobs(['waiting', 'delayed', 'prioritized']);
    expect(jobs).toHaveLength(EMPLOYEES);
    expect(jobs.filter((job) => job.attemptsMade > 0)).toEqual([]);
    const own = await worker();
    await fixture.reaches(runId, 'finished');
    await stop(foreign, own);
    await judge(fixture, runId);
  },
  TEST_LIMIT_MS,
);

test(
  'P1: what is compared is what a stage uses: simulation alone needs neither SFTP nor Databricks settings',
  async () => {
    const env = {
      SFTP_INBOUND_HOST: '127.0.0.1',
      SFTP_INBOUND_PORT: '9',
      SFTP_INBOUND_USER: 'reader',
      SFTP_INBOUND_PASSWORD: 'canary-sftp-9Zx4',
      SFTP_INBOUND_REMOTE_PATH: '/catalogs',
      JOB_ATTEMPTS: '1',
    };
    const simulation = await worker({}, '--only', 'employee-simulation');
    const runId = await fixture.begin();
    // The worker that takes run-start settles what the command has not: that there is no SFTP server.
    const stages = await worker({}, '--only', 'run-start', '--only', 'catalog-download', '--only', 'assignment');
    await waitUntil('employees are done', async () => (await fixture.store.countResults(runId)) === EMPLOYEES, 30_000);
    const assembly = await worker(env, '--only', 'file-assembly');
    await fixture.reaches(runId, 'finished');
    await stop(simulation, stages, assembly);
    await judge(fixture, runId);
  },
  TEST_LIMIT_MS,
);

test(
  'P1: a stage that failed and took nothing from its source takes the corrected one when it is tried again',
  async () => {
    const foreign = await worker(
      {
        SFTP_INBOUND_HOST: '127.0.0.1',
        SFTP_INBOUND_PORT: '9',
        SFTP_INBOUND_USER: 'reader',
        SFTP_INBOUND_PASSWORD: 'canary-sftp-9Zx4',
        SFTP_INBOUND_REMOTE_PATH: '/catalogs',
        JOB_ATTEMPTS: '1',
      },
      '--only',
      'catalog-download',
    );
    const runId = await fixture.begin();
    const start = await worker({}, '--only', 'run-start', '--only', 'assignment', '--only', 'employee-simulation');
    // It serves no catalogs itself, so it settles nothing about them, and the other one takes its own.
    await fixture.reaches(runId, 'failed');
    expect((await fixture.status(runId)).reason).toContain('SFTP_UNREACHABLE');
    await stop(foreign);
    // Put right and tried again, the stage may have another source: nothing came from the first.
    const right = await worker({}, '--only', 'catalog-download', '--only', 'file-assembly');
    expect((await fixture.start(['retry', runId, '--detach']).ended).code).toBe(0);
    await fixture.reaches(runId, 'finished');
    await stop(start, right);
    await judge(fixture, runId);
  },
  TEST_LIMIT_MS,
);
