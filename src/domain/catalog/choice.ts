import { BtcFakeError } from '../errors.ts';
import { printable } from '../quoted-value.ts';
import type { Notice } from '../run/notice.ts';
import { count, listed, plural } from '../wording.ts';
import {
  CATALOG_KINDS,
  type CatalogFile,
  isNearlyCatalogFileName,
  newestCatalogFile,
  parseCatalogFileName,
} from './file-name.ts';

/** What stands in a folder, here or on a server. */
export interface FolderEntry {
  readonly name: string;
  readonly kind: 'file' | 'link' | 'folder' | 'other' | 'no plain name';
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

/** The catalog files of a folder, and what only looks like them. */
export interface CatalogListing {
  readonly files: readonly CatalogFile[];
  /** Names that nearly match, as a person may read them; those with the latest dates first. */
  readonly nearMisses: readonly string[];
}

/** What decides which catalog files a run takes. */
export interface CatalogWishes {
  /** The day of the run, `YYYY-MM-DD` in its time zone. */
  readonly day: string;
  readonly maxAgeDays: number;
  readonly maxBytes: number;
  /** Where the files were looked for, as a message names it. */
  readonly place: string;
}

const SHOWN_NAMES = 3;
const DATE = /(\d{4})\D(\d{1,2})\D(\d{1,2})/;
const DAY_MS = 86_400_000;
const MEGABYTE = 1_000_000;

/**
 * Sorts the entries of a folder (contract section 1, "Vendor catalog files"): regular files with a matching name, and
 * near misses, which are names that nearly match, and links, folders and the like under matching names.
 */
export function catalogListing(entries: Iterable<FolderEntry>): CatalogListing {
  const files: CatalogFile[] = [];
  const nearMisses: string[] = [];
  for (const entry of entries) {
    const { name, kind, bytes, modifiedAt } = entry;
    const parsed = parseCatalogFileName(name);
    if (parsed !== undefined && kind === 'file') files.push({ ...parsed, bytes, modifiedAt });
    else if (parsed !== undefined || (kind !== 'folder' && isNearlyCatalogFileName(name))) nearMisses.push(name);
  }
  nearMisses.sort((a, b) => compareText(dateIn(b), dateIn(a)) || compareText(a, b));
  return { files, nearMisses: nearMisses.map(printable) };
}

/** The date in a name, as text that sorts by it; empty when there is none. */
function dateIn(name: string): string {
  const [, year, month = '', day = ''] = DATE.exec(name) ?? [];
  return year === undefined ? '' : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * The catalog files of a run, one of each kind (contract section 1): the newest that are not later than its day. What a
 * person may not expect of them is a notice: a file that is too old, one of a later day, near misses beside them.
 * @throws BtcFakeError CATALOG_MISSING, CATALOG_TOO_LARGE.
 */
export function chooseCatalogs(
  { files, nearMisses }: CatalogListing,
  wishes: CatalogWishes,
): { files: CatalogFile[]; notices: Notice[] } {
  const newest = CATALOG_KINDS.map((kind) => newestCatalogFile(files, kind, wishes.day));
  const chosen = newest.filter((file) => file !== undefined);
  if (chosen.length < newest.length) {
    const missing = CATALOG_KINDS.filter((_, i) => newest[i] === undefined);
    throw new BtcFakeError('CATALOG_MISSING', `${wishes.place}: no ${missing.join(' and no ')} file`, {
      remedy: 'Put one there (such as StandAloneContent_v2_2026_1_6_1_77434e.csv), or set the SFTP_INBOUND_ variables.',
      ...(nearMisses.length > 0 ? { lines: [`its name nearly matches: ${listed(nearMisses, SHOWN_NAMES)}`] } : {}),
    });
  }
  for (const file of chosen) assertNotTooLarge(file, wishes.maxBytes);
  return {
    files: chosen,
    notices: [...chosen.flatMap((file) => ageNotice(file, wishes)), ...nearMissNotice(nearMisses)],
  };
}

/** @throws BtcFakeError CATALOG_TOO_LARGE when a file, as it is listed, has more than `maxBytes`. */
export function assertNotTooLarge({ name, bytes }: CatalogFile, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const sizes = `${megabytes(bytes)}, more than CATALOG_MAX_MB allows (${megabytes(maxBytes)})`;
  throw new BtcFakeError('CATALOG_TOO_LARGE', `${name} has ${sizes}`, {
    remedy:
      'Ask the vendor whether that is right, then set CATALOG_MAX_MB; or remove the file, and the previous file is used.',
  });
}

function ageNotice({ name, date }: CatalogFile, { day, maxAgeDays }: CatalogWishes): Notice[] {
  if (date > day) {
    const text = `${name}: its date is after ${day}, the day of the run, and there is none of that day or before`;
    return [{ code: 'catalog-later-than-run', text }];
  }
  const days = (Date.parse(day) - Date.parse(date)) / DAY_MS;
  if (days <= maxAgeDays) return [];
  const text = `${name}: it is ${plural(days, 'day')} older than the run, more than CATALOG_MAX_AGE_DAYS (${maxAgeDays}), and there is none that is newer`;
  return [{ code: 'catalog-old', text }];
}

function nearMissNotice(names: readonly string[]): Notice[] {
  if (names.length === 0) return [];
  const text = `Files beside the catalogs whose names nearly match were not used: ${count(names.length)} (${listed(names, SHOWN_NAMES)})`;
  return [{ code: 'catalog-near-misses', text, count: names.length }];
}

function megabytes(bytes: number): string {
  return `${count(Math.ceil(bytes / MEGABYTE))} MB`;
}
