import { join } from 'node:path';
import { outputFolder } from '../../adapters/disk/output-folder.ts';
import { reachMilestone } from '../../adapters/process/milestones.ts';
import { lostByRedis } from '../../adapters/redis/lost.ts';
import type { StageJobData } from '../../adapters/redis/queues.ts';
import { POPULATION_CHUNK } from '../../adapters/run-store/record-codec.ts';
import { placed } from '../../domain/run/placed-employee.ts';
import { feedNames } from '../../domain/run/plan.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import { fanOut } from '../../producers/fan-out.ts';
import type { JobHandler } from '../runtime/job-handler.ts';
import { jobLogger } from '../runtime/job-log.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';
import { assignPopulation } from './assign-population.ts';
import { draftNonCompletedFeed } from './non-completed-feed.ts';
import { onceWarehouseRuns } from './warehouse-start.ts';

/**
 * Makes the manager's assignments, writes the first Non_Completed_Assignments feed and queues the employees. Safe to
 * repeat. file-assembly cannot start before this job is completed, so no employee can be missing by then.
 */
export function assignmentHandler(context: WorkerContext): JobHandler<StageJobData> {
  const { store, settings, now } = context;
  return async (job, signal, token) => {
    const { runId } = job.data;
    await store.startStage(runId, 'assignment', now());
    const run = await store.getRun(runId);
    // Without them nobody would be assigned anything, and nobody would know why.
    if (!run.catalogs) throw lostByRedis(`the catalogs of run ${runId}`);
    if (!run.assignments) {
      const own = { ...context, logger: jobLogger(context.logger, job) };
      await onceWarehouseRuns(context, job, token, (listener) => assignPopulation(own, run, signal, listener));
    }
    if (run.fannedOut === 0) await writeFirstFeed(context, run);
    await fanOutAll(context, run, signal);
    await store.finishStage(runId, 'assignment', now());
  };

  async function writeFirstFeed({ store }: WorkerContext, run: RunRecord): Promise<void> {
    const { plan } = run;
    const path = join(outputFolder(run, settings.files.outputDir), feedNames(plan).nonCompleted);
    const write = async () => {
      const draft = await draftNonCompletedFeed(plan, path);
      try {
        for await (const employees of store.readEmployees(plan)) await draft.write(employees);
        await draft.finish();
        reachMilestone('first-feed-drafted');
        await draft.publish();
      } finally {
        await draft.discard();
      }
    };
    await write();
    // A worker that was stopped in between, while another took the run to its end, has put an early feed over the last
    // one. Once the assembly has begun all results are there, so that what is written now is what it writes.
    const { stageStartedAt } = await store.getRun(plan.id);
    if (stageStartedAt['file-assembly'] !== undefined) await write();
  }

  async function fanOutAll({ store, queues }: WorkerContext, run: RunRecord, signal: AbortSignal): Promise<void> {
    const runId = run.plan.id;
    let firstPosition = run.fannedOut;
    for await (const employees of store.readPopulation(runId, firstPosition / POPULATION_CHUNK)) {
      signal.throwIfAborted();
      if (!(await store.hasAssignments(run))) throw lostByRedis(`the assignments of run ${runId}`);
      await fanOut(queues, store, runId, placed(employees, firstPosition), settings.queues.jobAttempts);
      firstPosition += employees.length;
      // The last chunk is not a whole one: a repetition must begin with it, not behind it.
      if (employees.length === POPULATION_CHUNK) await store.setFannedOut(runId, firstPosition);
    }
  }
}
