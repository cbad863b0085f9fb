import { displayText } from '../display-text.ts';
import { BtcFakeError, type ErrorPlace } from '../errors.ts';
import { columnsFound } from '../feeds/columns.ts';
import { type ContentId, formatContentId, parseContentId } from '../ids.ts';
import { printable, quotedValue } from '../quoted-value.ts';
import { type CatalogColumns, type CatalogContent, resolveCatalogColumns } from './content.ts';
import { type DateRules, readCatalogDate } from './date.ts';
import { type CatalogFaults, type FaultTally, FILE_PROBLEMS, type FileFault, type RowFault } from './faults.ts';
import type { CatalogKind } from './file-name.ts';

/** How a catalog file is read. */
export interface CatalogRules extends DateRules {
  readonly kind: CatalogKind;
}

/** The header of a catalog file. */
export interface CatalogHeader {
  readonly fields: readonly string[];
  /** The line that it is on, from 1. */
  readonly line: number;
  /** How error messages name the file, or this line of it. */
  readonly place: ErrorPlace;
}

/** What a catalog file holds. */
export interface CatalogRows {
  /** In file order; of rows with the same id the first counts. */
  readonly contents: readonly CatalogContent[];
  /** Rows without a usable id, or with more or fewer fields than the header. */
  readonly skippedRows: number;
  readonly faults: CatalogFaults;
}

/** Gets everything that is wrong, in words that stand behind the line. What the whole file decides comes at the end. */
export type FaultListener = (line: number, problem: string) => void;

/** A date with slashes, until the whole file says in which order it is written. */
interface SlashDate {
  /** The place of its content. */
  readonly index: number;
  readonly line: number;
  readonly text: string;
  readonly monthFirst: number | null;
  readonly dayFirst: number | null;
}

const TRUE_WORDS = new Set(['true', 't', '1', 'y', 'yes']);
const FALSE_WORDS = new Set(['', 'false', 'f', '0', 'n', 'no']);

/**
 * Reads the rows of a catalog file, in file order (contract section 1, "Vendor catalog files"). A run and `check` both
 * read with it, so that they agree. Memory grows with the contents.
 */
export class CatalogReader {
  readonly #rules: CatalogRules;
  readonly #header: CatalogHeader;
  readonly #onFault: FaultListener | undefined;
  readonly #columns: CatalogColumns;
  readonly #leastFields: number;
  readonly #contents: (CatalogContent & { createdAt: number | null })[] = [];
  readonly #seen = new Set<ContentId>();
  readonly #slashDates: SlashDate[] = [];
  readonly #faults = new Map<FileFault | RowFault, FaultTally>();
  #rows = 0;

  /** @throws BtcFakeError CATALOG_INVALID when there is no id column. */
  constructor(rules: CatalogRules, header: CatalogHeader, onFault?: FaultListener) {
    this.#rules = rules;
    this.#header = header;
    this.#onFault = onFault;
    this.#columns = resolveCatalogColumns(header.fields, header.place);
    this.#leastFields = lengthToLastFilled(header.fields);
    // Of a CourseCatalog file nothing but ids and titles is used, so it need not have the other columns.
    if (rules.kind === 'CourseCatalog') return;
    if (this.#columns.createdAt < 0) this.#fileFault('no-date-column', header.line);
    if (this.#columns.dailyDose < 0) this.#fileFault('no-daily-dose-column', header.line);
  }

  /** Rows below the header so far; blank lines are none. */
  get rows(): number {
    return this.#rows;
  }

  /** Reads one row. `line` is the line that it begins on, from 1. */
  add(line: number, fields: readonly string[]): void {
    const filled = lengthToLastFilled(fields);
    if (filled === 0) return;
    this.#rows += 1;
    const width = this.#header.fields.length;
    if (fields.length < this.#leastFields || filled > width) {
      this.#rowFault('misaligned', line, `it has ${fields.length} fields, not ${width}; the row is skipped`);
      return;
    }
    const id = parseContentId(fields[this.#columns.id]);
    if (id === undefined) {
      this.#rowFault('no-id', line, `${this.#cell(fields, this.#columns.id)} is not a content id`);
    } else if (this.#seen.has(id)) {
      const what = `${this.#name(this.#columns.id)} ${formatContentId(id)}`;
      this.#rowFault('repeated-id', line, `${what} was seen before; the first row with it counts`);
    } else {
      this.#seen.add(id);
      const title = displayText(fields[this.#columns.title] ?? '');
      const createdAt = this.#readDate(line, fields);
      this.#contents.push({ id, title, dailyDose: this.#readFlag(line, fields), createdAt });
    }
  }

  /** Ends the file: decides in which order dates with slashes are written. */
  finish(): CatalogRows {
    const onlyDayFirst = this.#slashDates.filter(({ monthFirst }) => monthFirst === null);
    const isDayFirst = onlyDayFirst.length > 0 && this.#slashDates.every(({ dayFirst }) => dayFirst !== null);
    for (const { index, line, text, monthFirst, dayFirst } of this.#slashDates) {
      const createdAt = isDayFirst ? dayFirst : monthFirst;
      if (createdAt === null) this.#unreadableDate(line, text);
      this.#contents[index]!.createdAt = createdAt;
    }
    if (isDayFirst) {
      this.#fileFault('day-first', onlyDayFirst[0]!.line, this.#slashDates.length, onlyDayFirst[0]!.text);
    }
    const count = (fault: RowFault) => this.#faults.get(fault)?.count ?? 0;
    return { contents: this.#contents, skippedRows: count('no-id') + count('misaligned'), faults: this.#faults };
  }

  /**
   * Checks that a file with rows has a usable row.
   * @throws BtcFakeError CATALOG_INVALID.
   */
  requireUsableRow(): void {
    if (this.#rows === 0 || this.#contents.length > 0) return;
    const { fields, place } = this.#header;
    const [first] = [...this.#faults.values()].filter(({ firstLine }) => firstLine > this.#header.line);
    const why = first === undefined ? '' : `, in line ${first.firstLine} because ${first.problem}`;
    throw new BtcFakeError(
      'CATALOG_INVALID',
      `none of its rows can be used (${this.#rows})${why} (${columnsFound(fields)})`,
      { place, remedy: 'Ask the vendor for a correct file, or remove this file, and the previous file is used.' },
    );
  }

  #readDate(line: number, fields: readonly string[]): number | null {
    const text = fields[this.#columns.createdAt] ?? '';
    if (text.trim() === '') return null;
    const readings = readCatalogDate(text, this.#rules);
    if (readings === null) {
      this.#unreadableDate(line, text);
      return null;
    }
    const { monthFirst, dayFirst } = readings;
    if (monthFirst !== dayFirst) {
      this.#slashDates.push({ index: this.#contents.length, line, text, monthFirst, dayFirst });
    }
    return monthFirst;
  }

  #readFlag(line: number, fields: readonly string[]): boolean {
    const word = (fields[this.#columns.dailyDose] ?? '').trim().toLowerCase();
    if (TRUE_WORDS.has(word)) return true;
    if (!FALSE_WORDS.has(word)) {
      this.#rowFault(
        'unreadable-flag',
        line,
        `${this.#cell(fields, this.#columns.dailyDose)} is neither true nor false`,
      );
    }
    return false;
  }

  #unreadableDate(line: number, text: string): void {
    const what = `${this.#name(this.#columns.createdAt)} ${quotedValue(text)}`;
    this.#rowFault('unreadable-date', line, `${what} is not a date or timestamp that can be read`);
  }

  #fileFault(fault: FileFault, line: number, count = 1, example = ''): void {
    const problem = FILE_PROBLEMS[fault](this.#header.fields, count, quotedValue(example));
    this.#faults.set(fault, { count, firstLine: line, problem });
    this.#onFault?.(line, problem);
  }

  #rowFault(fault: RowFault, line: number, problem: string): void {
    const tally = this.#faults.get(fault);
    const isFirst = tally === undefined || line < tally.firstLine;
    const first = isFirst ? { firstLine: line, problem } : tally;
    this.#faults.set(fault, { ...first, count: (tally?.count ?? 0) + 1 });
    this.#onFault?.(line, problem);
  }

  #name(column: number): string {
    return printable(this.#header.fields[column]!.trim());
  }

  #cell(fields: readonly string[], column: number): string {
    return `${this.#name(column)} ${quotedValue(fields[column] ?? '')}`;
  }
}

/** How many fields there are up to the last that is not blank. */
function lengthToLastFilled(fields: readonly string[]): number {
  return fields.findLastIndex((field) => field.trim() !== '') + 1;
}
