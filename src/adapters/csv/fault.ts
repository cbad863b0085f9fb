import { createReadStream } from 'node:fs';
import { systemCode } from '../../domain/errors.ts';
import type { CommentLines } from './comments.ts';

const LF = 10;
const CR = 13;

type Place = 'before a field' | 'bare' | 'quoted' | 'behind a quote' | 'behind a closed field';

/**
 * The line, from 1, of the first record with text behind the closing quote of a field; undefined without one. It reads
 * the file again, because the parser fails on a whole piece of it at once.
 * @param comments given when lines that start with `#` do not count.
 */
export async function lineOfStrayText(path: string, comments?: CommentLines): Promise<number | undefined> {
  let place: Place = 'before a field';
  let line = 1;
  let recordLine = 1;
  let previous = '';
  for await (const text of createReadStream(path, 'utf8') as AsyncIterable<string>) {
    for (const character of comments ? comments.empty(text) : text) {
      const isBreak = character === '\n' || character === '\r';
      if (isBreak && !(character === '\n' && previous === '\r')) line += 1;
      previous = character;
      if (place === 'quoted') {
        if (character === '"') place = 'behind a quote';
      } else if (place === 'behind a quote' && character === '"') {
        place = 'quoted';
      } else if (isBreak) {
        place = 'before a field';
        recordLine = line;
      } else if (character === ',') {
        place = 'before a field';
      } else if (/\S/.test(character)) {
        if (place === 'behind a quote' || place === 'behind a closed field') return recordLine;
        if (place === 'before a field') place = character === '"' ? 'quoted' : 'bare';
      } else if (place === 'behind a quote') {
        place = 'behind a closed field';
      }
    }
  }
  return undefined;
}

/**
 * The line, from 1, on which a file stops being UTF-8; undefined when it never does. Decoded again line by line, since
 * a decoder only says of a whole piece that something in it is wrong.
 */
export async function lineOfBadUtf8(path: string): Promise<number | undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let previous = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      let from = 0;
      for (const [i, byte] of chunk.entries()) {
        // A line feed behind a carriage return ends no further line.
        const isLineEnd = byte === LF ? previous !== CR : byte === CR;
        previous = byte;
        if (!isLineEnd) continue;
        decoder.decode(chunk.subarray(from, i + 1), { stream: true });
        from = i + 1;
        line += 1;
      }
      decoder.decode(chunk.subarray(from), { stream: true });
    }
    decoder.decode();
    return undefined;
  } catch (error) {
    if (systemCode(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA') return line;
    throw error;
  }
}
