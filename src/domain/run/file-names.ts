const RUN_FILE = /^Run_(\d+_\d+_\d+_\d+_[0-9a-f]{6})\.(?:(manifest)\.json|(summary)\.txt)$/i;
const FEED = /_v2_(\d+_\d+_\d+_\d+_[0-9a-f]{6})\.csv$/i;

/** What a name says of the run that its file is of; undefined when it is no file of a run. */
export interface RunFileName {
  /** What the names of all files of one run share: date, sequence and RAND. */
  readonly tail: string;
  /** What kind of record of the run it is; absent for a feed. */
  readonly about?: 'manifest' | 'summary';
}

/** Reads the name of a feed, a summary or a manifest (contract section 5). */
export function parseRunFileName(name: string): RunFileName | undefined {
  const [, tail, manifest] = RUN_FILE.exec(name) ?? [];
  if (tail !== undefined) return { tail: tail.toLowerCase(), about: manifest === undefined ? 'summary' : 'manifest' };
  const feedTail = FEED.exec(name)?.[1];
  return feedTail === undefined ? undefined : { tail: feedTail.toLowerCase() };
}

/** The name of the manifest that belongs to the files with this tail. */
export function manifestNameOf(tail: string): string {
  return `Run_${tail}.manifest.json`;
}

const SUMMARY_LINE = /^(\d{1,15}): (.+)$/;

/**
 * How many completions a line of the summary says that an employee has; undefined for a line that is about no employee.
 */
export function completionsInSummaryLine(line: string): { employeeId: number; completions: number } | undefined {
  const [, id, items] = SUMMARY_LINE.exec(line) ?? [];
  if (id === undefined || items === undefined) return undefined;
  return { employeeId: Number(id), completions: items === 'none' ? 0 : items.split(' (').length - 1 };
}
