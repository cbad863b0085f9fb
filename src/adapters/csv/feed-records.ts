import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { systemCode } from '../../domain/errors.ts';
import { parseStrictRecord } from '../../domain/feeds/strict-csv.ts';
import { unreadable } from './rows.ts';

/** Who gets what a feed holds. Lines are counted from 1; a record is named by the line that it starts on. */
export interface FeedRecordReader {
  readonly onRecord: (line: number, fields: readonly string[]) => void;
  /** A line that is no record at all. */
  readonly onMalformed: (line: number, reason: string) => void;
  /** Something about the file's bytes that leaves its records readable. */
  readonly onFlaw: (line: number, reason: string) => void;
}

const LF = 0x0a;
const BYTE_ORDER_MARK = '\uFEFF';
const READ_BYTES = 256 * 1024;
const MAX_LINE_BYTES = 1024 * 1024;
/** A field may hold line breaks; in a longer record a quote is missing. */
const MAX_RECORD_LINES = 100;

/**
 * Streams the records of a feed and checks its bytes (contract section 5): UTF-8 without a byte-order mark, LF line
 * ends and a final one, every field quoted. After a fault it continues with the next line. Memory stays flat.
 * @throws BtcFakeError FILE_UNREADABLE.
 */
export async function readFeedRecords(path: string, reader: FeedRecordReader): Promise<void> {
  const lines = new LineReader(reader);
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = bytes.lastIndexOf(LF) + 1;
      if (end > 0) lines.addLines(bytes.subarray(0, end - 1));
      rest = bytes.subarray(end);
      if (rest.length > MAX_LINE_BYTES) {
        lines.finish();
        reader.onMalformed(lines.next, 'the line is longer than 1 MiB; the file was not read further');
        return;
      }
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw unreadable(path, systemCode(error), error);
  }
  if (rest.length > 0) {
    const last = lines.next;
    lines.addLines(rest);
    reader.onFlaw(last, 'the file does not end with a line end (LF)');
  }
  lines.finish();
}

/** Makes records of lines. */
class LineReader {
  readonly #reader: FeedRecordReader;
  #next = 1;
  #sawCarriageReturn = false;
  /** The lines of a record that ends inside a quoted field so far, and the number of the first. */
  #open: { readonly start: number; readonly field: number; readonly lines: readonly string[] } | undefined;

  constructor(reader: FeedRecordReader) {
    this.#reader = reader;
  }

  /** The number of the line that comes next. */
  get next(): number {
    return this.#next;
  }

  /** Takes whole lines, with an LF between each two of them. */
  addLines(bytes: Buffer): void {
    if (isUtf8(bytes)) {
      for (const line of bytes.toString('utf8').split('\n')) this.#addLine(line);
      return;
    }
    for (let at = 0; at <= bytes.length; ) {
      const lf = bytes.indexOf(LF, at);
      const line = bytes.subarray(at, lf < 0 ? bytes.length : lf);
      if (isUtf8(line)) this.#addLine(line.toString('utf8'));
      else this.#addBrokenLine();
      at += line.length + 1;
    }
  }

  /** Ends the file. */
  finish(): void {
    while (this.#open !== undefined) this.#giveUpOpen();
  }

  #addLine(line: string): void {
    const number = this.#next++;
    const marked = number === 1 && line.startsWith(BYTE_ORDER_MARK);
    if (marked) this.#reader.onFlaw(1, 'the file begins with a byte-order mark');
    this.#read(number, marked ? line.slice(1) : line);
  }

  #addBrokenLine(): void {
    this.finish();
    this.#reader.onMalformed(this.#next++, 'there are bytes that are not UTF-8');
  }

  #read(number: number, line: string): void {
    const { start, lines } = this.#open ?? { start: number, lines: [] };
    const carriageReturn = line.endsWith('\r');
    const text = [...lines, carriageReturn ? line.slice(0, -1) : line].join('\n');
    const record = parseStrictRecord(text);
    if (record.kind === 'record') {
      this.#open = undefined;
      if (carriageReturn) this.#noteCarriageReturn(number);
      this.#reader.onRecord(start, record.fields);
    } else if (record.kind === 'open') {
      this.#open = { start, field: record.field, lines: [...lines, line] };
      if (lines.length + 1 === MAX_RECORD_LINES) this.#giveUpOpen();
    } else if (this.#open !== undefined) {
      this.#open = { ...this.#open, lines: [...lines, line] };
      this.#giveUpOpen();
    } else {
      this.#reader.onMalformed(number, text === '' ? 'the line is blank' : record.reason);
    }
  }

  /** The record was never one: says so of its first line, and reads the others as if they stood by themselves. */
  #giveUpOpen(): void {
    const { start, field, lines } = this.#open!;
    this.#open = undefined;
    this.#reader.onMalformed(start, `the quotes of field ${field} are never closed, or a quote in it is not doubled`);
    for (const [index, line] of lines.slice(1).entries()) this.#read(start + 1 + index, line);
  }

  #noteCarriageReturn(number: number): void {
    if (this.#sawCarriageReturn) return;
    this.#sawCarriageReturn = true;
    this.#reader.onFlaw(number, 'the line ends with CRLF, not LF (said once for the file)');
  }
}
