import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { printable } from '../../domain/quoted-value.ts';
import { duration } from '../../domain/wording.ts';
import { findJob } from './find-job.ts';
import { anArray, anObject, aText } from './json-values.ts';

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

/** How a run on Databricks ended. */
export interface JobRunReport {
  readonly runId: string;
  readonly url: string;
  /** What each task's notebook ended with, by the task's key; a task without a value is left out. */
  readonly results: Readonly<Record<string, unknown>>;
}

interface TaskState {
  readonly key: string;
  readonly runId: string;
  readonly state: string;
  readonly attempt: number;
}

interface RunState {
  readonly url: string;
  readonly state: string;
  /** `SUCCESS`, `RUN_EXECUTION_ERROR`, `USER_CANCELED` … of a run that has ended. */
  readonly code: string;
  readonly message: string;
  readonly tasks: readonly TaskState[];
}

const LOOKS_MS = [1_000, 15_000] as const;

/**
 * Starts the deployed job, follows it, and gives what it ends with. When `stop` is given, watching ends and the run
 * continues.
 * @throws BtcFakeError DATABRICKS_JOB: no such job, or a run that did not succeed (with what the task says);
 * RUN_INCOMPLETE when employees failed; RUN_STATE when watching was stopped; and what `DatabricksRest` throws.
 */
export async function runJob(rest: DatabricksRest, choice: JobRunChoice, watch: JobRunWatch): Promise<JobRunReport> {
  const jobId = await findJob(rest, choice.job);
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
  });
  const runId = aText(anObject(started).run_id);
  try {
    return await follow(rest, runId, choice.job, watch);
  } catch (error) {
    if (!watch.stop.aborted) throw error;
    throw new BtcFakeError('RUN_STATE', `Stopped watching; the run ${runId} of ${choice.job} continues on Databricks`, {
      remedy: `To end it: databricks jobs cancel-run ${runId}`,
    });
  }
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
    const run = await look(rest, runId, job);
    if (told.size === 0) watch.say(`Run ${runId} of ${job}${run.url === '' ? '' : `: ${run.url}`}`);
    tell(job, run.state);
    for (const { key, state, attempt } of run.tasks) tell(key, attempt > 0 ? `${state} (retry ${attempt})` : state);
    if (run.state === 'TERMINATED') return ended(rest, runId, job, run);
    await delay(wait, undefined, { signal: watch.stop });
  }
}

/** A run with all of its tasks, also those on further pages. */
async function look(rest: DatabricksRest, runId: string, job: string): Promise<RunState> {
  const tasks: TaskState[] = [];
  for (let page = ''; ; ) {
    const answer = anObject(
      await rest.call({
        method: 'GET',
        path: '/api/2.2/jobs/runs/get',
        query: { run_id: runId, ...(page === '' ? {} : { page_token: page }) },
        doing: `watching the run ${runId} of ${job}`,
      }),
    );
    for (const task of anArray(answer.tasks).map(anObject)) {
      tasks.push({
        key: aText(task.task_key),
        runId: aText(task.run_id),
        state: stateOf(task),
        attempt: Number(task.attempt_number ?? 0),
      });
    }
    page = aText(answer.next_page_token);
    if (page !== '') continue;
    const end = anObject(anObject(answer.status).termination_details);
    const url = aText(answer.run_page_url);
    return { url, state: stateOf(answer), code: aText(end.code), message: aText(end.message), tasks: latest(tasks) };
  }
}

function stateOf(run: Readonly<Record<string, unknown>>): string {
  return aText(anObject(run.status).state) || 'PENDING';
}

/** Of a task that was started again only the last attempt counts. */
function latest(tasks: readonly TaskState[]): TaskState[] {
  const byKey = new Map<string, TaskState>();
  for (const task of tasks) {
    const other = byKey.get(task.key);
    if (other === undefined || task.attempt >= other.attempt) byKey.set(task.key, task);
  }
  return [...byKey.values()];
}

async function ended(rest: DatabricksRest, runId: string, job: string, run: RunState): Promise<JobRunReport> {
  const outputs = new Map<string, Readonly<Record<string, unknown>>>();
  for (const task of run.tasks) {
    const answer = await rest.call({
      method: 'GET',
      path: '/api/2.2/jobs/runs/get-output',
      query: { run_id: task.runId },
      doing: `reading the result of the task ${task.key}`,
    });
    outputs.set(task.key, anObject(answer));
  }
  if (run.code !== 'SUCCESS') throw failure(runId, job, run, outputs);
  const results = Object.fromEntries(
    Array.from(
      outputs,
      ([key, output]) => [key, parsed(aText(anObject(output.notebook_output).result))] as const,
    ).filter(([, value]) => value !== undefined),
  );
  return { runId, url: run.url, results };
}

function failure(
  runId: string,
  job: string,
  { code, message, url }: RunState,
  outputs: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): BtcFakeError {
  const said = Array.from(outputs, ([key, output]) => [key, aText(output.error)] as const).filter(
    ([, text]) => text !== '',
  );
  const lines = said.map(([key, text]) => printable(`${key}: ${text.split(/[\r\n]/, 1)[0] ?? ''}`));
  const what = `The run ${runId} of ${job} ended as ${code || 'failed'}${message === '' ? '' : `: ${printable(message)}`}`;
  const employeesFailed = said.some(([, text]) => EMPLOYEES_FAILED.test(text));
  return new BtcFakeError(employeesFailed ? 'RUN_INCOMPLETE' : 'DATABRICKS_JOB', what, {
    lines,
    remedy: url === '' ? 'Look at the run in the workspace.' : `Look at it: ${url}`,
  });
}

/** How the notebook says that employees failed (`describe_failures` in databricks/btc_native/run.py). */
const EMPLOYEES_FAILED = /\b[\d,]+ employees? failed \([A-Z_, ]+\): /;

/** The value of `dbutils.notebook.exit`: JSON, or a text as it is; undefined for none. */
function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
