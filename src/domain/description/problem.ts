import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { BtcFakeError, type ErrorCode } from '../errors.ts';

/** The way to a value: keys, and positions in lists. */
export type Path = readonly (string | number)[];

/** A mistake in a description: where, and what is wrong. */
export interface Problem {
  readonly path: Path;
  readonly what: string;
}

/** A mistake with its line, from 1. */
export interface PlacedProblem {
  /** When it is not in the file that is checked, but in a file that it names. */
  readonly file?: string;
  readonly line: number;
  readonly what: string;
}

/** Finds the line, from 1, on which the last known step of a path begins: its key where it has one. */
export function lineFinder(document: Document, lines: LineCounter): (path: Path) => number {
  return (path) => lines.linePos(positionOf(document.contents, path)).line;
}

/** The same for a text that is known to be a right description. */
export function lineFinderOf(text: string): (path: Path) => number {
  const lines = new LineCounter();
  return lineFinder(parseDocument(text, { lineCounter: lines }), lines);
}

/** BtcFakeError LAKEHOUSE_INVALID, whose `lines` hold every problem as `FILE:LINE: what`, in the order of the lines. */
export function invalidDescription(file: string, problems: readonly PlacedProblem[]): BtcFakeError {
  return invalidFile('LAKEHOUSE_INVALID', file, problems, 'docs/databricks.md explains every setting of it.');
}

/** The same for any file that people edit. @param help where the file is explained, as a sentence. */
export function invalidFile(
  code: ErrorCode,
  file: string,
  problems: readonly PlacedProblem[],
  help: string,
): BtcFakeError {
  const inOrder = [...problems].sort(
    (a, b) => Number(a.file !== undefined) - Number(b.file !== undefined) || a.line - b.line,
  );
  const lines = [...new Set(inOrder.map(({ file: own, line, what }) => `${own ?? file}:${line}: ${what}`))];
  const files = [...new Set(inOrder.map((one) => one.file ?? file))];
  const count = lines.length === 1 ? 'One error' : `${lines.length} errors`;
  return new BtcFakeError(code, `${count} in ${files.join(' and ')}`, {
    lines,
    remedy: `Correct ${files.length === 1 ? 'the file' : 'the files'}; ${help}`,
  });
}

/** The offset at which the last known step of a path begins: its key where it has one. */
function positionOf(contents: Node | null, path: Path): number {
  let node: unknown = contents;
  let position = contents?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) return position;
      position = (pair.key as Node).range?.[0] ?? position;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      position = (node as Node | undefined)?.range?.[0] ?? position;
    }
  }
  return position;
}
