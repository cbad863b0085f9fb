import { basename } from 'node:path';
import { BtcFakeError } from '../../domain/errors.ts';
import { printable } from '../../domain/quoted-value.ts';

/** One thing that is wrong with a file. */
export interface FileProblem {
  /** From 1; null when it is the file as a whole. */
  readonly line: number | null;
  readonly problem: string;
}

/** Gets what is wrong with a file, in file order. */
export type Report = (line: FileProblem['line'], problem: string) => void;

/** Reports an error as a problem of its file: its own words, without the place that they begin with. */
export function reportError(error: unknown, path: string, report: Report): void {
  if (!(error instanceof BtcFakeError)) throw error;
  const prefix = [path, basename(path)].map(printable).find((name) => error.message.startsWith(`${name}:`)) ?? '';
  const [, line, problem] = /^(?::(\d+))?: (.*)$/s.exec(error.message.slice(prefix.length)) ?? [];
  report(line === undefined ? null : Number(line), problem ?? error.message);
}
