import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { RunProgress } from '../../../src/cli/run/progress.ts';
import type { RunStatus } from '../../../src/queries/run-status.ts';

// What this file proves: the line that says how fast the employees went, whatever of them the looks have caught, and
// what a run waits for.

let said: string[];
const isTTY = process.stderr.isTTY;
beforeEach(() => {
  said = [];
  process.stderr.isTTY = false;
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.stderr.isTTY = isTTY;
});

const EMPLOYEES = 3_000;

/**
 * What is said of the employees by looks at a run that begins at 0: the second of each, and how many were done by then.
 */
function saidOf(...looks: readonly (readonly [seconds: number, done: number])[]): string {
  const progress = new RunProgress(0);
  const look = (stage: RunStatus['stage'], seconds: number, done: number) =>
    progress.show({ state: 'running', stage, counts: { employees: EMPLOYEES, done, failed: 0 } }, seconds * 1000);
  for (const [seconds, done] of looks) look('employee-simulation', seconds, done);
  look('file-assembly', (looks.at(-1)?.[0] ?? 1) + 1, EMPLOYEES);
  return said.find((line) => line.includes(' employees, '))!.trim();
}

test('is the pace from the first look on, when it has caught some of them', () => {
  expect(saidOf([1, 1_000], [2, 2_500])).toBe('3.0 s   3,000 of 3,000 employees, 0 failed, 1,000/s, none left');
});

test('is the pace of the run so far, when all were done by the first look or between two', () => {
  expect(saidOf([2, EMPLOYEES])).toBe('3.0 s   3,000 of 3,000 employees, 0 failed, 1,000/s, none left');
  said = [];
  expect(saidOf()).toBe('2.0 s   3,000 of 3,000 employees, 0 failed, 1,500/s, none left');
});

test('a run that waits for its SQL warehouse says so once, for how long and why', () => {
  const progress = new RunProgress(0);
  const reason = 'DATABRICKS_STARTING: The SQL warehouse at adb.example:443 is starting: it answered HTTP 503.';
  const counts = { employees: EMPLOYEES, done: 0, failed: 0 };
  const warehouse = { reason, since: 1_000, until: 601_000 };
  for (const seconds of [1, 2, 3]) {
    progress.show({ state: 'running', stage: 'assignment', counts, warehouse }, seconds * 1000);
  }
  const lines = said.join('').split('\n');
  expect(lines.filter((line) => /Waiting for the SQL warehouse, for up to 10 min:/.test(line))).toHaveLength(1);
  expect(lines.filter((line) => line.trim() === reason)).toHaveLength(1);
});

test('names once what no worker serves, when that has lasted a moment, and again when something else is missing', () => {
  const progress = new RunProgress(0);
  const look = (seconds: number, needs?: string) => {
    const unserved = needs === undefined ? {} : { unserved: { stage: 'assignment', needs: [needs], workers: [] } };
    const counts = { employees: EMPLOYEES, done: 0, failed: 0 };
    progress.show({ state: 'running', stage: 'assignment', counts, ...unserved }, seconds * 1000);
  };
  const waits = () => said.filter((line) => line.includes('Waiting: ')).map((line) => line.trim());
  look(1, 'no Databricks');
  look(2);
  look(3, 'no Databricks');
  look(5, 'no Databricks');
  expect(waits()).toEqual([]);
  for (const seconds of [6, 7, 60]) look(seconds, 'no Databricks');
  expect(waits()).toEqual(['6.0 s Waiting: No worker works on assignment, which needs no Databricks']);
  for (const seconds of [61, 65]) look(seconds, 'folder /feeds');
  expect(waits().slice(1)).toEqual(['65.0 s Waiting: No worker works on assignment, which needs folder /feeds']);
});
