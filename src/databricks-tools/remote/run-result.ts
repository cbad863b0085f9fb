import type { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { printable } from '../../domain/quoted-value.ts';
import { anObject, aText } from './json-values.ts';
import type { RunState } from './run-state.ts';

/** How a run on Databricks ended. */
export interface JobRunReport {
  readonly runId: string;
  readonly url: string;
  /** What each task's notebook ended with, by the task's key; a task without a value is left out. */
  readonly results: Readonly<Record<string, unknown>>;
}

/**
 * What a run that has ended came to.
 * @throws BtcFakeError RUN_INCOMPLETE when employees failed; DATABRICKS_JOB when it did not succeed, or its result
 * cannot be read.
 */
export async function resultOfRun(
  rest: DatabricksRest,
  runId: string,
  job: string,
  run: RunState,
): Promise<JobRunReport> {
  const succeeded = run.code === 'SUCCESS';
  const outputs = new Map<string, Readonly<Record<string, unknown>>>();
  for (const { key, runId: taskRunId } of run.tasks) {
    try {
      outputs.set(key, await outputOf(rest, key, taskRunId));
    } catch (error) {
      if (!(error instanceof BtcFakeError)) throw error;
      // How a run ended is known from the run itself, so that a refused result must not hide it.
      if (!succeeded) outputs.set(key, { error: error.message });
      else throw resultUnread(runId, job, run, error);
    }
  }
  if (!succeeded) throw failure(runId, job, run, outputs);
  const results = Object.fromEntries(
    Array.from(
      outputs,
      ([key, output]) => [key, parsed(aText(anObject(output.notebook_output).result))] as const,
    ).filter(([, value]) => value !== undefined),
  );
  return { runId, url: run.url, results };
}

async function outputOf(rest: DatabricksRest, key: string, runId: string): Promise<Readonly<Record<string, unknown>>> {
  const path = '/api/2.2/jobs/runs/get-output';
  return anObject(
    await rest.call({ method: 'GET', path, query: { run_id: runId }, doing: `reading the result of the task ${key}` }),
  );
}

function resultUnread(runId: string, job: string, { url }: RunState, error: BtcFakeError): BtcFakeError {
  const what = `The run ${runId} of ${job} succeeded, and its result cannot be read: ${error.message}`;
  return new BtcFakeError('DATABRICKS_JOB', what, { remedy: lookAt(url), cause: error });
}

function lookAt(url: string): string {
  return url === '' ? 'Look at the run in the workspace.' : `Look at it: ${url}`;
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
    remedy: lookAt(url),
  });
}

/** How the notebook says that employees failed; a vector holds `describe_failures` in btc_native/failures.py to it. */
export const EMPLOYEES_FAILED = /\b[\d,]+ employees? failed \([A-Z_, ]+\): /;

/** The value of `dbutils.notebook.exit`: JSON, or a text as it is; undefined for none. */
function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
