import { pipeline, type Readable } from 'node:stream';
import { parse } from 'fast-csv';

/** The first records of a CSV file. */
export interface CsvPreview {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What comes after them cannot be read as CSV. */
  readonly broken: boolean;
}

/**
 * Reads a header and at most `limit` records from a stream, and destroys it then: no more of it is read than that
 * takes.
 */
export async function previewCsv(bytes: Readable, limit: number): Promise<CsvPreview> {
  const parser = parse({ headers: false, ignoreEmpty: true });
  const closed = new Promise<void>((resolve) => {
    // What goes wrong is seen by the loop below. When the parser is destroyed, so are the bytes.
    pipeline(bytes, parser, () => resolve());
  });
  const records: string[][] = [];
  let broken = false;
  try {
    for await (const fields of parser as AsyncIterable<string[]>) {
      records.push(fields);
      if (records.length > limit) break;
    }
  } catch {
    broken = true;
  } finally {
    parser.destroy();
    await closed;
  }
  const [header = [], ...rows] = records;
  return { header, rows, broken };
}
