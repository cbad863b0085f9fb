// Proves that a starting SQL warehouse is told from a broken warehouse, with what it asks for and what to do.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { withTrainingRecords } from '../../src/adapters/databricks/training-records.ts';
import type { BtcFakeError } from '../../src/domain/errors.ts';
import type { EmployeeId } from '../../src/domain/ids.ts';
import { allOf } from '../support/all-of.ts';
import { failureOf } from '../support/failure-of.ts';
import type { FaultEffect, WarehouseCall, WarehouseFault } from '../support/warehouse/faults.ts';
import { settingsOf } from '../support/warehouse/read-outcome.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await startWarehouse({ pageRows: 2 });
  await warehouse.load('INSERT INTO content_assignments (ba_id, content_id) SELECT i, 70 FROM range(1, 8) t(i)');
});
beforeEach(() => warehouse.faults.clear());
afterAll(() => warehouse?.close());

const EVERYBODY = { from: 1 as EmployeeId, to: 99 as EmployeeId };

function read(more: object = {}, listener?: { slow(error: BtcFakeError): void; answered(): void }): Promise<number> {
  const settings = { ...settingsOf(warehouse), ...more };
  return withTrainingRecords(
    settings,
    async (records) => (await allOf(records.openAssignments(EVERYBODY))).length,
    listener,
  );
}

test.each([
  ['7', 7_000],
  [new Date(Date.now() + 3_600_000).toUTCString(), 600_000],
  ['soon', undefined],
  [undefined, undefined],
])('a stopped warehouse that answers 503 with Retry-After %j is starting', async (retryAfter, retryAfterMs) => {
  warehouse.stop({ needsMs: 0, ...(retryAfter === undefined ? {} : { retryAfter }) });
  warehouse.faults.add({
    on: 'OpenSession',
    kind: 'status',
    status: 503,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
  expect(await failureOf(read())).toMatchObject({
    code: 'DATABRICKS_STARTING',
    message: `The SQL warehouse at ${warehouse.host} is starting: it answered HTTP 503 while opening a session.`,
    remedy: 'Wait for some minutes, or start the warehouse in Databricks.',
    retryable: true,
    retryAfterMs,
  });
});

test.each<[WarehouseCall, FaultEffect]>([
  ['ExecuteStatement', { kind: 'status', status: 503 }],
  ['ExecuteStatement', { kind: 'error', message: 'Session handle 01ef-a7 is closed' }],
  ['GetOperationStatus', { kind: 'status', status: 503 }],
  ['FetchResults', { kind: 'error', message: 'Invalid SessionHandle: it was closed or has expired' }],
  ['FetchResults', { kind: 'error', message: 'RESOURCE_DOES_NOT_EXIST: the session does not exist' }],
])('so is a warehouse that stops in the middle: %s, %j', async (on, effect) => {
  warehouse.faults.add({ on, times: 9, ...effect } as WarehouseFault);
  expect(await failureOf(read())).toMatchObject({
    code: 'DATABRICKS_STARTING',
    message: expect.stringMatching(
      / is starting: .* while reading retail_systems_dev\.store_enablement\.content_assignments\.$/,
    ),
  });
});

test('who listens is told that the first answer takes its time, once that it came, and nothing of a quick read', async () => {
  const heard: string[] = [];
  const listener = {
    slow: ({ code, message }: BtcFakeError) => heard.push(`${code}: ${message.replace(/^.*: /, '')}`),
    answered: () => heard.push('answered'),
  };
  expect(await read({}, listener)).toBe(7);
  expect(heard.splice(0)).toEqual(['answered']);
  warehouse.faults.add({ on: 'ExecuteStatement', kind: 'delay', delayMs: 700 });
  expect(await read({ slowAfterMs: 500 }, listener)).toBe(7);
  expect(heard).toEqual([
    'DATABRICKS_STARTING: no answer for 0.5 s while reading retail_systems_dev.store_enablement.content_assignments.',
    'answered',
  ]);
});
