import { tz } from '@date-fns/tz';
import { isValid, parse, parseISO } from 'date-fns';
import type { CatalogKind } from './catalog-file-name.ts';
import { columnKey } from './columns.ts';
import { BtcFakeError } from './errors.ts';
import { type ContentId, parseContentId } from './ids.ts';
import { printable } from './quoted-value.ts';

/** One piece of training, as a catalog file lists it. */
export interface CatalogContent {
  readonly id: ContentId;
  /** On one line; empty when the file has no title column. */
  readonly title: string;
  readonly dailyDose: boolean;
  /** Epoch milliseconds; null when missing or no date. Compared, never written. */
  readonly createdAt: number | null;
}

/** The contents of both catalog files. */
export type Catalogs = Readonly<Record<CatalogKind, readonly CatalogContent[]>>;

/** Where the columns stand in a catalog file; -1 for one that it does not have. */
export interface CatalogColumns {
  readonly id: number;
  readonly title: number;
  readonly dailyDose: number;
  readonly createdAt: number;
}

const ID_COLUMNS = ['ContentId', 'TrainingElementId', 'CourseId', 'ElementId'];
const TITLE_COLUMNS = ['Title', 'ContentTitle', 'ContentName', 'CourseName', 'Name'];
const TRUE_WORDS = new Set(['true', '1', 'y', 'yes']);
// The parser below would take `5/20/25` for the year 25.
const US_DATE = /^\d{1,2}\/\d{1,2}\/\d{4}(?!\d)/;
const US_FORMATS = ['M/d/yyyy', 'M/d/yyyy H:mm', 'M/d/yyyy H:mm:ss', 'M/d/yyyy h:mm a', 'M/d/yyyy h:mm:ss a'];
const UTC = { in: tz('UTC') };

/** Finds the columns in a header; -1 for each that is not there (contract section 1, "Columns"). */
export function findCatalogColumns(header: readonly string[]): CatalogColumns {
  const keys = header.map(columnKey);
  const first = (names: readonly string[]) =>
    names.map((name) => keys.indexOf(columnKey(name))).find((i) => i >= 0) ?? -1;
  return {
    id: first(ID_COLUMNS),
    title: first(TITLE_COLUMNS),
    dailyDose: first(['Daily_Dose_BA']),
    createdAt: first(['CreateDate']),
  };
}

/**
 * Finds the columns in a catalog file's header (contract section 1, "Columns").
 * @throws BtcFakeError CATALOG_INVALID when there is no id column.
 */
export function resolveCatalogColumns(header: readonly string[], file: string): CatalogColumns {
  const columns = findCatalogColumns(header);
  if (columns.id >= 0) return columns;
  const names = header.map((name) => name.trim()).filter(Boolean);
  const has = printable(names.join(', ').slice(0, 300)) || 'none';
  throw new BtcFakeError('CATALOG_INVALID', `${file}: no id column (it has: ${has})`, {
    remedy: `The file needs one of the columns ${ID_COLUMNS.join(', ')}.`,
  });
}

/** Reads one row of a catalog file, or returns undefined when it has no usable id. */
export function readCatalogRow(fields: readonly string[], columns: CatalogColumns): CatalogContent | undefined {
  const id = parseContentId(fields[columns.id]);
  if (id === undefined) return undefined;
  return {
    id,
    title: fields[columns.title]?.trim().replace(/\s+/g, ' ') ?? '',
    dailyDose: TRUE_WORDS.has(fields[columns.dailyDose]?.trim().toLowerCase() ?? ''),
    createdAt: parseCreateDate(fields[columns.createdAt] ?? ''),
  };
}

/**
 * A catalog's date or timestamp as epoch milliseconds: ISO, or `M/D/YYYY` with an optional time. One without a zone is
 * taken as UTC, since it is only compared with its like. Null when it is none.
 */
export function parseCreateDate(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (!trimmed.includes('/')) return instantOrNull(parseISO(trimmed, UTC));
  if (!US_DATE.test(trimmed)) return null;
  for (const format of US_FORMATS) {
    const instant = instantOrNull(parse(trimmed, format, 0, UTC));
    if (instant !== null) return instant;
  }
  return null;
}

function instantOrNull(date: Date): number | null {
  return isValid(date) ? date.getTime() : null;
}
