import type { Job } from 'bullmq';
import type { RunStartJobData } from '../../adapters/redis/queues.ts';
import { FrozenSourcesStore } from '../../adapters/run-store/frozen-sources.ts';
import { CLOCK_TOLERANCE_MS } from '../../adapters/shared-state/worker-registry.ts';
import { formatInstant } from '../../domain/feeds/rows.ts';
import type { FrozenSources } from '../../domain/run/sources.ts';
import { STAGES } from '../../domain/run/stages.ts';
import { lateMs } from '../../domain/schedule/slot.ts';
import { duration } from '../../domain/wording.ts';
import { createRunOfSlot } from '../../producers/create-run.ts';
import { addRunFlow } from '../../producers/run-flow.ts';
import { startDueSlot } from '../../producers/scheduled-run.ts';
import { TICK } from '../../producers/weekly-schedule.ts';
import { ownSources } from '../../queries/own-sources.ts';
import { isEnded } from '../../queries/run-status.ts';
import { sourcesToSettle } from '../../queries/served-stages.ts';
import { logDecisions } from '../periodic/schedule.ts';
import type { JobHandler } from '../runtime/job-handler.ts';
import { jobLogger } from '../runtime/job-log.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';

const TOO_EARLY =
  "The schedule's tick came too early, woken by a worker whose clock is ahead; its slot is started when it comes";

/**
 * Starts a run: settles the sources that the caller has not, and adds its flow, once, however often the job is
 * repeated.
 * - The run of a slot is made here, as of the slot. With a bad employees file the job fails and there is no run;
 *   re-queuing the job tries again.
 * - The queue's other jobs are the schedule's ticks: each queues the run of the due slot, once.
 * @throws BtcFakeError EMPLOYEES_INVALID, FILE_UNREADABLE for the run of a slot; RUN_NOT_FOUND.
 */
export function runStartHandler(context: WorkerContext): JobHandler<RunStartJobData> {
  const { store, queues, settings, now } = context;
  const sources = sourcesToSettle(ownSources(settings), context.only ?? STAGES);
  return async (job) => {
    if (job.name === TICK) return tick(context, job);
    const { runId, slot } = job.data;
    if (slot !== undefined) await makeRun(context, job, slot, sources);
    const run = await store.getRun(runId);
    if (isEnded(run)) return;
    await new FrozenSourcesStore(queues.redis).settle(runId, { sources });
    await store.startStage(runId, 'run-start', now());
    await addRunFlow(queues, run, settings.queues.jobAttempts);
    await store.finishStage(runId, 'run-start', now());
  };
}

async function tick(context: WorkerContext, job: Job<RunStartJobData>): Promise<void> {
  const { schedule, logger, now } = context;
  const log = jobLogger(logger, job);
  const { applied } = await schedule.read();
  const slot = job.opts.prevMillis ?? 0;
  // BullMQ goes by the clock of the worker that woke the tick up. A little early is in time; by more, the slot has not
  // come.
  const earlyMs = slot - now();
  const isInTime = earlyMs <= CLOCK_TOLERANCE_MS;
  if (!isInTime) log.warn({ slot: formatInstant(slot), earlyMs }, TOO_EARLY);
  const decisions = await startDueSlot(context, applied, isInTime ? Math.max(now(), slot) : now());
  logDecisions(log, decisions, now());
}

async function makeRun(
  context: WorkerContext,
  job: Job<RunStartJobData>,
  slot: number,
  sources: FrozenSources,
): Promise<void> {
  const { store, settings, logger, now } = context;
  const createdAt = now();
  const isNew = await createRunOfSlot(store, slot, {
    employeesFile: settings.files.employeesFile,
    skipInvalidEmployees: false,
    timeZone: settings.run.timeZone,
    feedDateFormat: settings.run.feedDateFormat,
    publish: settings.publish.enabled,
    landing: settings.lakehouseUrl !== undefined,
    sources,
    now: createdAt,
  });
  const late = lateMs({ slot, createdAt });
  if (!isNew || late === 0) return;
  const about = { slot: formatInstant(slot), lateMs: late };
  jobLogger(logger, job).warn(about, `The scheduled run was made ${duration(late)} late`);
}
