/** What a run did without, guessed or left out. A code never changes its meaning. */
export type NoticeCode =
  | 'sftp-not-configured'
  | 'databricks-not-configured'
  | 'no-template'
  | 'invalid-employees-skipped'
  | 'catalog-old'
  | 'catalog-later-than-run'
  | 'catalog-near-misses'
  | 'catalog-downloaded-before'
  | 'catalog-rows-skipped'
  | 'catalog-rows-misaligned'
  | 'catalog-ids-repeated'
  | 'catalog-date-column-missing'
  | 'catalog-daily-dose-column-missing'
  | 'catalog-dates-unreadable'
  | 'catalog-flags-unreadable'
  | 'catalog-read-day-first'
  | 'databricks-rows-skipped'
  | 'no-daily-dose'
  | 'nothing-left-to-assign'
  | 'failed-employees-left-out';

/**
 * Something that a run did without, guessed or left out, as the log, the summary, the manifest and the dashboard say
 * it. The stage that meets it keeps it with its facts in the run record (contract section 5, manifest).
 */
export interface Notice {
  readonly code: NoticeCode;
  /** One line for a person, with the file, the count and the first line number where there are any. */
  readonly text: string;
  /**
   * How many rows, files or employees it is about. Absent where nothing is counted, and in records of earlier versions.
   */
  readonly count?: number;
  /** The line of the file, from 1, that the first of them is on. */
  readonly firstLine?: number;
}
