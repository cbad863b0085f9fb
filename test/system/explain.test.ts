import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { EmployeeExplanation } from '../../src/domain/simulation/employee-decision.ts';
import { type FaultyRecommender, fails, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// What this file proves: `btc-fake explain` tells the whole decision about an employee, readable and as JSON.

const RUN = ['run', '--json', '--seed', 'explain', '--as-of', '2025-10-28T11:00:00Z'];
let recommender: FaultyRecommender;
let place: Workspace;
let runId: string;

beforeAll(async () => {
  recommender = await startFaultyRecommender({
    answer: (id) => (id === 300_003 ? fails(404) : recommends(892_001, 1_915_002, 555)),
  });
  place = await makeWorkspace({ employees: ['300001,a', '300002,f', '300003,b'], recommenderUrl: recommender.url });
  const run = await place.run(RUN);
  expect(run.code).toBe(2);
  runId = run.json<RunReport>().runId;
});
afterAll(async () => {
  await place?.remove();
  await recommender?.close();
});

test('for a person: each part of the decision under its heading', async () => {
  const { code, stdout, stderr } = await place.run(['explain', runId, '300001']);
  expect([code, stderr]).toEqual([0, '']);
  const random = /^Random content\n {2}(1,915,00[345] Training 191500[345])$/m.exec(stdout)?.[1];
  expect(stdout).toContain(
    [
      `Employee 300001 of run ${runId}`,
      'Type     a, completes everything',
      'Position 1 of 3',
      'As of    2025-10-28T11:00:00Z, in the week from 2025-10-27T00:01:00Z to 2025-11-01T13:13:59Z',
      'State    done',
      '',
      'Open before (Databricks)',
      '  nothing',
      '',
      'Daily Dose: eligible, none was completed or open this week',
      '  1,915,002 Training 1915002: assigned',
      '  1,915,001 Training 1915001: assigned',
      '',
      'Random content',
      `  ${random}`,
      '',
      'Recommended, in this order',
      '  892,001 Training 892001',
      '  1,915,002 Training 1915002, already assigned',
      '  555 (in neither catalog file)',
      '',
      'Completed: type a completes all 5 on the list',
    ].join('\n'),
  );
  const instant = '2025-10-28T\\d\\d:\\d\\d:\\d\\dZ';
  expect(stdout).toMatch(new RegExp(`^ {2}${instant} to ${instant} {2}892,001 Training 892001 \\(ai\\)$`, 'm'));
  expect(stdout).toMatch(/\nLeft open\n {2}nothing\n$/);
});

test('as JSON: the same, for machines', async () => {
  const { code, json } = await place.run(['explain', runId, '300002', '--json']);
  expect(code).toBe(0);
  const { employeeId, employeeType, progress, completions, left } = json<EmployeeExplanation>();
  expect({ employeeId, employeeType, progress, completions }).toEqual({
    employeeId: 300_002,
    employeeType: 'f',
    progress: 'done',
    completions: [],
  });
  expect(left?.map(({ from }) => from)).toEqual(['daily-dose', 'daily-dose', 'random']);
});

test('somebody who failed: why, and what was assigned all the same', async () => {
  const { code, stdout } = await place.run(['explain', runId, '300003']);
  expect(code).toBe(0);
  expect(stdout).toContain('State    failed for good, waits to be re-queued (1 of 5 attempts)');
  expect(stdout).toMatch(/^Reason {3}RECOMMENDER_REJECTED: .*answered 404/m);
  expect(stdout).toContain('Daily Dose: eligible');
  expect(stdout).not.toContain('Completed');
});

test('somebody who is not in the run: one line, and what to do', async () => {
  const { code, stdout, stderr } = await place.run(['explain', runId, '7']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toBe(
    `btc-fake: Run ${runId} has no employee 7 (EMPLOYEE_NOT_FOUND)\n` +
      '  Its employees are those of employees.csv when the run was started.\n',
  );
});

test('what is no employee id is wrong usage', async () => {
  const { code, stderr } = await place.run(['explain', runId, 'Ann']);
  expect([code, stderr]).toEqual([64, expect.stringContaining('An employee id is a positive integer')]);
});
