import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { CANARIES, type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { judge } from '../support/fault-oracle.ts';
import { testAtFullSize } from '../support/full-size.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';

/** D2: a stopped warehouse that needs its time; ids in any type and any order. */
const EMPLOYEES = 40;
const FIRST_ID = 500_001;
/** An attempt that is used up is gone after a second; so none may be. */
const ATTEMPTS = '1';
const WORKER_LIMIT_MS = 900_000;

let fixture: FaultFixture;
let warehouse: Warehouse;
let worker: RunningBtcFake;

/** Three assignments to everybody, of which one is done, and rows of people outside of the population in between. */
const TABLES = `
  INSERT INTO content_assignments
    SELECT ${FIRST_ID} + e, 1915001 + c, TIMESTAMP '2025-10-20 05:01:00', DATE '2025-10-20', TIMESTAMP '2025-10-20 05:01:00',
      TIMESTAMP '2025-11-08 13:13:59', 'Media' FROM range(-5, ${EMPLOYEES + 5}) p(e), range(3) t(c);
  INSERT INTO content_completion
    SELECT ${FIRST_ID} + e, 1915001, DATE '2025-10-27' FROM range(-5, ${EMPLOYEES + 5}) p(e);`;

beforeAll(async () => {
  warehouse = await startWarehouse({ token: CANARIES.databricks, pageRows: 50 });
  await warehouse.load(TABLES);
  const env = { JOB_ATTEMPTS: ATTEMPTS, DATABRICKS_TIMEOUT: '600' };
  fixture = await openFaultFixture({ employees: EMPLOYEES, warehouse, env });
  worker = fixture.start(['worker'], {}, WORKER_LIMIT_MS);
});
beforeEach(() => warehouse.faults.clear());
afterAll(async () => {
  await fixture?.close();
  await warehouse?.close();
});

async function judgeRun(runId: RunId, limitMs?: number): Promise<void> {
  await fixture.reaches(runId, 'finished', limitMs);
  await judge(fixture, runId);
  const { assignments } = await fixture.store.getRun(runId);
  expect(assignments!.databricks).toMatchObject({ openAssignments: 2 * EMPLOYEES, completions: EMPLOYEES });
}

const failuresOf = (runId: RunId) =>
  worker.stderr.split('\n').filter((line) => line.includes(runId) && line.includes('"attempt":'));

async function waitsThrough(needsMs: number, limitMs?: number): Promise<void> {
  warehouse.stop({ needsMs, retryAfter: '1' });
  const runId = await fixture.begin();
  await waitUntil(
    'the run says what it waits for',
    async () => (await fixture.status(runId)).warehouse !== undefined,
    30_000,
  );
  expect((await fixture.status(runId)).warehouse?.reason).toMatch(
    /^DATABRICKS_STARTING: The SQL warehouse at localhost:\d+ is starting: it answered HTTP 503 while opening a session/,
  );
  const { stdout } = await fixture.start(['status', runId]).ended;
  expect(stdout).toMatch(/\nWaiting {2}since \S+Z for the SQL warehouse\n {9}DATABRICKS_STARTING: .* is starting: /);
  await judgeRun(runId, limitMs);
  expect(failuresOf(runId)).toEqual([]);
  expect((await fixture.status(runId)).warehouse).toBeUndefined();
  // No more often than it asked for, apart from the calls of one try.
  expect(warehouse.refusedCalls()).toBeLessThanOrEqual(2 + needsMs / 1_000);
}

describe('D2: a warehouse', () => {
  test('that is stopped is waited for as it asks, and no attempt is used up', () => waitsThrough(8_000));

  testAtFullSize('that needs three minutes is waited for', () => waitsThrough(180_000, 400_000), 600_000);

  test.each(['Invalid SessionHandle: gone', 'Session handle 01ef-a7 is closed', 'RESOURCE_DOES_NOT_EXIST: no session'])(
    'that says %j in mid-fetch is read again from the first row, and no attempt is used up',
    async (message) => {
      warehouse.faults.add({ on: 'FetchResults', call: 2, kind: 'error', message });
      const runId = await fixture.begin();
      await judgeRun(runId);
      expect(failuresOf(runId)).toEqual([]);
    },
  );

  test('whose ids are text with commas, in the order of text, gives the same bytes', async () => {
    const asText = (table: string) => `CREATE OR REPLACE TABLE ${table} AS SELECT * REPLACE
      (format('{:,}', ba_id) AS ba_id, format('{:,}', content_id) AS content_id) FROM ${table} ORDER BY hash(ba_id);`;
    await warehouse.load(`${asText('content_assignments')} ${asText('content_completion')}`);
    await judgeRun(await fixture.begin());
  });

  test('that gives rows in another order than was asked for stops the run, with a word', async () => {
    warehouse.faults.add({ on: 'ExecuteStatement', kind: 'reorder', arrange: (rows) => rows.reverse() });
    const runId = await fixture.begin();
    await fixture.reaches(runId, 'failed');
    expect((await fixture.status(runId)).reason).toMatch(
      /^DATABRICKS_VALUE: .* gave employee 500040, content \d+ after employee 500040, content \d+: not in the range and order/,
    );
  });
});
