import type { Settings } from '../../../config/settings.ts';
import type { RedisConnection } from '../../adapters/redis/client.ts';
import type { Queues } from '../../adapters/redis/queues.ts';
import { infoField, infoOf } from '../../adapters/redis/suitability.ts';
import type { RunStore } from '../../adapters/run-store/store.ts';
import { ScheduleStore } from '../../adapters/shared-state/schedule-store.ts';
import { WorkerRegistry } from '../../adapters/shared-state/worker-registry.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import { STAGES } from '../../domain/run/stages.ts';
import { undecidedSlot } from '../../domain/schedule/due-slot.ts';
import { lateMs } from '../../domain/schedule/slot.ts';
import { nextSlots } from '../../domain/schedule/slots.ts';
import { FailedEmployees } from '../../queries/failed-employees.ts';
import { isEnded, isFinished, lastDoneAt, runStatus } from '../../queries/run-status.ts';
import { readSchedule } from '../../queries/schedule-state.ts';
import { unstartedRuns } from '../../queries/unstarted-runs.ts';
import type { Collector, Reading } from './redis-gauges.ts';

/** What metrics are read from. The connection must fail at once when Redis is away. */
export interface ReadingContext {
  readonly redis: RedisConnection;
  readonly store: RunStore;
  readonly queues: Queues;
  readonly settings: Settings;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Runs that are looked at; a week makes one, and they expire after a month unless set otherwise. */
const RUNS = 30;

const JOB_STATES = ['waiting', 'active', 'delayed', 'prioritized', 'waiting-children', 'failed'] as const;

/** Everything that is read from Redis, in groups that fail apart. */
export function redisCollectors(context: ReadingContext): Readonly<Record<string, Collector>> {
  const failedEmployees = new FailedEmployees(context.queues);
  return {
    jobs: () => readJobs(context),
    runs: () => readRuns(context, failedEmployees),
    failed_employees: () => readFailedEmployees(context, failedEmployees),
    schedule: () => readScheduleState(context),
    not_started: () => readNotStarted(context),
    workers: () => readWorkers(context),
    memory: () => readMemory(context),
  };
}

async function readJobs({ queues }: ReadingContext): Promise<Reading[]> {
  const ofQueues = await Promise.all(
    STAGES.map(async (name): Promise<Reading[]> => {
      const queue = queues.byName[name];
      const [counts, isPaused] = await Promise.all([queue.getJobCounts(...JOB_STATES), queue.isPaused()]);
      const labels = { queue: name };
      return [
        { gauge: 'btc_fake_queue_paused', labels, value: isPaused ? 1 : 0 },
        ...JOB_STATES.map((state): Reading => {
          return { gauge: 'btc_fake_jobs', labels: { ...labels, state }, value: counts[state] ?? 0 };
        }),
      ];
    }),
  );
  return ofQueues.flat();
}

async function readRuns(context: ReadingContext, failedEmployees: FailedEmployees): Promise<Reading[]> {
  const { store, settings } = context;
  const runs = await store.listRuns(RUNS);
  const unended = runs.filter((run) => !isEnded(run));
  const [last] = runs.filter(isFinished).sort((a, b) => endOf(b) - endOf(a));
  const readings = await Promise.all(unended.map((run) => readRun(context, run, failedEmployees)));
  return [
    { gauge: 'btc_fake_run_overdue_after_seconds', value: settings.alerts.overdueMs / 1000 },
    ...(last ? lastRun(last) : []),
    ...readings.flat(),
  ];
}

async function readRun(
  { queues, store, now }: ReadingContext,
  run: RunRecord,
  failedEmployees: FailedEmployees,
): Promise<Reading[]> {
  const { state, counts } = await runStatus(queues, store, run, failedEmployees);
  const labels = { run: run.plan.id };
  return [
    { gauge: 'btc_fake_run_state', labels: { ...labels, state }, value: 1 },
    { gauge: 'btc_fake_run_age_seconds', labels, value: Math.max(0, now() - beginOf(run)) / 1000 },
    { gauge: 'btc_fake_run_late_seconds', labels, value: lateMs(run) / 1000 },
    { gauge: 'btc_fake_run_employees', labels, value: counts.employees },
    { gauge: 'btc_fake_run_employees_done', labels, value: counts.done },
    { gauge: 'btc_fake_run_employees_failed', labels, value: counts.failed },
  ];
}

/** When a run should have begun: what it is overdue after. */
function beginOf({ slot, createdAt }: RunRecord): number {
  return slot ?? createdAt;
}

function lastRun(run: RunRecord): Reading[] {
  return [
    { gauge: 'btc_fake_last_run_end_timestamp_seconds', value: endOf(run) / 1000 },
    { gauge: 'btc_fake_last_run_duration_seconds', value: Math.max(0, endOf(run) - run.createdAt) / 1000 },
    { gauge: 'btc_fake_last_run_employees', value: run.population.count },
    { gauge: 'btc_fake_last_run_employees_failed', value: run.without.length },
  ];
}

function endOf(run: RunRecord): number {
  return lastDoneAt(run) ?? run.createdAt;
}

async function readFailedEmployees({ now }: ReadingContext, failedEmployees: FailedEmployees): Promise<Reading[]> {
  const oldest = Array.from((await failedEmployees.byRun()).values(), ({ oldestAt }) => oldestAt);
  const ageMs = oldest.length === 0 ? 0 : Math.max(0, now() - Math.min(...oldest));
  return [{ gauge: 'btc_fake_oldest_failed_employee_age_seconds', value: ageMs / 1000 }];
}

async function readScheduleState({ queues, redis, now }: ReadingContext): Promise<Reading[]> {
  const state = await readSchedule(queues, new ScheduleStore(redis));
  const { applied, decisions } = state;
  const undecided = undecidedSlot(state, now());
  const [next] = applied ? nextSlots(applied, now(), 1) : [];
  const [last] = decisions;
  const lagMs = undecided === undefined ? 0 : now() - undecided;
  const lastSlot = 'btc_fake_schedule_last_slot_timestamp_seconds';
  return [
    { gauge: 'btc_fake_schedule_applied', value: applied ? 1 : 0 },
    { gauge: 'btc_fake_schedule_lag_seconds', value: lagMs / 1000 },
    ...(next === undefined
      ? []
      : [{ gauge: 'btc_fake_schedule_next_slot_timestamp_seconds', value: next / 1000 } as const]),
    ...(last ? [{ gauge: lastSlot, labels: { outcome: last.outcome }, value: last.slot / 1000 } as const] : []),
  ];
}

async function readNotStarted({ queues, store }: ReadingContext): Promise<Reading[]> {
  const failed = (await unstartedRuns(queues, store)).filter(({ state }) => state === 'failed');
  return [{ gauge: 'btc_fake_runs_not_started', value: failed.length }];
}

async function readWorkers({ redis }: ReadingContext): Promise<Reading[]> {
  const workers = await new WorkerRegistry(redis).list();
  const serving = STAGES.map((queue): Reading => {
    const value = workers.filter(({ queues }) => queues.includes(queue)).length;
    return { gauge: 'btc_fake_workers', labels: { queue }, value };
  });
  const clocks = workers.flatMap(({ host, pid, clockDifferenceMs }): Reading[] => {
    if (clockDifferenceMs === null) return [];
    const labels = { host, pid: String(pid) };
    return [{ gauge: 'btc_fake_worker_clock_difference_seconds', labels, value: clockDifferenceMs / 1000 }];
  });
  return [...serving, ...clocks];
}

async function readMemory({ redis }: ReadingContext): Promise<Reading[]> {
  const info = await infoOf(redis, 'memory');
  return [
    { gauge: 'btc_fake_redis_memory_used_bytes', value: Number(infoField(info, 'used_memory')) },
    { gauge: 'btc_fake_redis_memory_max_bytes', value: Number(infoField(info, 'maxmemory') ?? 0) },
  ];
}
