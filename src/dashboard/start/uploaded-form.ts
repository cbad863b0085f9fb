import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';

/** A form as it was sent. */
export interface UploadedForm {
  /** The text of each field; of a field sent twice, the last. */
  readonly fields: ReadonlyMap<string, string>;
  /** Where the uploaded file is kept, under its own name as far as that is harmless; absent when none was chosen. */
  readonly path?: string;
  /** Only the beginning of the file was kept. */
  readonly isCut: boolean;
}

/** A population of several millions. */
export const UPLOAD_LIMIT_BYTES = 64 * 1024 * 1024;

const LIMITS = {
  fileSize: UPLOAD_LIMIT_BYTES,
  files: 1,
  fields: 20,
  fieldSize: 4 * 1024,
  fieldNameSize: 100,
  parts: 21,
};
const LONGEST_NAME = 100;

/** Lets the routes of an app take forms with a file. */
export async function acceptUploads(app: FastifyInstance): Promise<void> {
  await app.register(multipart, { limits: LIMITS, throwFileSizeLimit: false });
}

/**
 * Reads a form; a file in it goes straight to a folder that only this user can read, and that is gone when `work` is
 * done, whatever becomes of it.
 * @throws BtcFakeError OUTPUT_UNWRITABLE when the file cannot be kept; what Fastify answers with a 4xx when the form is
 * no form, has too many fields or breaks off; and what `work` throws.
 */
export async function withUploadedForm<T>(
  request: FastifyRequest,
  work: (form: UploadedForm) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), `btc-fake-upload-${process.pid}-`));
  try {
    return await work(await readForm(request, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readForm(request: FastifyRequest, folder: string): Promise<UploadedForm> {
  const fields = new Map<string, string>();
  let path: string | undefined;
  let isCut = false;
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      fields.set(part.fieldname, String(part.value));
    } else if (!part.filename) {
      // No file was chosen; then some parsers give no name at all.
      part.file.resume();
    } else {
      path = join(folder, harmlessName(part.filename));
      await pipeline(part.file, createWriteStream(path, { mode: 0o600 })).catch(notKept);
      isCut = part.file.truncated;
    }
  }
  return { fields, isCut, ...(path === undefined ? {} : { path }) };
}

function notKept(cause: unknown): never {
  const code = systemCode(cause);
  if (code === undefined || !/^E[A-Z]+$/.test(code)) throw cause;
  throw new BtcFakeError('OUTPUT_UNWRITABLE', `The uploaded file could not be kept (${code})`, {
    remedy: 'Free space where this machine keeps temporary files (TMPDIR), then try again.',
    cause,
  });
}

/** The last part of a name without what file systems or terminals take for something else. */
export function harmlessName(filename: string): string {
  const last = filename.split(/[/\\]/).at(-1)!;
  const name = last.replace(/[^\p{L}\p{N} ._()+-]/gu, '_').replace(/^[. ]+/, '');
  return Array.from(name).slice(0, LONGEST_NAME).join('') || 'uploaded.csv';
}
