import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { QueueName } from '../../adapters/redis/queues.ts';
import type { QueueObserver, WorkerObserver } from '../../workers/runtime/worker-observer.ts';

/** Seconds: most answers take some milliseconds, and API_TIMEOUT is 30 s unless set otherwise. */
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * Makes the metrics of what the workers of this process do. They count from the start of the process. Each observation
 * takes about a tenth of a microsecond: the children of labelled metrics are looked up once.
 */
export function workerMetrics(register: Registry): WorkerObserver {
  const registers = [register];
  const callSeconds = new Histogram({
    name: 'btc_fake_recommender_call_seconds',
    help: 'How long calls to the recommender took.',
    buckets: CALL_BUCKETS,
    registers,
  });
  const calls = new Counter({
    name: 'btc_fake_recommender_calls_total',
    help: 'Calls to the recommender by HTTP status or, without a usable answer, by error code.',
    labelNames: ['status'],
    registers,
  });
  const jobs = new Counter({
    name: 'btc_fake_jobs_processed_total',
    help: 'Jobs that this process worked on, by queue and what became of them: done, retried, failed for good.',
    labelNames: ['queue', 'outcome'],
    registers,
  });
  const simulated = new Counter({
    name: 'btc_fake_employees_simulated_total',
    help: 'Employees whose jobs this process has done.',
    registers,
  });
  const pauses = new Counter({
    name: 'btc_fake_throttle_pauses_total',
    help: 'How often a queue was told to pause because the other side asked for fewer calls (429).',
    labelNames: ['queue'],
    registers,
  });
  const pauseSeconds = new Counter({
    name: 'btc_fake_throttle_pause_seconds_total',
    help: 'How long queues were told to pause in all; pauses may overlap.',
    labelNames: ['queue'],
    registers,
  });
  const outage = new Gauge({
    name: 'btc_fake_recommender_outage',
    help: '1 while this process is paused because the recommender fails for everybody or refuses everybody, else 0.',
    registers,
  });
  const concurrency = new Gauge({
    name: 'btc_fake_employee_concurrency',
    help: 'Employees that this process simulates at the same time: see EMPLOYEE_CONCURRENCY_MAX.',
    registers,
  });
  // Statuses are few.
  const byOutcome = new Map<number | string, Counter.Internal>();
  const callsWith = (outcome: number | string): Counter.Internal => {
    const child = calls.labels(String(outcome));
    byOutcome.set(outcome, child);
    return child;
  };
  return {
    recommenderCall: (seconds, outcome) => {
      callSeconds.observe(seconds);
      (byOutcome.get(outcome) ?? callsWith(outcome)).inc();
    },
    recommenderOutage: (isOutage) => outage.set(isOutage ? 1 : 0),
    employeeConcurrency: (employees) => concurrency.set(employees),
    ofQueue: (queue) => queueObserver(queue, { jobs, pauses, pauseSeconds }, simulated),
  };
}

interface QueueCounters {
  readonly jobs: Counter<'queue' | 'outcome'>;
  readonly pauses: Counter<'queue'>;
  readonly pauseSeconds: Counter<'queue'>;
}

function queueObserver(
  queue: QueueName,
  { jobs, pauses, pauseSeconds }: QueueCounters,
  simulated: Counter,
): QueueObserver {
  const done = jobs.labels(queue, 'done');
  const retried = jobs.labels(queue, 'retried');
  const failed = jobs.labels(queue, 'failed');
  const paused = pauses.labels(queue);
  const pausedSeconds = pauseSeconds.labels(queue);
  // Prometheus sees the first of something only when it has seen a zero before.
  for (const counter of [done, retried, failed, paused, pausedSeconds]) counter.inc(0);
  const isEmployees = queue === 'employee-simulation';
  return {
    done: () => {
      done.inc();
      if (isEmployees) simulated.inc();
    },
    retried: () => retried.inc(),
    failed: () => failed.inc(),
    paused: (ms) => {
      paused.inc();
      pausedSeconds.inc(ms / 1000);
    },
  };
}
