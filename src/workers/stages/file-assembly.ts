import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { WaitingChildrenError } from 'bullmq';
import { outputFolder } from '../../adapters/disk/output-folder.ts';
import { reachMilestone } from '../../adapters/process/milestones.ts';
import type { StageJobData } from '../../adapters/redis/queues.ts';
import { FrozenSourcesStore } from '../../adapters/run-store/frozen-sources.ts';
import { PopulationHash } from '../../adapters/run-store/population.ts';
import type { RunStore } from '../../adapters/run-store/store.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import type { EmployeeId, RunId } from '../../domain/ids.ts';
import { feedNames } from '../../domain/run/plan.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import { queueLostAgain } from '../../producers/lost-employees.ts';
import { forgetDoneEmployees } from '../../producers/run-flow.ts';
import { missingEmployees } from '../../queries/missing-employees.ts';
import type { JobHandler } from '../runtime/job-handler.ts';
import { jobLogger } from '../runtime/job-log.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';
import { assembleFeeds } from './assemble-feeds.ts';

const NAMED_MISSING = 20;

const LOST = 'Redis had lost employees, with neither a result nor a failure left of them; they are queued again';

/**
 * Writes a run's files once every employee has a result (contract section 5), or a gap that is on record. Before it
 * writes a byte it checks the results against the frozen population. The same run leaves the same bytes.
 * - Employees without a result: it waits for jobs that are on the queue, and queues lost jobs again, each at most
 *   three times, but no failed ones.
 * - Employees who are missing even then are named by RUN_INCOMPLETE; `btc-fake retry` queues them.
 */
export function fileAssemblyHandler({ settings, store, queues, logger, now }: WorkerContext): JobHandler<StageJobData> {
  return async (job, signal, token) => {
    const { runId } = job.data;
    const run = await store.getRun(runId);
    const log = jobLogger(logger, job);
    while ((await missingIds(store, run)).length > 0) {
      if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
      // The last of them may have come in between; now that no job is left, nobody can.
      const missing = await missingIds(store, run);
      const queued = await queueLostAgain(queues, store, run, settings.queues.jobAttempts);
      if (queued > 0) log.warn({ runId, employees: queued }, LOST);
      else if (missing.length > 0) throw incomplete(run, missing);
    }
    await store.startStage(runId, 'file-assembly', now());
    await assertPopulation(store, run);
    const manifest = await assembleFeeds({ store, run, settings, signal });
    for (const { name, rows } of manifest.outputs) log.info({ file: name, rows }, 'Written');
    log.info({ file: feedNames(run.plan).manifest }, 'Written');
    reachMilestone('files-in-place');
    const folder = resolve(outputFolder(run, settings.files.outputDir));
    await new FrozenSourcesStore(queues.redis).noteWritten(runId, { folder, host: hostname() });
    if (!(await store.finishRun(runId, manifest, now()))) throw endedOtherwise(runId);
    await forgetDoneEmployees(queues, runId);
    await store.finishStage(runId, 'file-assembly', now());
  };
}

async function missingIds(store: RunStore, run: RunRecord): Promise<EmployeeId[]> {
  const ids: EmployeeId[] = [];
  for await (const missing of missingEmployees(store, run)) ids.push(...missing.map(({ employee }) => employee.id));
  return ids;
}

/** The files are in their places, but nobody wants them any more: see `CancelledRuns`, which removes them. */
function endedOtherwise(runId: RunId): BtcFakeError {
  return new BtcFakeError('RUN_STATE', `Run ${runId} was cancelled, or has expired, while its files were written`);
}

async function assertPopulation(store: RunStore, run: RunRecord): Promise<void> {
  const hash = new PopulationHash();
  for await (const employees of store.readPopulation(run.plan.id)) hash.add(employees);
  const found = hash.digest();
  if (found.count === run.population.count && found.sha256 === run.population.sha256) return;
  throw new BtcFakeError('RUN_INCOMPLETE', `The population of run ${run.plan.id} has changed since its start`, {
    remedy: 'Its data in Redis were changed or have expired; start a new run.',
  });
}

function incomplete({ plan, population }: RunRecord, missing: readonly EmployeeId[]): BtcFakeError {
  const named = missing.slice(0, NAMED_MISSING).join(', ');
  const more = missing.length > NAMED_MISSING ? ` and ${missing.length - NAMED_MISSING} more` : '';
  return new BtcFakeError(
    'RUN_INCOMPLETE',
    `${missing.length} of ${population.count} employees have neither a result nor a job: ${named}${more}`,
    { remedy: `Queue them again with "btc-fake retry ${plan.id}".` },
  );
}
