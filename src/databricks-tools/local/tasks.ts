import { BtcFakeError } from '../../domain/errors.ts';
import { JOB_TASKS } from '../../generators/job/tasks.ts';

/** The notebook of a task of the job. @throws BtcFakeError USAGE when there is no such task. */
export function notebookOf(task: string): string {
  const found = JOB_TASKS.find(({ key }) => key === task);
  if (found !== undefined) return found.notebook;
  throw new BtcFakeError('USAGE', `--task ${task}: the job has no such task`, {
    remedy: `The tasks are ${JOB_TASKS.map(({ key }) => key).join(', ')}.`,
  });
}
