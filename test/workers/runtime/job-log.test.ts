// Proves that a line of the log can be found by run, queue, job and employee, also when only the job's id is known.
import { expect, test } from '@jest/globals';
import { jobIdFields, manyJobsFields } from '../../../src/workers/runtime/job-log.ts';

const RUN = 'run-20251028T110000Z-112233';

test.each([
  ['employee-simulation', `${RUN}-104829`, { runId: RUN, employeeId: 104_829 }],
  ['employee-simulation', 'of-nobody', {}],
  // A run's id may end in digits: only an employee's job has the employee at its end.
  ['file-assembly', RUN, { runId: RUN }],
  ['run-start', 'repeat:weekly:1764568800000', {}],
] as const)('a job of %s: %s', (queue, job, fields) => {
  expect(jobIdFields(queue, job)).toEqual({ queue, job, ...fields });
});

test('many jobs of one run name it; of several runs, all of them; and only the first jobs', () => {
  const ids = Array.from({ length: 9 }, (_, i) => `${RUN}-${100 + i}`);
  const queue = 'employee-simulation';
  expect(manyJobsFields(queue, ids)).toEqual({ queue, jobs: 9, firstJobs: ids.slice(0, 5), runId: RUN });
  expect(manyJobsFields(queue, [...ids, 'run-x-1'])).toMatchObject({ jobs: 10, runIds: [RUN, 'run-x'] });
});
