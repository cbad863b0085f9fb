import { expect } from '@jest/globals';
import {
  type DatabricksTrainingRecords,
  type DatabricksWarehouse,
  withTrainingRecords,
} from '../../../src/adapters/databricks/training-records.ts';
import { BtcFakeError, type ErrorCode } from '../../../src/domain/errors.ts';
import type { EmployeeId } from '../../../src/domain/ids.ts';
import type { Warehouse } from './warehouse.ts';

export interface ReadOutcome {
  readonly rows: number;
  readonly error: BtcFakeError | undefined;
}

/** What the adapter needs to reach a stand-in with its token. */
export function settingsOf({ host, httpPath, catalog, schema, token, caFile }: Warehouse): DatabricksWarehouse {
  return { host, httpPath, catalog, schema, token, caFile };
}

/**
 * Reads all open assignments: how many rows came, and what ended it. An error must be one of ours, on one line, with a
 * remedy, and without any of `secrets`.
 */
export async function readOutcome(
  settings: DatabricksWarehouse,
  secrets: readonly string[],
  onRow: (count: number) => void = () => {},
): Promise<ReadOutcome> {
  let rows = 0;
  const work = async (records: DatabricksTrainingRecords): Promise<void> => {
    for await (const _row of records.openAssignments({ from: 1 as EmployeeId, to: 999_999_999 as EmployeeId })) {
      rows += 1;
      onRow(rows);
    }
  };
  const error = await withTrainingRecords(settings, work).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return { rows, error };
  if (!(error instanceof BtcFakeError)) throw error;
  const told = JSON.stringify([error.message, error.remedy, error.lines, error.stack]);
  for (const secret of secrets) expect(told).not.toContain(secret);
  expect(error.remedy).toBeTruthy();
  expect(error.message).not.toContain('\n');
  return { rows, error };
}

/** Fails unless the read ended with this code and a message that matches. */
export function expectFailure(outcome: ReadOutcome, code: ErrorCode, message: string | RegExp): BtcFakeError {
  expect([outcome.error?.code, outcome.error?.message]).toEqual([code, expect.stringMatching(message)]);
  return outcome.error as BtcFakeError;
}
