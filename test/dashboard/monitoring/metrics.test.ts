// Proves what a scrape says of runs, queues, workers and Redis, and that nothing that is broken empties the page.
import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { WorkerRegistry } from '../../../src/adapters/shared-state/worker-registry.ts';
import { createMetrics, type Metrics, type MetricsContext } from '../../../src/dashboard/monitoring/metrics.ts';
import type { RunId } from '../../../src/domain/ids.ts';
import { finishWithoutFailed } from '../../../src/producers/requeue.ts';
import { startDueSlot } from '../../../src/producers/scheduled-run.ts';
import { startWorkers } from '../../../src/workers/runtime/runtime.ts';
import { recommends, startFaultyRecommender } from '../../support/faulty-recommender.ts';
import { fannedOutRun, takeJobs } from '../../support/job-moves.ts';
import { type Samples, samplesOf } from '../../support/metrics-text.ts';
import { startTestRedis } from '../../support/redis.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { emptyManifest, newRun, people } from '../../support/run-state.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitUntil } from '../../support/wait-until.ts';

const HOUR_MS = 3_600_000;
let fixture: RunFixture;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const metricsOf = (overrides: Partial<MetricsContext> = {}): Metrics =>
  createMetrics({ ...fixture, version: '9.9.9', ...overrides });
const scrape = async (overrides: Partial<MetricsContext> = {}): Promise<Samples> =>
  samplesOf(await metricsOf(overrides).scrape());

test('what workers do is counted: calls, employees, jobs by queue', async () => {
  const metrics = metricsOf();
  const recommender = await startFaultyRecommender({ answer: () => recommends(910_001) });
  closers.push(() => recommender.close());
  const settings = fixture.settingsWith({ API_BASE_URL: recommender.url });
  const workers = startWorkers({ ...fixture, settings, observer: metrics.observer });
  closers.push(() => workers.stop(1_000));
  const run = await fixture.createRunWithFlow(people(3));
  await waitUntil(
    'the run has ended',
    async () => (await fixture.store.getRun(run.plan.id)).finishedAt !== undefined,
    15_000,
  );
  const text = await metrics.scrape();
  const samples = samplesOf(text);
  expect(samples.get('btc_fake_recommender_calls_total{status="200"}')).toBe(3);
  expect(samples.get('btc_fake_recommender_call_seconds_count')).toBe(3);
  expect(samples.get('btc_fake_recommender_call_seconds_bucket{le="+Inf"}')).toBe(3);
  expect(samples.get('btc_fake_employees_simulated_total')).toBe(3);
  expect(samples.get('btc_fake_jobs_processed_total{queue="employee-simulation",outcome="done"}')).toBe(3);
  expect(samples.get('btc_fake_jobs_processed_total{queue="assignment",outcome="done"}')).toBe(1);
  expect(samples.get('btc_fake_jobs_processed_total{queue="assignment",outcome="failed"}')).toBe(0);
  expect(samples.get('btc_fake_throttle_pauses_total{queue="employee-simulation"}')).toBe(0);
  expect(samples.get('btc_fake_build_info{version="9.9.9"}')).toBe(1);
  expect(samples.get('btc_fake_redis_up')).toBe(1);
  expect(samples.has('btc_fake_nodejs_eventloop_lag_p99_seconds')).toBe(true);
  const lint = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  expect({ ...lint, output: `${lint.stdout}${lint.stderr}` }).toMatchObject({ output: '', status: 0 });
});

test('429: how often and how long the queue was told to pause', async () => {
  const metrics = metricsOf();
  const queue = metrics.observer.ofQueue('employee-simulation');
  queue.paused(1_500);
  queue.paused(500);
  const samples = samplesOf(await metrics.scrape());
  expect(samples.get('btc_fake_throttle_pauses_total{queue="employee-simulation"}')).toBe(2);
  expect(samples.get('btc_fake_throttle_pause_seconds_total{queue="employee-simulation"}')).toBe(2);
});

test('an outage of the recommender is 1 for as long as it lasts', async () => {
  const metrics = metricsOf();
  const outage = async () => samplesOf(await metrics.scrape()).get('btc_fake_recommender_outage');
  expect(await outage()).toBe(0);
  metrics.observer.recommenderOutage?.(true);
  expect(await outage()).toBe(1);
  metrics.observer.recommenderOutage?.(false);
  expect(await outage()).toBe(0);
});

test('how many employees a process takes at the same time is told as it changes', async () => {
  const metrics = metricsOf();
  const concurrency = async () => samplesOf(await metrics.scrape()).get('btc_fake_employee_concurrency');
  for (const employees of [50, 75, 1]) {
    metrics.observer.employeeConcurrency?.(employees);
    expect(await concurrency()).toBe(employees);
  }
});

test('a run that waits for failed employees: its state, age and counts, and how long the oldest has waited', async () => {
  const run = await fannedOutRun(fixture, people(5));
  await fixture.store.putResult(run.plan, 0, { recommendations: [], completions: [] });
  await takeJobs(fixture, 'employee-simulation', 5, (job) => (job.data.position === 0 ? undefined : 'no'));
  const now = () => run.createdAt + 2 * HOUR_MS;
  const samples = await scrape({ now });
  const sampleOf = (gauge: string, more = '') => samples.get(`${gauge}{run="${run.plan.id}"${more}}`);
  expect(sampleOf('btc_fake_run_state', ',state="incomplete"')).toBe(1);
  expect(sampleOf('btc_fake_run_age_seconds')).toBe(7_200);
  expect(sampleOf('btc_fake_run_late_seconds')).toBe(0);
  expect(sampleOf('btc_fake_run_employees')).toBe(5);
  expect(sampleOf('btc_fake_run_employees_done')).toBe(1);
  expect(sampleOf('btc_fake_run_employees_failed')).toBe(4);
  expect(samples.get('btc_fake_run_overdue_after_seconds')).toBe(6 * 3_600);
  expect(samples.get('btc_fake_jobs{queue="employee-simulation",state="failed"}')).toBe(4);
  expect(samples.get('btc_fake_jobs{queue="file-assembly",state="waiting-children"}')).toBe(1);
  const waited = samples.get('btc_fake_oldest_failed_employee_age_seconds')!;
  expect(waited).toBeGreaterThan(7_100);
  expect(waited).toBeLessThanOrEqual(7_200);
  expect(samples.has('btc_fake_last_run_duration_seconds')).toBe(false);
});

test('of the failed employees of all runs the oldest counts', async () => {
  const key = fixture.queues.byName['employee-simulation'].toKey('failed');
  const now = Date.now();
  await fixture.redis.zadd(key, now - 9_000, 'run-a-1', now - 5_000, 'run-b-1', now - 1_000, 'run-a-2');
  expect((await scrape({ now: () => now })).get('btc_fake_oldest_failed_employee_age_seconds')).toBe(9);
});

test('a run that has ended is the last run, and no other gauge knows it', async () => {
  const run = await fannedOutRun(fixture, people(2));
  await takeJobs(fixture, 'employee-simulation', 2, () => 'no');
  await finishWithoutFailed(fixture.queues, fixture.store, run.plan.id);
  await fixture.store.finishRun(run.plan.id, emptyManifest(run), run.createdAt + 90_000);
  const samples = await scrape();
  expect(samples.get('btc_fake_last_run_duration_seconds')).toBe(90);
  expect(samples.get('btc_fake_last_run_end_timestamp_seconds')).toBe((run.createdAt + 90_000) / 1_000);
  expect(samples.get('btc_fake_last_run_employees')).toBe(2);
  expect(samples.get('btc_fake_last_run_employees_failed')).toBe(2);
  expect([...samples.keys()].filter((name) => name.includes(run.plan.id))).toEqual([]);
  expect(samples.get('btc_fake_oldest_failed_employee_age_seconds')).toBe(0);
});

test('workers by the queue that they serve, and how their clocks differ', async () => {
  const identity = { host: 'a.example', pid: 7, version: '1', concurrency: 5, startedAt: 1 };
  const registry = new WorkerRegistry(fixture.redis);
  await registry.announce({ ...identity, id: 'a', queues: ['employee-simulation', 'publish'] }, Date.now);
  await registry.announce({ ...identity, id: 'b', pid: 8, queues: ['employee-simulation'] }, () => Date.now() - 60_000);
  const samples = await scrape();
  expect(samples.get('btc_fake_workers{queue="employee-simulation"}')).toBe(2);
  expect(samples.get('btc_fake_workers{queue="publish"}')).toBe(1);
  expect(samples.get('btc_fake_workers{queue="run-start"}')).toBe(0);
  expect(samples.get('btc_fake_worker_clock_difference_seconds{host="a.example",pid="7"}')).toBeCloseTo(0, 0);
  expect(samples.get('btc_fake_worker_clock_difference_seconds{host="a.example",pid="8"}')).toBeCloseTo(-60, 0);
});

test('a schedule: the next slot, the last one, and how long it has waited for its run', async () => {
  const at = Date.parse('2026-11-23T06:00:00Z');
  expect((await scrape()).get('btc_fake_schedule_applied')).toBe(0);
  await fixture.schedule.apply({ cron: '0 6 * * 1', timeZone: 'UTC' }, at - HOUR_MS, true);
  const waiting = await scrape({ now: () => at + 600_000 });
  expect(waiting.get('btc_fake_schedule_applied')).toBe(1);
  expect(waiting.get('btc_fake_schedule_next_slot_timestamp_seconds')).toBe((at + 7 * 24 * HOUR_MS) / 1000);
  expect(waiting.get('btc_fake_schedule_lag_seconds')).toBe(600);
  const [decision] = await startDueSlot(fixture, (await fixture.schedule.read()).applied, at + 600_000);
  expect(decision).toMatchObject({ slot: at, outcome: 'started' });
  const started = await scrape({ now: () => at + 600_000 });
  expect(started.get('btc_fake_schedule_lag_seconds')).toBe(0);
  expect(started.get('btc_fake_schedule_last_slot_timestamp_seconds{outcome="started"}')).toBe(at / 1000);
  expect(started.get('btc_fake_runs_not_started')).toBe(0);
  await takeJobs(fixture, 'run-start', 1, () => 'EMPLOYEES_INVALID: bad');
  expect((await scrape()).get('btc_fake_runs_not_started')).toBe(1);
});

test('a scheduled run is as old as its slot, and late when it was made long after it', async () => {
  const slot = Date.parse('2026-11-23T06:00:00Z');
  const run = newRun(
    { id: 'run-x' as RunId, seed: 's', asOf: slot, timeZone: 'UTC', feedDateFormat: 'yyyy_M_d' },
    people(1),
    { createdAt: slot + HOUR_MS, slot },
  );
  await fixture.store.createRun(run);
  const samples = await scrape({ now: () => slot + 3 * HOUR_MS });
  expect(samples.get('btc_fake_run_age_seconds{run="run-x"}')).toBe(3 * 3_600);
  expect(samples.get('btc_fake_run_late_seconds{run="run-x"}')).toBe(3_600);
  expect(samples.get('btc_fake_run_state{run="run-x",state="queued"}')).toBe(1);
});

test('a queue that somebody has paused shows', async () => {
  await fixture.queues.byName.publish.pause();
  const samples = await scrape();
  expect(samples.get('btc_fake_queue_paused{queue="publish"}')).toBe(1);
  expect(samples.get('btc_fake_queue_paused{queue="assignment"}')).toBe(0);
});

test("Redis' memory", async () => {
  await fixture.redis.config('SET', 'maxmemory', '512mb');
  closers.push(() => fixture.redis.config('SET', 'maxmemory', '0'));
  const samples = await scrape();
  expect(samples.get('btc_fake_redis_memory_max_bytes')).toBe(512 * 1024 * 1024);
  expect(samples.get('btc_fake_redis_memory_used_bytes')).toBeGreaterThan(100_000);
});

test('what cannot be read is absent and counted, and the rest is there', async () => {
  await fixture.redis.set('{btc-fake}:runs', 'not a list of runs');
  const metrics = metricsOf();
  await metrics.scrape();
  const samples = samplesOf(await metrics.scrape());
  expect(samples.get('btc_fake_scrape_errors_total{collector="runs"}')).toBe(1);
  expect(samples.get('btc_fake_scrape_errors_total{collector="jobs"}')).toBe(0);
  expect(samples.has('btc_fake_run_overdue_after_seconds')).toBe(false);
  expect(samples.get('btc_fake_redis_up')).toBe(1);
  expect(samples.get('btc_fake_jobs{queue="publish",state="failed"}')).toBe(0);
  const lines = fixture.log.filter(({ metrics: group }) => group === 'runs');
  expect(lines).toEqual([expect.objectContaining({ level: 40, reason: expect.stringContaining('WRONGTYPE') })]);
});

test('many who scrape at once, or soon after each other, ask Redis once', async () => {
  const metrics = metricsOf();
  await fixture.redis.config('RESETSTAT');
  const texts = await Promise.all([metrics.scrape(), metrics.scrape(), metrics.scrape()]);
  await metrics.scrape();
  const stats = await fixture.redis.info('commandstats');
  expect(/cmdstat_info:calls=(\d+)/.exec(stats)?.[1]).toBe('1');
  expect(new Set(texts.map((text) => samplesOf(text).get('btc_fake_redis_up')))).toEqual(new Set([1]));
});

describe('without Redis', () => {
  const processMetrics = ['btc_fake_process_resident_memory_bytes', 'btc_fake_employees_simulated_total'];

  test('the process still tells of itself, at once', async () => {
    const server = await startTestRedis();
    const redis = await connectRedis(server.url, 'dashboard');
    closers.push(() => redis.disconnect());
    const metrics = metricsOf({ redis });
    await server.stop();
    await waitUntil('the connection is lost', () => redis.status !== 'ready');
    const begin = performance.now();
    const samples = samplesOf(await metrics.scrape());
    expect(performance.now() - begin).toBeLessThan(3_000);
    expect(samples.get('btc_fake_redis_up')).toBe(0);
    for (const name of processMetrics) expect(samples.has(name)).toBe(true);
    expect(samples.has('btc_fake_workers{queue="publish"}')).toBe(false);
    // That Redis is away is no error of what would be read from it.
    expect(samples.get('btc_fake_scrape_errors_total{collector="workers"}')).toBe(0);
  });

  test('a Redis that hangs is not waited for', async () => {
    const proxy = await startTcpProxy({ host: fixture.server.host, port: fixture.server.port });
    closers.push(() => proxy.close());
    const redis = await connectRedis(`redis://${proxy.host}:${proxy.port}`, 'dashboard');
    closers.push(() => redis.disconnect());
    const metrics = metricsOf({ redis });
    proxy.misbehave({ blackHole: true });
    const samples = samplesOf(await metrics.scrape());
    expect(samples.get('btc_fake_redis_up')).toBe(0);
    expect(samples.has('btc_fake_process_resident_memory_bytes')).toBe(true);
  });
});
