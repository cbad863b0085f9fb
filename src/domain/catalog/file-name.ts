/** The two kinds of catalog file that the vendor drops. */
export type CatalogKind = 'CourseCatalog' | 'StandAloneContent';

export const CATALOG_KINDS: readonly CatalogKind[] = ['CourseCatalog', 'StandAloneContent'];

/** What a catalog file's name says. */
export interface CatalogFileName {
  readonly kind: CatalogKind;
  readonly name: string;
  /** `YYYY-MM-DD`, so that text order is date order. */
  readonly date: string;
  readonly sequence: number;
}

/** A catalog file that somebody lists, with what decides between equals. */
export interface CatalogFile extends CatalogFileName {
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
  readonly bytes: number;
}

const LAST_DAY = '9999-12-31';
const PATTERN = /^(CourseCatalog|StandAloneContent)_v2_(\d{4})_(\d{1,2})_(\d{1,2})_(\d{1,9})_([A-Za-z0-9]+)\.csv$/i;

/**
 * Reads a file name, or returns undefined when it is no catalog file's (contract section 1, "Vendor catalog files").
 */
export function parseCatalogFileName(name: string): CatalogFileName | undefined {
  const match = PATTERN.exec(name);
  if (!match) return undefined;
  const [, prefix, year, month, day, sequence] = match as unknown as [string, string, string, string, string, string];
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const instant = new Date(`${date}T00:00:00Z`);
  // An impossible date does not parse, or rolls over to another day.
  if (Number.isNaN(instant.getTime()) || !instant.toISOString().startsWith(date)) return undefined;
  const kind = CATALOG_KINDS.find((known) => known.toLowerCase() === prefix.toLowerCase())!;
  return { kind, name, date, sequence: Number(sequence) };
}

/**
 * Whether a name is meant as a catalog file's, but is not: another ending (`.csv.gz`, `.pgp`), another version
 * (`_v3_`), `Copy of …`, ` (1)`, an impossible date.
 */
export function isNearlyCatalogFileName(name: string): boolean {
  const letters = name.toLowerCase().replaceAll(/[^a-z]/g, '');
  const isMeant = CATALOG_KINDS.some((kind) => letters.includes(kind.toLowerCase()));
  return isMeant && parseCatalogFileName(name) === undefined;
}

/**
 * The newest file of a kind that is not of a later day than `day` (`YYYY-MM-DD`): by date, then sequence number, then
 * modification time, then name. The newest of all when all are of later days.
 */
export function newestCatalogFile(
  files: Iterable<CatalogFile>,
  kind: CatalogKind,
  day = LAST_DAY,
): CatalogFile | undefined {
  let newest: CatalogFile | undefined;
  for (const file of files) {
    if (file.kind === kind && (newest === undefined || isBetter(file, newest, day))) newest = file;
  }
  return newest;
}

function isBetter(file: CatalogFile, than: CatalogFile, day: string): boolean {
  const inTime = Number(file.date <= day) - Number(than.date <= day);
  return (inTime || compareAge(file, than)) > 0;
}

function compareAge(a: CatalogFile, b: CatalogFile): number {
  return (
    compareText(a.date, b.date) || a.sequence - b.sequence || a.modifiedAt - b.modifiedAt || compareText(a.name, b.name)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
