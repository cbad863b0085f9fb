import type { CatalogKind } from '../catalog/file-name.ts';
import type { EmployeeId, RunId } from '../ids.ts';
import type { AssignmentTally } from '../simulation/assignment-tally.ts';
import type { Notice } from './notice.ts';
import type { FeedDateFormat } from './plan.ts';
import type { ManifestSources } from './sources.ts';
import type { RunTally } from './tally.ts';

/** The employees file as it was read. */
export interface EmployeesInput {
  /** The file's name without its folder. */
  readonly name: string;
  readonly sha256: string;
  readonly employees: number;
  /** The rows that `--skip-invalid-employees` left out, `FILE:LINE: reason`; only the first are spelled out. */
  readonly invalid: { readonly count: number; readonly first: readonly string[] };
}

/** A catalog file as it was read. */
export interface CatalogInput {
  readonly kind: CatalogKind;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly contents: number;
  /** Rows without a usable id, or with more or fewer fields than the header. */
  readonly skippedRows: number;
  readonly from: 'sftp' | 'local folder';
  /** The CATALOG_DATE_FORMATS that it was read with; absent when there were none. */
  readonly dateFormats?: readonly string[];
}

/** The training records as they were read. */
export interface DatabricksInput {
  readonly catalog: string;
  readonly schema: string;
  /** Open assignments and completions of people in the population. */
  readonly openAssignments: number;
  readonly completions: number;
  /** Rows without a usable id. */
  readonly skippedRows: number;
}

/** An employee that the run was finished without. */
export interface FailedEmployee {
  readonly employeeId: EmployeeId;
  readonly reason: string;
}

/** A file that a run wrote. `rows` counts data rows without the header; lines for the summary. */
export interface OutputFile {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * The record of a run, written beside its feeds (contract section 5). It holds no time of day but the simulated one.
 */
export interface Manifest {
  /** 1 in runs of an earlier build, which name no engine. */
  readonly manifestVersion: 1 | 2;
  /** What made the files: the queue, or the native job on Databricks. */
  readonly engine?: 'queue' | 'native';
  readonly runId: RunId;
  readonly seed: string;
  readonly asOf: string;
  readonly timeZone: string;
  readonly feedDateFormat: FeedDateFormat;
  readonly week: { readonly start: string; readonly due: string };
  readonly inputs: {
    readonly employees: EmployeesInput;
    readonly catalogs: readonly CatalogInput[];
    readonly databricks: DatabricksInput | null;
    readonly template: { readonly name: string; readonly sha256: string } | null;
  };
  /** Absent in a run of an earlier build. */
  readonly sources?: ManifestSources;
  readonly notices: readonly Notice[];
  readonly assignments: AssignmentTally;
  readonly counts: RunTally & { readonly employees: number };
  readonly failedEmployees: readonly FailedEmployee[];
  readonly outputs: readonly OutputFile[];
}
