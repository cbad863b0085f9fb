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

const PATTERN = /^(CourseCatalog|StandAloneContent)_v2_(\d{4})_(\d{1,2})_(\d{1,2})_(\d{1,9})_([A-Za-z0-9]+)\.csv$/i;

/** Reads a file name, or returns undefined when it is no catalog file's (contract section 1, "Vendor catalog files"). */
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

/** The newest file of a kind: by date, then sequence number, then modification time, then name. */
export function newestCatalogFile(files: Iterable<CatalogFile>, kind: CatalogKind): CatalogFile | undefined {
  let newest: CatalogFile | undefined;
  for (const file of files) {
    if (file.kind === kind && (newest === undefined || compareAge(file, newest) > 0)) newest = file;
  }
  return newest;
}

function compareAge(a: CatalogFile, b: CatalogFile): number {
  return (
    compareText(a.date, b.date) || a.sequence - b.sequence || a.modifiedAt - b.modifiedAt || compareText(a.name, b.name)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
