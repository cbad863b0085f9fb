import type { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { anArray, anObject, aText } from './json-values.ts';

/** One task of a run, by its last attempt. */
export interface TaskState {
  readonly key: string;
  readonly runId: string;
  readonly state: string;
  readonly attempt: number;
}

/** What the Jobs API says of a run. */
export interface RunState {
  readonly url: string;
  readonly state: string;
  /** `SUCCESS`, `RUN_EXECUTION_ERROR`, `USER_CANCELED` … of a run that has ended. */
  readonly code: string;
  readonly message: string;
  readonly tasks: readonly TaskState[];
}

/**
 * A run with all of its tasks, also those on further pages.
 * @throws BtcFakeError DATABRICKS_API when the answer names no state; and what `DatabricksRest` throws.
 */
export async function lookAtRun(rest: DatabricksRest, runId: string, job: string): Promise<RunState> {
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
        state: stateOf(task) || 'PENDING',
        attempt: Number(task.attempt_number ?? 0),
      });
    }
    page = aText(answer.next_page_token);
    if (page !== '') continue;
    const state = stateOf(answer);
    if (state === '') {
      const what = `Databricks at ${rest.endpoint} does not say in which state the run ${runId} of ${job} is`;
      throw new BtcFakeError('DATABRICKS_API', what, { remedy: 'Look at the run in the workspace.' });
    }
    const end = anObject(anObject(answer.status).termination_details);
    const url = aText(answer.run_page_url);
    return { url, state, code: aText(end.code), message: aText(end.message), tasks: latest(tasks) };
  }
}

function stateOf(run: Readonly<Record<string, unknown>>): string {
  return aText(anObject(run.status).state);
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
