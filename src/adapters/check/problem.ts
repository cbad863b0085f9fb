import { basename } from 'node:path';
import { BtcFakeError } from '../../domain/errors.ts';

/** One thing that is wrong with a file. */
export interface FileProblem {
  /** From 1; null when it is the file as a whole. */
  readonly line: number | null;
  readonly problem: string;
}

/** Gets what is wrong with a file, in file order. */
export type Report = (line: FileProblem['line'], problem: string) => void;

/** Reports an error as a problem of its file: its own words, without the place when that is in the file. */
export function reportError(error: unknown, path: string, report: Report): void {
  if (!(error instanceof BtcFakeError)) throw error;
  const { place, what, message } = error;
  if (place !== undefined && [path, basename(path)].includes(place.file)) report(place.line ?? null, what);
  else report(null, message);
}
