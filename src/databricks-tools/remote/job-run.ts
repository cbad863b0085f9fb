import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { duration } from '../../domain/wording.ts';
import { findJob } from './find-job.ts';
import { anObject, aText } from './json-values.ts';
import { type JobRunReport, resultOfRun } from './run-result.ts';
import { lookAtRun } from './run-state.ts';

/** What a run of the deployed job is told. */
export interface JobRunChoice {
  /** Name of the job. */
  readonly job: string;
  /** Key of the one task that is to run; all of them without it. */
  readonly task?: string;
  /** Job parameters that differ from the deployed ones. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Who is told of a run on Databricks, and what ends watching it. */
export interface JobRunWatch {
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
  /** Milliseconds between two looks: of the first, doubled up to the last. */
  readonly looksMs?: readonly [first: number, last: number];
}

const LOOKS_MS = [1_000, 15_000] as const;

/**
 * Starts the deployed job, follows it, and gives what it ends with. When `stop` is given, watching ends and the run
 * continues.
 * @throws BtcFakeError DATABRICKS_JOB: no such job, or a run that did not succeed (with what the task says);
 * RUN_INCOMPLETE when employees failed; RUN_STATE when watching was stopped; and what `DatabricksRest` throws. After
 * the start every error says that the run continues.
 */
export async function runJob(rest: DatabricksRest, choice: JobRunChoice, watch: JobRunWatch): Promise<JobRunReport> {
  const runId = await start(rest, choice, watch);
  try {
    return await follow(rest, runId, choice.job, watch);
  } catch (error) {
    if (watch.stop.aborted) {
      const what = `Stopped watching; the run ${runId} of ${choice.job} continues on Databricks`;
      throw new BtcFakeError('RUN_STATE', what, { remedy: `To end it: databricks jobs cancel-run ${runId}` });
    }
    if (!(error instanceof BtcFakeError) || error.code === 'DATABRICKS_JOB' || error.code === 'RUN_INCOMPLETE')
      throw error;
    const what = `${error.message.replace(/\.$/, '')}; the run ${runId} of ${choice.job} continues on Databricks`;
    const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
    throw new BtcFakeError(error.code, what, { lines: error.lines, ...remedy, cause: error });
  }
}

/** The id of the run that was started. @throws BtcFakeError RUN_STATE when stopped; it says whether a run may exist. */
async function start(rest: DatabricksRest, choice: JobRunChoice, { stop }: JobRunWatch): Promise<string> {
  let asked = false;
  try {
    const jobId = await findJob(rest, choice.job);
    stop.throwIfAborted();
    asked = true;
    return await runNow(rest, choice, jobId);
  } catch (error) {
    if (!stop.aborted) throw error;
    if (!asked) throw new BtcFakeError('RUN_STATE', `Stopped before ${choice.job} was started`);
    throw new BtcFakeError('RUN_STATE', `Stopped while ${choice.job} was being started: a run may have begun`, {
      remedy: 'Look at the runs of the job in the workspace.',
      cause: error,
    });
  }
}

async function runNow(rest: DatabricksRest, choice: JobRunChoice, jobId: string): Promise<string> {
  const started = await rest.call({
    method: 'POST',
    path: '/api/2.2/jobs/run-now',
    body: {
      // Texts are taken for int64 too; a number would lose digits.
      job_id: Number.isSafeInteger(Number(jobId)) ? Number(jobId) : jobId,
      job_parameters: choice.parameters,
      ...(choice.task === undefined ? {} : { only: [choice.task] }),
      queue: { enabled: true },
      // A repeated call with the same token starts nothing twice.
      idempotency_token: randomUUID(),
    },
    doing: `starting the job ${choice.job}`,
    finishes: true,
  });
  const runId = aText(anObject(started).run_id);
  if (runId !== '') return runId;
  throw new BtcFakeError('DATABRICKS_API', `Databricks at ${rest.endpoint} started ${choice.job} and named no run`, {
    remedy: 'Look at the runs of the job in the workspace.',
  });
}

async function follow(rest: DatabricksRest, runId: string, job: string, watch: JobRunWatch): Promise<JobRunReport> {
  const [first, last] = watch.looksMs ?? LOOKS_MS;
  const began = Date.now();
  const told = new Map<string, string>();
  const tell = (about: string, state: string) => {
    if (told.get(about) === state) return;
    told.set(about, state);
    watch.say(`${duration(Date.now() - began).padStart(10)}  ${about}: ${state}`);
  };
  for (let wait = first; ; wait = Math.min(wait * 2, last)) {
    const run = await lookAtRun(rest, runId, job);
    if (told.size === 0) watch.say(`Run ${runId} of ${job}${run.url === '' ? '' : `: ${run.url}`}`);
    tell(job, run.state);
    for (const { key, state, attempt } of run.tasks) tell(key, attempt > 0 ? `${state} (retry ${attempt})` : state);
    if (run.state === 'TERMINATED') return resultOfRun(rest, runId, job, run);
    await delay(wait, undefined, { signal: watch.stop });
  }
}
