import type { Settings } from '../../config/settings.ts';
import type { Queues } from '../adapters/redis/queues.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import type { ScheduleStore } from '../adapters/shared-state/schedule-store.ts';
import type { WorkerEntry, WorkerRegistry } from '../adapters/shared-state/worker-registry.ts';
import type { RunId } from '../domain/ids.ts';
import { slotToMakeUp } from '../domain/schedule/due-slot.ts';
import { lateMs, slotRunId } from '../domain/schedule/slot.ts';
import type { SlotDecision } from '../domain/schedule/slot-decision.ts';
import { nextSlots, type WeeklySchedule } from '../domain/schedule/slots.ts';
import { FailedEmployees } from './failed-employees.ts';
import { type RunStatus, runStatus } from './run-status.ts';
import { readSchedule, type ScheduleState } from './schedule-state.ts';
import { findUnstarted, unstartedStatus } from './unstarted-runs.ts';

/** What a report on the schedule is made from. */
export interface ScheduleReportContext {
  readonly settings: Pick<Settings, 'schedule'>;
  readonly queues: Queues;
  readonly store: RunStore;
  readonly schedule: ScheduleStore;
  readonly registry: WorkerRegistry;
}

/** What became of a slot. */
export interface ReportedSlot extends SlotDecision {
  readonly runId: RunId;
  /** How its run stands; absent: it has none, or its data have expired. */
  readonly run?: RunStatus;
  /** By how much the run was made too late, in milliseconds; 0 when it was in time. */
  readonly lateMs: number;
}

/** How the weekly schedule stands. Instants are epoch milliseconds. */
export interface ScheduleReport {
  /** What the settings of this process say. */
  readonly wanted: WeeklySchedule;
  /** What is applied, and what was decided. */
  readonly state: ScheduleState;
  /** `different`: another schedule is applied than the settings say. */
  readonly standing: 'applied' | 'different' | 'not applied' | 'removed';
  /** The next slots; those that there would be, unless a schedule is applied. */
  readonly next: readonly number[];
  /** The last slots, newest first. */
  readonly slots: readonly ReportedSlot[];
  /** The last slot, when it has no run and somebody could want one. */
  readonly toMakeUp?: number;
  /** The processes with workers that are alive. */
  readonly workers: readonly WorkerEntry[];
  /** Whether one of them would start a run. */
  readonly isServed: boolean;
}

const NEXT = 5;
const SLOTS = 10;

/**
 * Tells how the weekly schedule stands. Changes nothing.
 * @param now epoch milliseconds.
 * @throws BtcFakeError CONFIG_INVALID when the expression that counts is wrong.
 */
export async function reportSchedule(context: ScheduleReportContext, now: number): Promise<ScheduleReport> {
  const { queues, schedule, settings, registry } = context;
  const { cron, timeZone } = settings.schedule;
  const wanted = { cron, timeZone };
  const [state, workers] = await Promise.all([readSchedule(queues, schedule), registry.list()]);
  const past = state.decisions.filter(({ slot }) => slot <= now).slice(0, SLOTS);
  const failed = new FailedEmployees(queues);
  const toMakeUp = slotToMakeUp(state, now);
  return {
    wanted,
    state,
    standing: standingOf(state, wanted),
    next: nextSlots(state.applied ?? wanted, now, NEXT),
    slots: await Promise.all(past.map((decision) => reportSlot(context, decision, failed))),
    ...(toMakeUp === undefined ? {} : { toMakeUp }),
    workers,
    isServed: workers.some((worker) => worker.queues.includes('run-start')),
  };
}

function standingOf({ applied, removedAt }: ScheduleState, wanted: WeeklySchedule): ScheduleReport['standing'] {
  if (removedAt !== undefined) return 'removed';
  if (!applied) return 'not applied';
  return applied.cron === wanted.cron && applied.timeZone === wanted.timeZone ? 'applied' : 'different';
}

async function reportSlot(
  { queues, store }: ScheduleReportContext,
  decision: SlotDecision,
  failed: FailedEmployees,
): Promise<ReportedSlot> {
  const runId = slotRunId(decision.slot);
  // In this order: a run that is made in between is found by one of the two.
  const unstarted = await findUnstarted(queues, store, runId);
  if (unstarted) return { ...decision, runId, run: unstartedStatus(unstarted), lateMs: 0 };
  const run = await store.findRun(runId);
  if (!run) return { ...decision, runId, lateMs: 0 };
  return { ...decision, runId, run: await runStatus(queues, store, run, failed), lateMs: lateMs(run) };
}
