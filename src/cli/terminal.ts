import { styleText } from 'node:util';
import { systemCode } from '../domain/errors.ts';

type Style = Parameters<typeof styleText>[0];

/** Lets the process do its work to the end when nobody reads its output any more (`btc-fake run | head -1`). */
export function outliveReaders(): void {
  for (const output of [process.stdout, process.stderr]) {
    output.on('error', (error) => {
      if (systemCode(error) !== 'EPIPE') throw error;
    });
  }
}

/** Results: standard output, one line. */
export function printResult(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One JSON value on standard output, for machines. */
export function printJson(value: unknown): void {
  printResult(JSON.stringify(value));
}

/** Progress and everything else for a person: standard error, one line. */
export function printProgress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Whether standard error is a terminal that wants colours (`NO_COLOR` and `FORCE_COLOR` respected). */
export function wantsColour(): boolean {
  return process.stderr.hasColors?.() === true;
}

/** Text in a style on a terminal, as it is elsewhere. */
export function styled(style: Style, text: string): string {
  return wantsColour() ? styleText(style, text) : text;
}

/** Rows with aligned columns; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[], index: number) =>
    row
      .map((cell, column) => {
        const number = index > 0 && typeof rows[index - 1]![column] === 'number';
        return number ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
      })
      .join('  ')
      .trimEnd();
  return cells.map(line);
}

/** Milliseconds as a person reads them: `850 ms`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A count with thousands grouped: `12,345`. */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** `1 employee`, `2 employees`. */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}
