import type { Settings } from '../../config/settings.ts';
import type { Queues } from '../adapters/queues.ts';
import type { RunStore } from '../adapters/run-store.ts';
import type { AppliedSchedule, ScheduleStore, SlotDecision } from '../adapters/schedule-store.ts';
import { clockIsOff, type WorkerEntry, type WorkerRegistry } from '../adapters/worker-registry.ts';
import type { RunId } from '../domain/ids.ts';
import { nextSlots, type WeeklySchedule } from '../domain/schedule-slots.ts';
import { lateMs } from '../domain/slot.ts';
import { type RunStatus, runStatus } from './run-status.ts';
import { unstartedRuns, unstartedStatus } from './unstarted-runs.ts';
import { readSchedule } from './weekly-schedule.ts';

/** The run of a slot of the schedule. Instants are epoch milliseconds. */
export interface ScheduledRun extends RunStatus {
  readonly runId: RunId;
  readonly slot: number;
  /** Null: it is not there yet, or could not be made. */
  readonly createdAt: number | null;
  readonly finishedAt: number | null;
  /** By how much it was made too late; 0 when it was in time. */
  readonly lateMs: number;
}

/** All there is to say about the weekly schedule. */
export interface ScheduleReport {
  /** What counts: what is applied, or else what the settings say. */
  readonly schedule: WeeklySchedule;
  readonly state: 'applied' | 'removed' | 'not applied';
  readonly applied: AppliedSchedule | null;
  /** What the settings of this process say, where it is not what is applied. */
  readonly settingsDiffer: WeeklySchedule | null;
  /** The next slots; those that there would be, unless it is applied. */
  readonly next: readonly number[];
  /** The latest slots that have a run, newest first. */
  readonly runs: readonly ScheduledRun[];
  /** The latest slots that have none, newest first: skipped behind a run that had not ended, or missed. */
  readonly withoutRun: readonly SlotDecision[];
  /** The processes that would start a run. */
  readonly starters: readonly WorkerEntry[];
  /** The processes whose clocks are more than 30 seconds from Redis'. */
  readonly wrongClocks: readonly WorkerEntry[];
}

/** What is read for a report. */
export interface ScheduleSources {
  readonly settings: Pick<Settings, 'schedule'>;
  readonly queues: Queues;
  readonly store: RunStore;
  readonly schedule: ScheduleStore;
  readonly workers: WorkerRegistry;
}

const NEXT_SLOTS = 5;
const LAST_RUNS = 10;
const WITHOUT_RUN = 26;

/** Among how many runs those of slots are looked for. */
const LOOKED_AT = 200;

/** Reads all there is to say about the weekly schedule. Changes nothing. @param now epoch milliseconds. */
export async function scheduleReport(sources: ScheduleSources, now: number): Promise<ScheduleReport> {
  const { queues, schedule, settings, workers } = sources;
  const [{ applied, removedAt, decisions }, alive, runs] = await Promise.all([
    readSchedule(queues, schedule),
    workers.list(),
    scheduledRuns(sources),
  ]);
  const { cron, timeZone } = settings.schedule;
  const counts = applied ?? { cron, timeZone };
  const differ = counts.cron !== cron || counts.timeZone !== timeZone;
  return {
    schedule: { cron: counts.cron, timeZone: counts.timeZone },
    state: applied ? 'applied' : removedAt === undefined ? 'not applied' : 'removed',
    applied: applied ?? null,
    settingsDiffer: differ ? { cron, timeZone } : null,
    next: nextSlots(counts, now, NEXT_SLOTS),
    runs,
    withoutRun: decisions.filter(({ outcome }) => outcome === 'skipped' || outcome === 'missed').slice(0, WITHOUT_RUN),
    starters: alive.filter((worker) => worker.queues.includes('run-start')),
    wrongClocks: alive.filter(clockIsOff),
  };
}

async function scheduledRuns({ queues, store }: ScheduleSources): Promise<ScheduledRun[]> {
  const unstarted = (await unstartedRuns(queues, store)).map((run): ScheduledRun => {
    const { runId, slot } = run;
    return { runId, slot, ...unstartedStatus(run), createdAt: null, finishedAt: null, lateMs: 0 };
  });
  const begun = (await store.listRuns(LOOKED_AT)).filter((run) => run.slot !== undefined).slice(0, LAST_RUNS);
  const started = begun.map(async (run): Promise<ScheduledRun> => {
    const { plan, slot, createdAt, finishedAt = null } = run;
    const status = await runStatus(queues, store, run);
    return { runId: plan.id, slot: slot!, ...status, createdAt, finishedAt, lateMs: lateMs(run) };
  });
  return [...unstarted, ...(await Promise.all(started))].sort((a, b) => b.slot - a.slot).slice(0, LAST_RUNS);
}
