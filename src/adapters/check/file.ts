import { access, constants } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { DateRules } from '../../domain/catalog/date.ts';
import { systemCode } from '../../domain/errors.ts';
import { feedRules } from '../../domain/feeds/check.ts';
import { columnsFound } from '../../domain/feeds/columns.ts';
import {
  FEED_KINDS,
  type FeedKind,
  type FileKind,
  INPUT_KINDS,
  type InputKind,
  kindOfHeader,
  kindOfName,
  PLACEHOLDER_KIND,
} from '../../domain/feeds/file-kinds.ts';
import type { RunPairs } from '../../domain/feeds/file-rules.ts';
import { PairSet } from '../../domain/pair-set.ts';
import { parseRunFileName } from '../../domain/run/file-names.ts';
import { isBlankOrComment } from '../../domain/simulation/employees.ts';
import { readFeedRecords } from '../csv/feed-records.ts';
import { readCsvRows, unreadable } from '../csv/rows.ts';
import { explainShape, shapeOf } from '../csv/shape.ts';
import { checkInput } from './input.ts';
import { checkManifest, compareWithManifest, writtenFilesBeside } from './manifest.ts';
import { type FileProblem, type Report, reportError } from './problem.ts';

/** What came of one file. */
export interface CheckedFile {
  /** The path as it was given. */
  readonly file: string;
  /** Null when neither the name nor the header says it. */
  readonly kind: FileKind | null;
  /**
   * False for a placeholder or a summary without its manifest beside, and for a file that could not be read or told.
   */
  readonly checked: boolean;
  /**
   * Rows below the header; blank lines and comments where the contract allows them are none. Of a manifest, the files
   * it lists.
   */
  readonly rows: number;
  /** The name of the manifest that it was compared with; null where there is none. */
  readonly manifest: string | null;
  /** How many things are wrong; a row can have several. */
  readonly errors: number;
}

/**
 * Checks files against the contract and, where a manifest lies beside them, against the run. Each file is read as a
 * stream; a file that cannot be read is a problem of that file alone.
 * - When both feeds of a run (same folder, date and RAND) are given, a pair may not be completed in one and open in
 *   the other. The pairs of the first stay in memory for that, at about 40 bytes each.
 * @param onProblem gets everything that is wrong, in file order.
 * @param dates how dates in catalogs are read.
 */
export async function* checkFiles(
  paths: readonly string[],
  dates: DateRules,
  onProblem: (file: string, problem: FileProblem) => void,
): AsyncGenerator<CheckedFile> {
  const together = new CheckedTogether(paths);
  for (const file of paths) {
    let errors = 0;
    const report: Report = (line, problem) => {
      errors += 1;
      onProblem(file, { line, problem });
    };
    const outcome = await checkFile(file, together, dates, report);
    yield { file, ...outcome, errors };
  }
}

async function checkFile(path: string, together: CheckedTogether, dates: DateRules, report: Report) {
  let kind: FileKind | undefined;
  try {
    await access(path, constants.R_OK).catch((error) => {
      throw unreadable(path, systemCode(error), error);
    });
    kind = kindOfName(basename(path)) ?? (await explainShape(path, path, () => readKind(path)));
    if (kind === undefined) {
      const known = 'ContentUserCompletion, Non_Completed_Assignments, CourseCatalog, StandAloneContent or employees';
      const shape = await shapeOf(path);
      report(null, shape?.what ?? `neither its name nor its header says that it is a ${known} file`);
    } else if (kind === 'manifest') {
      const rows = await checkManifest(path, together.namesBeside(path), (what) => report(null, what));
      return { kind, checked: true, rows, manifest: null };
    } else {
      const rows = await checkRows(path, kind, together, dates, report);
      const written = isInput(kind) ? undefined : await writtenFilesBeside(path);
      if (written) await compareWithManifest(path, written, rows, (what) => report(null, what));
      const manifest = written === undefined ? null : basename(written.manifest);
      return { kind, checked: rows !== undefined || written !== undefined, rows: rows ?? 0, manifest };
    }
  } catch (error) {
    reportError(error, path, report);
  }
  return { kind: kind ?? null, checked: false, rows: 0, manifest: null };
}

/** @returns how many rows the file has; undefined for one whose rows the contract has no rules for. */
async function checkRows(
  path: string,
  kind: Exclude<FileKind, 'manifest'>,
  together: CheckedTogether,
  dates: DateRules,
  report: Report,
): Promise<number | undefined> {
  if (kind === PLACEHOLDER_KIND || kind === 'summary') return undefined;
  return isInput(kind)
    ? checkInput(path, kind, dates, report)
    : checkFeed(path, kind, together.pairsFor(path, kind), report);
}

async function readKind(path: string): Promise<FeedKind | InputKind | undefined> {
  for await (const { fields } of readCsvRows({ path, invalidCode: 'CATALOG_INVALID' })) {
    if (!isBlankOrComment(fields)) return kindOfHeader(fields);
  }
  return undefined;
}

/** @returns how many rows the feed has. */
async function checkFeed(path: string, kind: FeedKind, pairs: RunPairs, report: Report): Promise<number> {
  const shape = await shapeOf(path);
  if (shape !== undefined) {
    report(1, shape.what);
    return 0;
  }
  const rules = feedRules(kind, pairs);
  let rows = -1;
  await readFeedRecords(path, {
    onFlaw: report,
    onMalformed: (line, reason) => {
      rows += 1;
      report(line, reason);
      rules.skip();
    },
    onRecord: (line, fields) => {
      rows += 1;
      if (rows > 0) for (const problem of rules.row(fields, line)) report(line, problem);
      else if (fields.length !== rules.columns.length || fields.some((name, i) => name !== rules.columns[i])) {
        const wanted = rules.columns.map((name) => `"${name}"`).join();
        report(line, `the header is not ${wanted} (${columnsFound(fields)})`);
      }
    },
  });
  if (rows < 0) report(1, 'the file is empty; a feed without rows has its header');
  return Math.max(rows, 0);
}

function isInput(kind: FileKind): kind is InputKind {
  return INPUT_KINDS.some((input) => input === kind);
}

/** The files that are checked together, and the pairs of feeds whose other half is still to come. */
class CheckedTogether {
  readonly #expected = new Map<string, Set<FileKind>>();
  readonly #paths: readonly string[];
  readonly #read = new Map<string, { readonly kind: FeedKind; readonly pairs: PairSet }>();

  constructor(paths: readonly string[]) {
    this.#paths = paths;
    for (const path of paths) {
      const run = runOf(path);
      const kind = kindOfName(basename(path));
      if (run === undefined || kind === undefined) continue;
      this.#expected.set(run, (this.#expected.get(run) ?? new Set()).add(kind));
    }
  }

  /** The names of those files to be checked that lie in the same folder as this file. */
  namesBeside(path: string): ReadonlySet<string> {
    const folder = resolve(dirname(path));
    return new Set(this.#paths.filter((each) => resolve(dirname(each)) === folder).map((each) => basename(each)));
  }

  /** What a feed's rules need to know of the other feed, and to remember for it. */
  pairsFor(path: string, kind: FeedKind): RunPairs {
    const run = runOf(path);
    if (run === undefined || !FEED_KINDS.every((feed) => this.#expected.get(run)?.has(feed))) return {};
    const earlier = this.#read.get(run);
    if (earlier !== undefined && earlier.kind !== kind) {
      this.#read.delete(run);
      return { other: earlier.pairs };
    }
    const pairs = new PairSet();
    this.#read.set(run, { kind, pairs });
    return { own: pairs };
  }
}

/** A name for the run that a feed belongs to: its folder, and what the names of its feeds share. */
function runOf(path: string): string | undefined {
  const tail = parseRunFileName(basename(path))?.tail;
  return tail === undefined ? undefined : join(dirname(path), tail);
}
