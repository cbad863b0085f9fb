import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline, Transform } from 'node:stream';
import { parse } from 'fast-csv';
import { BtcFakeError, type ErrorCode, systemCode } from '../../domain/errors.ts';
import { CommentLines } from './comments.ts';
import { lineOfBadUtf8, lineOfStrayText } from './fault.ts';

/** One record of a CSV file. */
export interface CsvRow {
  /** The line that the record starts on, from 1. */
  readonly line: number;
  /** Empty for a blank line. */
  readonly fields: readonly string[];
}

/**
 * A record that is longer was never meant: a quote is not closed. To look for its end in all the remaining text of a
 * large file would take the parser hours, and as much memory as the file.
 */
const MAX_RECORD_BYTES = 1024 * 1024;

/** How the caller wants errors of a file to be named, and what else wants to see its bytes. */
export interface CsvSource {
  readonly path: string;
  /** The code for a file that is no CSV in UTF-8. */
  readonly invalidCode: ErrorCode;
  /** Sees every chunk, for example to compute a hash on the way. */
  readonly onBytes?: (chunk: Buffer) => void;
  /** Whether a line that starts with `#` is a comment; it is then given out as a blank line. */
  readonly comments?: boolean;
}

/**
 * Streams the records of a CSV file in UTF-8: a byte-order mark, CRLF and quoted fields (with line breaks in them) are
 * fine, memory does not grow with the file.
 * @throws BtcFakeError FILE_UNREADABLE, or `invalidCode` with `FILE:LINE` when the file is no CSV in UTF-8.
 */
export async function* readCsvRows({ path, invalidCode, onBytes, comments }: CsvSource): AsyncGenerator<CsvRow> {
  const name = basename(path);
  const parser = parse({ headers: false, ignoreEmpty: false });
  let bytesSinceRow = 0;
  const see = (chunk: Buffer) => {
    onBytes?.(chunk);
    bytesSinceRow += chunk.length;
    if (bytesSinceRow > MAX_RECORD_BYTES) throw new EndlessRecordError();
  };
  const closed = new Promise<void>((resolve) => {
    // The generator below learns of an error from the parser, which the pipeline destroys with it.
    pipeline(createReadStream(path), decodeUtf8(see, comments ? new CommentLines() : undefined), parser, () =>
      resolve(),
    );
  });
  let line = 1;
  try {
    for await (const fields of parser as AsyncIterable<string[]>) {
      bytesSinceRow = 0;
      yield { line, fields };
      line += 1 + fields.reduce((breaks, field) => breaks + countLineBreaks(field), 0);
    }
  } catch (error) {
    throw await csvError(error, { name, path, line, invalidCode, comments });
  } finally {
    parser.destroy();
    await closed;
  }
}

class EndlessRecordError extends Error {}

function decodeUtf8(onBytes: (chunk: Buffer) => void, comments: CommentLines | undefined): Transform {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const withoutComments = (text: string) => (comments ? comments.empty(text) : text);
  return new Transform({
    decodeStrings: false,
    readableObjectMode: false,
    transform(chunk: Buffer, _encoding, done) {
      decodeInto(
        this,
        () => {
          onBytes(chunk);
          return withoutComments(decoder.decode(chunk, { stream: true }));
        },
        done,
      );
    },
    flush(done) {
      decodeInto(this, () => withoutComments(decoder.decode()), done);
    },
  });
}

function decodeInto(target: Transform, decode: () => string, done: (error?: Error) => void): void {
  try {
    target.push(decode(), 'utf8');
    done();
  } catch (error) {
    done(error as Error);
  }
}

function countLineBreaks(field: string): number {
  return field.includes('\n') || field.includes('\r') ? field.split(/\r\n|\n|\r/).length - 1 : 0;
}

async function csvError(
  error: unknown,
  at: { name: string; path: string; line: number; invalidCode: ErrorCode; comments: boolean | undefined },
): Promise<BtcFakeError> {
  if (error instanceof BtcFakeError) return error;
  if (error instanceof EndlessRecordError) {
    return new BtcFakeError(at.invalidCode, 'the record is longer than 1 MiB', {
      place: { file: at.name, line: at.line },
      remedy: 'Close the quotes of every quoted field, and double every quote inside it.',
      cause: error,
    });
  }
  const code = systemCode(error);
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    const line = (await lineOfBadUtf8(at.path).catch(() => undefined)) ?? at.line;
    return new BtcFakeError(at.invalidCode, 'there are bytes that are not UTF-8', {
      place: { file: at.name, line },
      remedy: 'Save the file as UTF-8.',
      cause: error,
    });
  }
  if (error instanceof Error && error.message.startsWith('Parse Error')) {
    const isOpen = error.message.includes('missing closing');
    const what = isOpen ? 'a quoted field is never closed' : 'something stands behind the closing quote of a field';
    const line = isOpen
      ? at.line
      : ((await lineOfStrayText(at.path, at.comments ? new CommentLines() : undefined)) ?? at.line);
    return new BtcFakeError(at.invalidCode, what, {
      place: { file: at.name, line },
      remedy: 'Double every quote inside a quoted field.',
      cause: error,
    });
  }
  return unreadable(at.path, code, error);
}

/** The error for a file that the system does not let us read. */
export function unreadable(path: string, code: string | undefined, cause: unknown): BtcFakeError {
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'reading it is not allowed',
    EISDIR: 'it is a folder',
  };
  const reason = reasons[code ?? ''] ?? `it cannot be read${code ? ` (${code})` : ''}`;
  return new BtcFakeError('FILE_UNREADABLE', reason, {
    place: { file: path },
    remedy: 'Check the path, and that this user may read it.',
    cause,
  });
}
