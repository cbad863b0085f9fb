import { columnsFound } from '../feeds/columns.ts';
import type { Notice, NoticeCode } from '../run/notice.ts';
import { plural } from '../wording.ts';
import { DAILY_DOSE_COLUMN, DATE_COLUMNS } from './content.ts';

/** What is wrong with a file as a whole, or was guessed from the whole of it. */
export type FileFault = 'no-date-column' | 'no-daily-dose-column' | 'day-first';

/**
 * What can be wrong with a row of a catalog file (contract section 1). The first three skip the row; of the other two
 * the value counts as missing, or as false.
 */
export type RowFault = 'no-id' | 'misaligned' | 'repeated-id' | 'unreadable-date' | 'unreadable-flag';

/** How often something is wrong with a file, and where first. */
export interface FaultTally {
  readonly count: number;
  /** The line, from 1, of the first. */
  readonly firstLine: number;
  /** What is wrong there, in words that stand behind its line. */
  readonly problem: string;
}

/** Everything that is wrong with one catalog file. */
export type CatalogFaults = ReadonlyMap<FileFault | RowFault, FaultTally>;

const FILE_CODES: Readonly<Record<FileFault, NoticeCode>> = {
  'no-date-column': 'catalog-date-column-missing',
  'no-daily-dose-column': 'catalog-daily-dose-column-missing',
  'day-first': 'catalog-read-day-first',
};
const ROW_CODES: Readonly<Record<RowFault, NoticeCode>> = {
  'no-id': 'catalog-rows-skipped',
  misaligned: 'catalog-rows-misaligned',
  'repeated-id': 'catalog-ids-repeated',
  'unreadable-date': 'catalog-dates-unreadable',
  'unreadable-flag': 'catalog-flags-unreadable',
};
const SAY_HOW = 'CATALOG_DATE_FORMATS can say how dates are written';
const ROWS: Readonly<Record<RowFault, string>> = {
  'no-id': 'skipped rows without a usable id',
  misaligned: 'skipped rows with more or fewer fields than the header',
  'repeated-id': 'skipped rows with an id that was seen before',
  'unreadable-date': `dates that cannot be read and count as missing (${SAY_HOW})`,
  'unreadable-flag': `${DAILY_DOSE_COLUMN} values that are neither true nor false and count as false`,
};

/** What is wrong with a file as a whole, in words that stand behind its name or a line of it. */
export const FILE_PROBLEMS: Readonly<
  Record<FileFault, (header: readonly string[], count: number, example: string) => string>
> = {
  'no-date-column': (header) =>
    `no date column (${DATE_COLUMNS.join(', ')}), every date counts as missing (${columnsFound(header)})`,
  'no-daily-dose-column': (header) =>
    `no column ${DAILY_DOSE_COLUMN}, nothing counts as Daily Dose (${columnsFound(header)})`,
  'day-first': (_header, count, example) =>
    `${plural(count, 'date')} with slashes read day first, since ${example} can only be that (${SAY_HOW})`,
};

/** The notices that a run gives of a catalog file: one for each kind of fault, with its count and its first line. */
export function catalogNotices(file: string, faults: CatalogFaults): Notice[] {
  const ofFile = notices(FILE_CODES, faults, (_fault, { problem }) => `${file}: ${problem}`);
  const ofRows = notices(
    ROW_CODES,
    faults,
    (fault, { problem, count, firstLine }) =>
      `${file}: ${ROWS[fault]}: ${count}, the first in line ${firstLine}: ${problem}`,
  );
  return [...ofFile, ...ofRows];
}

function notices<Fault extends FileFault | RowFault>(
  codes: Readonly<Record<Fault, NoticeCode>>,
  faults: CatalogFaults,
  textOf: (fault: Fault, tally: FaultTally) => string,
): Notice[] {
  return (Object.entries(codes) as [Fault, NoticeCode][]).flatMap(([fault, code]) => {
    const tally = faults.get(fault);
    return tally ? [{ code, text: textOf(fault, tally), count: tally.count, firstLine: tally.firstLine }] : [];
  });
}
