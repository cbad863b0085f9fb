// Proves, with real workers on a real Redis and a warehouse that is stopped, that its start is waited for by time, not
// by attempts.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Settings } from '../../../config/settings.ts';
import type { WarehouseListener } from '../../../src/adapters/databricks/training-records.ts';
import { BtcFakeError } from '../../../src/domain/errors.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { requeueFailed } from '../../../src/producers/requeue.ts';
import { type RunStatus, runStatus } from '../../../src/queries/run-status.ts';
import { startWorkers, type Workers } from '../../../src/workers/runtime/runtime.ts';
import { onceWarehouseRuns } from '../../../src/workers/stages/warehouse-start.ts';
import { stageDone } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { startWarehouse, type Warehouse } from '../../support/warehouse/warehouse.ts';

const ATTEMPTS = 1;
const AN_HOUR_MS = 3_600_000;
let fixture: RunFixture;
let warehouse: Warehouse;
let workers: Workers | undefined;

beforeAll(async () => {
  fixture = await openRunFixture();
  warehouse = await startWarehouse();
});
afterAll(async () => {
  await warehouse?.close();
  await fixture?.close();
});
beforeEach(async () => {
  await fixture.reset();
  warehouse.stop({ needsMs: 0 });
});
afterEach(async () => {
  await workers?.stop(2_000);
  workers = undefined;
});

function settingsOfWarehouse(timeoutSeconds: number): Settings {
  return fixture.settingsWith({
    DATABRICKS_HOST: warehouse.host,
    DATABRICKS_HTTP_PATH: warehouse.httpPath,
    DATABRICKS_TOKEN: warehouse.token,
    DATABRICKS_CA_FILE: warehouse.caFile,
    DATABRICKS_TIMEOUT: String(timeoutSeconds),
  });
}

function work(timeoutSeconds: number): void {
  const settings = settingsOfWarehouse(timeoutSeconds);
  workers = startWorkers({ ...fixture, settings, only: ['catalog-download', 'assignment'] });
}

async function makeRun(): Promise<RunRecord> {
  const run = await fixture.createRunWithFlow(people(20), { attempts: ATTEMPTS });
  await stageDone(fixture, run, 'run-start');
  return run;
}

const statusOf = async ({ plan }: RunRecord): Promise<RunStatus> =>
  runStatus(fixture.queues, fixture.store, await fixture.store.getRun(plan.id));
const isAssigned = async ({ plan }: RunRecord) => (await fixture.store.getRun(plan.id)).assignments !== undefined;
const told = (pattern: RegExp) => fixture.log.filter(({ msg }) => pattern.test(msg));

async function waiting(run: RunRecord): Promise<NonNullable<RunStatus['warehouse']>> {
  let wait: RunStatus['warehouse'];
  await waitUntil(
    'the run says that it waits',
    async () => {
      wait = (await statusOf(run)).warehouse;
      return wait !== undefined;
    },
    20_000,
  );
  return wait!;
}

test('a run says that its warehouse is starting, waits without using up its only attempt, and goes its way', async () => {
  warehouse.stop({ needsMs: 3_000, retryAfter: '1' });
  const run = await makeRun();
  work(60);
  const { reason, since, until } = await waiting(run);
  expect(reason).toMatch(
    /^DATABRICKS_STARTING: The SQL warehouse at .* is starting: it answered HTTP 503 while opening a session\. Wait/,
  );
  expect(until - since).toBe(60_000);
  expect((await statusOf(run)).state).toBe('running');
  await waitUntil('the assignments are made', () => isAssigned(run), 20_000);
  expect((await statusOf(run)).warehouse).toBeUndefined();
  expect(told(/^Waiting for the SQL warehouse/)).toEqual([
    expect.objectContaining({ runId: run.plan.id, reason, patienceMs: 60_000 }),
  ]);
  expect(told(/^The SQL warehouse answers, after \d+ s$/)).toHaveLength(1);
  expect(await fixture.redis.keys('*warehouse-wait*')).toEqual([]);
});

test('it waits for DATABRICKS_TIMEOUT in all, no matter who has the job, then fails once and says so; a retry waits again', async () => {
  warehouse.stop({ needsMs: AN_HOUR_MS });
  const run = await makeRun();
  work(6);
  const begun = await waiting(run);
  // Another process takes over, and does not begin to wait from the start.
  await workers?.stop(2_000);
  work(6);
  await waitUntil('the stage has failed', async () => (await statusOf(run)).state === 'failed', 20_000);
  const { reason } = await statusOf(run);
  expect(reason).toMatch(
    /^DATABRICKS_NOT_STARTED: Nothing was read within 6 s \(DATABRICKS_TIMEOUT\): The SQL warehouse at .* HTTP 503/,
  );
  expect(reason).toMatch(/Start the warehouse in Databricks and re-queue the stage, or raise DATABRICKS_TIMEOUT\.$/);
  const failed = await fixture.job('assignment', run.plan.id);
  expect(failed.attemptsMade).toBe(1);
  expect(failed.finishedOn! - begun.since).toBeGreaterThanOrEqual(5_900);
  expect(failed.finishedOn! - begun.since).toBeLessThan(12_000);
  await requeueFailed(fixture.queues, fixture.store, run.plan.id, ATTEMPTS);
  expect((await waiting(run)).since).toBeGreaterThan(begun.until);
  warehouse.stop({ needsMs: 0 });
  await waitUntil('the assignments are made', () => isAssigned(run), 20_000);
});

test('a worker that is stopped while the run waits ends at once, and gives no attempt away', async () => {
  warehouse.stop({ needsMs: AN_HOUR_MS, retryAfter: '120' });
  const run = await makeRun();
  work(600);
  await waiting(run);
  const before = performance.now();
  await workers?.stop(10_000);
  expect(performance.now() - before).toBeLessThan(5_000);
  const job = await fixture.job('assignment', run.plan.id);
  expect([await job.getState(), job.attemptsMade]).toEqual(['delayed', 0]);
  expect(job.delay).toBeGreaterThan(100_000);
});

describe('a warehouse that takes a statement and has not answered for a while', () => {
  const slow = new BtcFakeError('DATABRICKS_STARTING', 'The SQL warehouse is starting: no answer for 10 s.');

  async function read(run: RunRecord, end: (listener: WarehouseListener) => void): Promise<RunStatus['warehouse']> {
    const job = await fixture.job('assignment', run.plan.id);
    const settings = settingsOfWarehouse(60);
    let meanwhile: RunStatus['warehouse'];
    await onceWarehouseRuns({ ...fixture, settings }, job, '', async (listener) => {
      listener.slow(slow);
      meanwhile = await waiting(run);
      end(listener);
    });
    await waitUntil('nothing is waited for', async () => (await statusOf(run)).warehouse === undefined);
    return meanwhile;
  }

  test('is told of, and no longer when it answers', async () => {
    const run = await makeRun();
    await stageDone(fixture, run, 'catalog-download');
    const meanwhile = await read(run, (listener) => listener.answered());
    expect(meanwhile?.reason).toBe('DATABRICKS_STARTING: The SQL warehouse is starting: no answer for 10 s.');
    expect(meanwhile!.until - meanwhile!.since).toBe(60_000);
    expect(told(/^The SQL warehouse answers, after /)).toHaveLength(1);
  });

  test('nor when the read fails for another reason', async () => {
    const run = await makeRun();
    await stageDone(fixture, run, 'catalog-download');
    const broken = new BtcFakeError('DATABRICKS_UNREACHABLE', 'The connection failed.');
    const failing = read(run, () => {
      throw broken;
    });
    await expect(failing).rejects.toBe(broken);
    expect((await statusOf(run)).warehouse).toBeUndefined();
  });
});
