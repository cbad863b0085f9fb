import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemCode } from '../../domain/errors.ts';
import { completionsInSummaryLine, manifestNameOf, parseRunFileName } from '../../domain/run/file-names.ts';
import type { OutputFile } from '../../domain/run/manifest.ts';
import { count, plural } from '../../domain/wording.ts';
import { readFeedRecords } from '../csv/feed-records.ts';
import { unreadable } from '../csv/rows.ts';
import { fileSha256 } from '../disk/feed-files.ts';

/** Gets what is wrong with a file as a whole. */
type Report = (problem: string) => void;

/** The part of a manifest that says what a run wrote. */
export interface WrittenFiles {
  /** The manifest's path. */
  readonly manifest: string;
  readonly outputs: ReadonlyMap<string, OutputFile>;
}

const SHOWN_HASH = 12;

/**
 * Reads what a run wrote from its manifest. @returns undefined, and reports why, when the file is no manifest.
 * @throws BtcFakeError FILE_UNREADABLE.
 */
export async function readWrittenFiles(manifest: string, report: Report): Promise<WrittenFiles | undefined> {
  const text = await readFile(manifest, 'utf8').catch((error) => {
    throw unreadable(manifest, systemCode(error), error);
  });
  const outputs = parseOutputs(text);
  if (outputs === undefined) {
    report('this is no manifest of a run: it does not list outputs with name, rows and SHA-256');
    return undefined;
  }
  return { manifest, outputs: new Map(outputs.map((output) => [output.name, output])) };
}

/** The manifest that lies beside a file of a run, read; undefined where there is none or it is no manifest. */
export async function writtenFilesBeside(path: string): Promise<WrittenFiles | undefined> {
  const name = parseRunFileName(basename(path));
  if (name === undefined) return undefined;
  const manifest = join(dirname(path), manifestNameOf(name.tail));
  const isThere = await stat(manifest)
    .then((stats) => stats.isFile())
    .catch(() => false);
  return isThere ? readWrittenFiles(manifest, () => {}) : undefined;
}

function parseOutputs(text: string): OutputFile[] | undefined {
  try {
    const { outputs } = JSON.parse(text) as { outputs?: unknown };
    return Array.isArray(outputs) && outputs.every(isOutput) ? outputs : undefined;
  } catch {
    return undefined;
  }
}

function isOutput(value: unknown): value is OutputFile {
  const { name, rows, sha256 } = (value ?? {}) as Partial<Record<keyof OutputFile, unknown>>;
  return typeof name === 'string' && typeof rows === 'number' && typeof sha256 === 'string';
}

/**
 * Compares a file with what the run wrote, according to the manifest: its SHA-256; where that differs, its rows and,
 * for completions, the employees in it, as the summary beside it has them.
 * @param rows how many the file has; undefined where nobody counted them.
 * @throws BtcFakeError FILE_UNREADABLE.
 */
export async function compareWithManifest(
  path: string,
  { manifest, outputs }: WrittenFiles,
  rows: number | undefined,
  report: Report,
): Promise<void> {
  const written = outputs.get(basename(path));
  if (written === undefined) {
    report(`${basename(manifest)} does not name it among the files that the run wrote`);
    return;
  }
  const sha256 = await fileSha256(path);
  if (sha256 === written.sha256) return;
  const shown = (hash: string) => `${hash.slice(0, SHOWN_HASH)}…`;
  report(
    `it is not what the run wrote: its SHA-256 is ${shown(sha256)}, in ${basename(manifest)} it is ${shown(written.sha256)}`,
  );
  if (rows !== undefined && rows !== written.rows) {
    report(`it has ${plural(rows, 'row')}, the run wrote ${count(written.rows)}`);
  }
  if (/^ContentUserCompletion/i.test(basename(path))) await compareEmployees(path, outputs, report);
}

/**
 * Checks a manifest: what it lists is there and, except for the files that are checked by themselves, as the run wrote
 * it.
 * @param checked the names of files in the same folder that are checked by themselves.
 * @returns how many files it lists.
 * @throws BtcFakeError FILE_UNREADABLE.
 */
export async function checkManifest(path: string, checked: ReadonlySet<string>, report: Report): Promise<number> {
  const written = await readWrittenFiles(path, report);
  if (written === undefined) return 0;
  for (const name of written.outputs.keys()) {
    const output = join(dirname(path), name);
    const isThere = await stat(output)
      .then((stats) => stats.isFile())
      .catch(() => false);
    if (!isThere) report(`${name} is not beside it, and the run wrote it`);
    else if (!checked.has(name))
      await compareWithManifest(output, written, undefined, (problem) => report(`${name}: ${problem}`));
  }
  return written.outputs.size;
}

/** Names the employees whose completions the feed does not have as the summary, if it is unchanged, says. */
async function compareEmployees(path: string, outputs: WrittenFiles['outputs'], report: Report): Promise<void> {
  const summary = [...outputs.values()].find(({ name }) => parseRunFileName(name)?.about === 'summary');
  if (summary === undefined) return;
  const summaryPath = join(dirname(path), summary.name);
  const isUnchanged = await fileSha256(summaryPath)
    .then((sha256) => sha256 === summary.sha256)
    .catch(() => false);
  if (!isUnchanged) return;
  const inFeed = await completionsByEmployee(path);
  for await (const line of createInterface({
    input: createReadStream(summaryPath),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    // The employees come first; what follows the blank line is about the run.
    if (line === '') break;
    const said = completionsInSummaryLine(line);
    if (said === undefined) continue;
    const found = inFeed.get(said.employeeId) ?? 0;
    inFeed.delete(said.employeeId);
    if (found !== said.completions) report(difference(said.employeeId, found, said.completions));
  }
  for (const [employeeId, found] of inFeed) report(difference(employeeId, found, 0));
}

function difference(employeeId: number, found: number, written: number): string {
  return `employee ${employeeId} has ${plural(found, 'completion')} here, and ${count(written)} in the summary`;
}

async function completionsByEmployee(path: string): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  let isHeader = true;
  await readFeedRecords(path, {
    onFlaw: () => {},
    onMalformed: () => {
      isHeader = false;
    },
    onRecord: (_line, [userId]) => {
      if (!isHeader) counts.set(Number(userId), (counts.get(Number(userId)) ?? 0) + 1);
      isHeader = false;
    },
  });
  return counts;
}
