import { access, constants } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BtcFakeError, systemCode } from '../domain/errors.ts';
import { feedRules, inputRules, standsBeforeHeader } from '../domain/feed-check.ts';
import {
  FEED_KINDS,
  type FeedKind,
  type FileKind,
  type InputKind,
  kindOfHeader,
  kindOfName,
  PLACEHOLDER_KIND,
  runTailOfName,
} from '../domain/file-kinds.ts';
import type { InputRules, RunPairs } from '../domain/file-rules.ts';
import { PairSet } from '../domain/pair-set.ts';
import { readCsvRows, unreadable } from './csv-rows.ts';
import { readFeedRecords } from './feed-records.ts';

/** One thing that is wrong with a file. */
export interface FileProblem {
  /** From 1; null when it is the file as a whole. */
  readonly line: number | null;
  readonly problem: string;
}

/** What came of one file. */
export interface CheckedFile {
  /** The path as it was given. */
  readonly file: string;
  /** Null when neither the name nor the header says it. */
  readonly kind: FileKind | null;
  /** False for a placeholder, which nothing is known about, and for a file that could not be read or told. */
  readonly checked: boolean;
  /** Rows below the header; blank lines and comments where the contract allows them are none. */
  readonly rows: number;
  /** How many things are wrong; a row can have several. */
  readonly errors: number;
}

type Report = (line: number | null, problem: string) => void;

/**
 * Holds files against the contract, one after the other, each as a stream. When both feeds of a run (same folder, date and
 * RAND) are among them, nothing may be completed in the one and open in the other: for that, the pairs of the first stay in
 * memory (about 40 bytes for each) until the second was read. `onProblem` gets everything that is wrong, in file order.
 * A file that cannot be read is a problem of that file; the others are checked all the same.
 */
export async function* checkFiles(
  paths: readonly string[],
  onProblem: (file: string, problem: FileProblem) => void,
): AsyncGenerator<CheckedFile> {
  const runs = new PairsByRun(paths);
  for (const file of paths) {
    let errors = 0;
    const report: Report = (line, problem) => {
      errors += 1;
      onProblem(file, { line, problem });
    };
    const outcome = await checkFile(file, runs, report);
    yield { file, ...outcome, errors };
  }
}

async function checkFile(path: string, runs: PairsByRun, report: Report) {
  let kind: FileKind | undefined;
  try {
    await access(path, constants.R_OK).catch((error) => {
      throw unreadable(path, systemCode(error), error);
    });
    kind = kindOfName(basename(path)) ?? (await readKind(path));
    if (kind === undefined) {
      const known = 'ContentUserCompletion, Non_Completed_Assignments, CourseCatalog, StandAloneContent or employees';
      report(null, `neither its name nor its header says that it is a ${known} file`);
    } else if (kind !== PLACEHOLDER_KIND) {
      const rows = isFeed(kind)
        ? await checkFeed(path, kind, runs.pairsFor(path, kind), report)
        : await checkInput(path, kind, report);
      return { kind, checked: true, rows };
    }
  } catch (error) {
    reportError(error, path, report);
  }
  return { kind: kind ?? null, checked: false, rows: 0 };
}

async function readKind(path: string): Promise<FeedKind | InputKind | undefined> {
  for await (const { fields } of readCsvRows({ path, invalidCode: 'CATALOG_INVALID' })) {
    if (!standsBeforeHeader('employees', fields)) return kindOfHeader(fields);
  }
  return undefined;
}

/** @returns how many rows the feed has. */
async function checkFeed(path: string, kind: FeedKind, pairs: RunPairs, report: Report): Promise<number> {
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
        report(line, `the header is not ${rules.columns.map((name) => `"${name}"`).join()}`);
      }
    },
  });
  if (rows < 0) report(1, 'the file is empty; a feed without rows has its header');
  return Math.max(rows, 0);
}

/** @returns how many rows the file has. */
async function checkInput(path: string, kind: InputKind, report: Report): Promise<number> {
  let rules: InputRules | undefined;
  let rows = 0;
  try {
    const comments = kind === 'employees';
    for await (const { line, fields } of readCsvRows({ path, invalidCode: 'CATALOG_INVALID', comments })) {
      if (rules !== undefined) {
        const problems = rules(fields);
        if (problems === null) continue;
        rows += 1;
        for (const problem of problems) report(line, problem);
      } else if (!standsBeforeHeader(kind, fields)) rules = inputRules(kind, fields, `${path}:${line}`);
    }
    if (rules === undefined) report(1, 'the file is empty; it has not even a header');
    else if (rows === 0 && kind === 'employees') report(null, 'the file holds no employees');
  } catch (error) {
    reportError(error, path, report);
  }
  return rows;
}

/** An error's own words, without the place that they begin with. */
function reportError(error: unknown, path: string, report: Report): void {
  if (!(error instanceof BtcFakeError)) throw error;
  const prefix = [path, basename(path)].find((name) => error.message.startsWith(`${name}:`)) ?? '';
  const [, line, problem] = /^(?::(\d+))?: (.*)$/s.exec(error.message.slice(prefix.length)) ?? [];
  report(line === undefined ? null : Number(line), problem ?? error.message);
}

function isFeed(kind: FileKind): kind is FeedKind {
  return FEED_KINDS.some((feed) => feed === kind);
}

/** The pairs of feeds whose other half is still to come. */
class PairsByRun {
  readonly #expected = new Map<string, Set<FileKind>>();
  readonly #read = new Map<string, { readonly kind: FeedKind; readonly pairs: PairSet }>();

  constructor(paths: readonly string[]) {
    for (const path of paths) {
      const run = runOf(path);
      const kind = kindOfName(basename(path));
      if (run === undefined || kind === undefined) continue;
      this.#expected.set(run, (this.#expected.get(run) ?? new Set()).add(kind));
    }
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
  const tail = runTailOfName(basename(path));
  return tail === undefined ? undefined : join(dirname(path), tail);
}
