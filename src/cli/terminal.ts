import { styleText } from 'node:util';
import { systemCode } from '../domain/errors.ts';
import { EXIT } from './exit-codes.ts';

type Style = Parameters<typeof styleText>[0];

/**
 * Lets the process do its work to the end when nobody reads its output any more (`btc-fake run | head -1`), or the disk
 * that takes it is full. Results that could not be written are an error; for messages nobody is left who could be told.
 */
export function outliveReaders(): void {
  let isTold = false;
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error) => {
    if (isTold || systemCode(error) === 'EPIPE') return;
    isTold = true;
    process.exitCode = EXIT.error;
    printProgress(`btc-fake: The result could not be written (${systemCode(error) ?? 'unknown'}) (OUTPUT_UNWRITABLE)`);
    printProgress('  Free space where standard output goes.');
  });
}

/** Results: standard output, one line. */
export function printResult(line: string): void {
  clearForLine();
  process.stdout.write(`${line}\n`);
}

/** One JSON value on standard output, for machines. */
export function printJson(value: unknown): void {
  printResult(JSON.stringify(value));
}

let takeAway: (() => void) | undefined;

/**
 * Has something that stands on the terminal's last line (a progress bar) taken away before the next line is written
 * there.
 */
export function beforeNextLine(take: () => void): void {
  takeAway = take;
}

/** Makes the terminal ready for a line of somebody else's, such as the logger. */
export function clearForLine(): void {
  takeAway?.();
  takeAway = undefined;
}

/** Progress and everything else for a person: standard error, one line. */
export function printProgress(line: string): void {
  clearForLine();
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
