import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunStore } from '../adapters/run-store/store.ts';
import type { CatalogContent } from '../domain/catalog/content.ts';
import type { ContentId } from '../domain/ids.ts';
import type { Manifest } from '../domain/run/manifest.ts';
import type { RunRecord } from '../domain/run/record.ts';
import { localDate } from '../domain/simulation/business-week.ts';
import {
  addRunRows,
  employeeRows,
  GROUND_TRUTH,
  type GroundTruthTable,
  runRow,
} from '../domain/tables/ground-truth.ts';
import type { Table } from '../domain/tables/table.ts';
import { landedHash, MANIFEST_KEY } from './landed-metadata.ts';
import { ParquetFile } from './parquet-file.ts';

/** What the tables are made from. */
export interface GroundTruthInput {
  readonly store: RunStore;
  readonly run: RunRecord;
  readonly manifest: Manifest;
  readonly softwareVersion: string;
  readonly signal: AbortSignal;
}

/** A file of the ground truth: its name below the root, and the local file. */
export interface TableFile {
  readonly name: string;
  readonly path: string;
}

/** The name of a run's file of a table below the root (contract section 7). */
export function tableFileName(table: GroundTruthTable, { plan }: RunRecord): string {
  return `${table}/run_date=${localDate(plan.asOf, plan.timeZone)}/${plan.id}.parquet`;
}

/**
 * Writes all tables of a finished run into a local folder, each as one file, with the SHA-256 of the manifest in its
 * metadata. The run is read once; memory is that of a row group of each table.
 * @param onEmployees is given the employees, some at a time, as they are read.
 * @returns the files in the order in which they are landed.
 * @throws the system's error when the folder takes no more.
 */
export async function writeGroundTruth(
  folder: string,
  { store, run, manifest, softwareVersion, signal }: GroundTruthInput,
  onEmployees: (lines: string) => void,
): Promise<TableFile[]> {
  const metadata = { [MANIFEST_KEY]: landedHash(manifest) };
  const tables = GROUND_TRUTH.map((table) => openTable(folder, table, tableFileName(table.name, run), metadata));
  const of = Object.fromEntries(tables.map(({ table, file }) => [table, file])) as Record<
    GroundTruthTable,
    ParquetFile
  >;
  try {
    const addEmployee = employeeRows(run.plan, (table, ...row) => of[table].add(row));
    for await (const employees of store.readEmployees(run.plan)) {
      signal.throwIfAborted();
      for (const state of employees) addEmployee(state);
      onEmployees(employees.map(({ employee }) => `${employee.id},${employee.type}\n`).join(''));
    }
    const contents = await chosenContents(store, run, manifest);
    addRunRows(
      run.plan,
      manifest,
      (id) => contents.get(id),
      (table, ...row) => of[table].add(row),
    );
    const counts = Object.fromEntries(tables.map(({ table, file }) => [table, file.rows]));
    of.runs.add(runRow(run.plan, counts as Record<GroundTruthTable, number>, softwareVersion));
    for (const { file } of tables) file.finish();
  } finally {
    for (const { handle } of tables) closeSync(handle);
  }
  return tables.map(({ name, path }) => ({ name, path }));
}

function openTable(folder: string, table: Table<GroundTruthTable>, name: string, metadata: Record<string, string>) {
  const path = join(folder, ...name.split('/'));
  mkdirSync(dirname(path), { recursive: true });
  const handle = openSync(path, 'wx');
  return { table: table.name, name, path, handle, file: new ParquetFile(table, handle, metadata) };
}

async function chosenContents(
  store: RunStore,
  { plan }: RunRecord,
  { assignments }: Manifest,
): Promise<ReadonlyMap<ContentId, CatalogContent>> {
  const wanted = new Set(assignments.dailyDose.map(({ contentId }) => contentId));
  const contents = await store.readCatalog(plan.id, 'StandAloneContent');
  // Of contents that are listed twice the first counts, as in the summary.
  return new Map(
    contents
      .filter(({ id }) => wanted.has(id))
      .reverse()
      .map((content) => [content.id, content]),
  );
}
