import { BtcFakeError, type ErrorPlace } from '../errors.ts';
import { columnKey, columnsFound } from '../feeds/columns.ts';
import type { ContentId } from '../ids.ts';
import type { CatalogKind } from './file-name.ts';

/** One piece of training, as a catalog file lists it. */
export interface CatalogContent {
  readonly id: ContentId;
  /** On one line, without control or bidirectional characters; empty when the file has no title column. */
  readonly title: string;
  readonly dailyDose: boolean;
  /** Epoch milliseconds; null when missing or no date. Compared, never written. */
  readonly createdAt: number | null;
}

/** The contents of both catalog files. */
export type Catalogs = Readonly<Record<CatalogKind, readonly CatalogContent[]>>;

/** Where the columns stand in a catalog file; -1 for a missing column. */
export interface CatalogColumns {
  readonly id: number;
  readonly title: number;
  readonly dailyDose: number;
  readonly createdAt: number;
}

const ID_COLUMNS = ['ContentId', 'TrainingElementId', 'CourseId', 'ElementId'];
const TITLE_COLUMNS = ['Title', 'ContentTitle', 'ContentName', 'CourseName', 'Name'];
/** The names of the date column, the first by rank. */
export const DATE_COLUMNS: readonly string[] = ['CreateDate', 'CreatedDate', 'DateCreated', 'CreateDateText'];
/** The name of the column that flags Daily Dose content. */
export const DAILY_DOSE_COLUMN = 'Daily_Dose_BA';

/** Finds the columns in a header; -1 for each that is not there (contract section 1, "Columns"). */
export function findCatalogColumns(header: readonly string[]): CatalogColumns {
  const keys = header.map(columnKey);
  const first = (names: readonly string[]) =>
    names.map((name) => keys.indexOf(columnKey(name))).find((i) => i >= 0) ?? -1;
  return {
    id: first(ID_COLUMNS),
    title: first(TITLE_COLUMNS),
    dailyDose: first([DAILY_DOSE_COLUMN]),
    createdAt: first(DATE_COLUMNS),
  };
}

/**
 * Finds the columns in a catalog file's header (contract section 1, "Columns").
 * @throws BtcFakeError CATALOG_INVALID when there is no id column.
 */
export function resolveCatalogColumns(header: readonly string[], place: ErrorPlace): CatalogColumns {
  const columns = findCatalogColumns(header);
  if (columns.id >= 0) return columns;
  throw new BtcFakeError('CATALOG_INVALID', `no id column (${columnsFound(header)})`, {
    place,
    remedy: `The file needs one of the columns ${ID_COLUMNS.join(', ')}.`,
  });
}
