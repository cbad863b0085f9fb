import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunId } from '../../src/domain/ids.ts';
import { requeueFailed } from '../../src/producers/requeue.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { CANARIES, type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { assertNoFinalFile, judge } from '../support/fault-oracle.ts';
import { testAtFullSize } from '../support/full-size.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { FaultEffect, WarehouseFault } from '../support/warehouse/faults.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';

/** D: what the Databricks warehouse does while a run reads the training records. */
const EMPLOYEES = 60;
const FIRST_ID = 500_001;
const PAGE_ROWS = 50;
const ATTEMPTS = 3;
const WORKER_LIMIT_MS = 600_000;

let fixture: FaultFixture;
let warehouse: Warehouse;
let worker: RunningBtcFake;

/** Seven assignments to everybody, of which two are done, and rows of people outside of the population in between. */
const TABLES = (employees: number) => `
  INSERT INTO content_assignments
    SELECT ${FIRST_ID} + e, 1915001 + c, TIMESTAMP '2025-10-20 05:01:00' + to_seconds(c::BIGINT), DATE '2025-10-20',
      TIMESTAMP '2025-10-20 05:01:00', CASE WHEN c = 3 THEN NULL ELSE TIMESTAMP '2025-11-08 13:13:59' END, 'Media'
    FROM range(-20, ${employees + 20}) p(e), range(7) t(c);
  INSERT INTO content_completion
    SELECT ${FIRST_ID} + e, 1915001 + c, DATE '2025-10-27' FROM range(-20, ${employees + 20}) p(e), range(2) t(c);`;

beforeAll(async () => {
  warehouse = await startWarehouse({ token: CANARIES.databricks, pageRows: PAGE_ROWS });
  await warehouse.load(TABLES(EMPLOYEES));
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    warehouse,
    env: { JOB_ATTEMPTS: String(ATTEMPTS), DATABRICKS_TIMEOUT: '2' },
  });
  worker = fixture.start(['worker'], {}, WORKER_LIMIT_MS);
});

beforeEach(() => warehouse.faults.clear());

afterAll(async () => {
  await fixture?.close();
  await warehouse?.close();
});

/** How often the log says that the assignment stage of this run failed with this. */
function failures(runId: RunId, reason: RegExp): number {
  const lines = worker.stderr.split('\n').filter((line) => line.includes(runId) && line.includes('"attempt":'));
  return lines.filter((line) => reason.test(JSON.parse(line).msg)).length;
}

async function judgeRun(runId: RunId): Promise<void> {
  await fixture.reaches(runId, 'finished');
  await judge(fixture, runId);
  const { assignments } = await fixture.store.getRun(runId);
  expect(assignments!.databricks).toMatchObject({ openAssignments: 5 * EMPLOYEES, completions: 2 * EMPLOYEES });
  await waitUntil('no session is left', () => warehouse.openSessions() === 0);
}

describe('D1: the warehouse', () => {
  test.each<[what: string, reason: RegExp, on: WarehouseFault['on'], effect: FaultEffect]>([
    [
      'loses the connection in mid-fetch',
      /^DATABRICKS_UNREACHABLE: .*connection failed/,
      'FetchResults',
      { kind: 'drop' },
    ],
    ['cuts an answer in half', /^DATABRICKS_UNREACHABLE: /, 'FetchResults', { kind: 'cut' }],
    [
      'takes half an answer for a whole one',
      /^DATABRICKS_UNREACHABLE: .*no answer/,
      'FetchResults',
      { kind: 'truncate' },
    ],
    ['falls silent in mid-fetch', /^DATABRICKS_UNREACHABLE: /, 'FetchResults', { kind: 'hang' }],
    [
      'fails a query that it has begun to answer',
      /^DATABRICKS_QUERY: .*Spill disk full/,
      'FetchResults',
      { kind: 'error', message: 'Spill disk full' },
    ],
    [
      'refuses a query',
      /^DATABRICKS_QUERY: .*RESOURCE_EXHAUSTED/,
      'ExecuteStatement',
      { kind: 'sql-error', message: '[RESOURCE_EXHAUSTED] try again' },
    ],
    ['does not start in time', /^DATABRICKS_UNREACHABLE: /, 'ExecuteStatement', { kind: 'never-ready' }],
  ])('%s: all is read again, from the first row', async (_what, reason, on, effect) => {
    warehouse.faults.add({ on, call: on === 'FetchResults' ? 3 : 1, ...effect } as WarehouseFault);
    const runId = await fixture.begin();
    await waitUntil('the stage has failed', () => failures(runId, reason) > 0, 20_000);
    await judgeRun(runId);
    expect(failures(runId, /./)).toBe(1);
  });

  test('takes its time to start: nothing fails', async () => {
    warehouse.faults.add({ on: 'GetOperationStatus', kind: 'delay', delayMs: 300, times: 3 });
    const runId = await fixture.begin();
    await judgeRun(runId);
    expect(failures(runId, /./)).toBe(0);
  });

  test('stays away: the run fails, without a file that would look like an end, and retry takes it to the same bytes', async () => {
    const filesBefore = await readdir(fixture.workspace.path('generated_files'));
    warehouse.faults.add({ on: 'OpenSession', kind: 'drop', times: 1_000 });
    const runId = await fixture.begin();
    await fixture.reaches(runId, 'failed');
    expect((await fixture.status(runId)).reason).toMatch(/^DATABRICKS_UNREACHABLE: /);
    expect(failures(runId, /./)).toBe(ATTEMPTS);
    await assertNoFinalFile(fixture, filesBefore);
    expect(fixture.recommender.calls.size).toBe(0);
    warehouse.faults.clear();
    await requeueFailed(fixture.queues, fixture.store, runId, ATTEMPTS);
    await judgeRun(runId);
  });
});

testAtFullSize(
  'D1: a million rows come whole, though the connection is lost among them',
  async () => {
    const employees = 20_000;
    const own = await startWarehouse({ token: CANARIES.databricks });
    await own.load(`
      INSERT INTO content_assignments (ba_id, content_id, assignment_date)
        SELECT ${FIRST_ID} + e, 1800001 + c, TIMESTAMP '2025-10-20 05:01:00' FROM range(${employees}) p(e), range(5) t(c);
      INSERT INTO content_completion
        SELECT ${FIRST_ID} + e, 1800101 + c, DATE '2025-10-01' FROM range(${employees}) p(e), range(45) t(c)`);
    const env = { EMPLOYEE_CONCURRENCY: '100' };
    const large = await openFaultFixture({ employees, warehouse: own, env, commandLimitMs: 300_000 });
    try {
      own.faults.add({ on: 'FetchResults', call: 150, kind: 'drop' });
      const runId = await large.begin();
      large.start(['worker'], {}, WORKER_LIMIT_MS);
      await large.reaches(runId, 'finished', 300_000);
      await judge(large, runId);
      const { assignments } = await large.store.getRun(runId);
      expect(assignments!.databricks).toMatchObject({ openAssignments: 5 * employees, completions: 45 * employees });
    } finally {
      await large.close();
      await own.close();
    }
  },
  900_000,
);
