import { open } from 'node:fs/promises';
import { BtcFakeError } from '../../domain/errors.ts';
import { type ForeignShape, foreignShape } from '../../domain/feeds/csv-shape.ts';

const LOOKED_AT_BYTES = 64 * 1024;

/**
 * What a file is that is no CSV with commas in UTF-8; undefined when its beginning looks like that, or cannot be read.
 */
export async function shapeOf(path: string): Promise<ForeignShape | undefined> {
  const file = await open(path).catch(() => undefined);
  try {
    const { buffer, bytesRead } = (await file?.read(Buffer.alloc(LOOKED_AT_BYTES), 0, LOOKED_AT_BYTES, 0)) ?? {};
    return bytesRead ? foreignShape(buffer!.subarray(0, bytesRead)) : undefined;
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}

/**
 * Lets `read` read a CSV file. When that refuses the file, and the file is something else than CSV with commas, the
 * error says what it is instead of what the parser met, under the same code.
 * @param name how the error names the file.
 */
export async function explainShape<T>(path: string, name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof BtcFakeError)) throw error;
    const shape = await shapeOf(path);
    if (shape === undefined) throw error;
    throw new BtcFakeError(error.code, shape.what, { place: { file: name }, remedy: shape.remedy, cause: error });
  }
}
