import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { Manifest } from '../../src/domain/run/manifest.ts';

/** The files of a finished run, as they lie on the disk. */
export interface RunFiles {
  readonly completions: string;
  readonly nonCompleted: string;
  readonly summary: string;
  readonly manifest: Manifest;
  /** SHA-256 of the two feeds; a run with the same seed, `--as-of` and inputs has the same. */
  readonly hashes: { readonly completions: string; readonly nonCompleted: string };
}

/** Reads the files that a run reports; paths are relative to the folder that the command ran in. */
export async function readRunFiles(report: RunReport, folder: string): Promise<RunFiles> {
  const read = async (prefix: string): Promise<string> => {
    const file = report.files.find(({ name }) => name.startsWith(prefix));
    if (!file) throw new Error(`The run ${report.runId} (${report.state}) has no ${prefix} file`);
    return readFile(resolve(folder, file.path), 'utf8');
  };
  const completions = await read('ContentUserCompletion');
  const nonCompleted = await read('Non_Completed_Assignments');
  const summary = await read('Run_');
  const manifest = JSON.parse(await readFile(resolve(folder, report.manifest!), 'utf8')) as Manifest;
  const hashes = { completions: sha256(completions), nonCompleted: sha256(nonCompleted) };
  return { completions, nonCompleted, summary, manifest, hashes };
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The rows of a feed below its header, without the quotes; throws when a line is not written as section 5 says. */
export function feedRows(text: string): string[][] {
  if (!text.endsWith('\n') || text.includes('\r') || text.startsWith('\uFEFF')) throw new Error('Wrong line ends');
  const lines = text.slice(0, -1).split('\n');
  return lines.slice(1).map((line) => {
    if (!/^"[^"]*"(,"[^"]*")*$/.test(line)) throw new Error(`Not every field is quoted: ${line}`);
    return line.slice(1, -1).split('","');
  });
}
