import { expect, test } from '@jest/globals';
import { unservedText } from '../../../src/domain/run/unserved-stage.ts';

test('people are told what no worker has, what each has instead, and what to do', () => {
  const workers = [{ host: 'worker-1', pid: 7, has: ['recommender https://b.example/run'] }];
  expect(unservedText({ stage: 'employee-simulation', needs: ['recommender https://a.example/run'], workers })).toEqual(
    {
      what: 'No worker serves employee-simulation with recommender https://a.example/run',
      workers: ['worker-1 (process 7) has recommender https://b.example/run'],
      remedy: 'Start a worker that has it, or a new run with what the workers have.',
    },
  );
});

test('people are told where there is no worker at all, with what it would need', () => {
  const alone = { workers: [], remedy: 'Start one with "btc-fake worker".' };
  expect(unservedText({ stage: 'assignment', needs: ['no Databricks', 'folder /feeds'], workers: [] })).toEqual({
    what: 'No worker works on assignment, which needs no Databricks and folder /feeds',
    ...alone,
  });
  expect(unservedText({ stage: 'file-assembly', needs: [], workers: [] })).toEqual({
    what: 'No worker works on file-assembly',
    ...alone,
  });
});
