import { BtcFakeError, systemCode } from '../../domain/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  EACCES: 'writing there is not allowed',
  EPERM: 'writing there is not allowed',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a part of the path is a file',
};
/** Codes that only writing can meet. */
const WRITING_ALONE = ['ENOSPC', 'EDQUOT', 'EROFS'];

/** Why a file or a folder could not be written: BtcFakeError OUTPUT_UNWRITABLE. @param cause the system's error. */
export function writeFailure(path: string, cause: unknown, remedy: string): BtcFakeError {
  const code = systemCode(cause);
  const reason = REASONS[code ?? ''] ?? `it cannot be written${code ? ` (${code})` : ''}`;
  return new BtcFakeError('OUTPUT_UNWRITABLE', `${path}: ${reason}`, { remedy, cause });
}

/**
 * The same for a system error that has no explanation yet, such as a full disk under a command's own files; undefined
 * when the error is not about writing. If the system names no file, the working folder is named.
 */
export function unexplainedWriteFailure(error: unknown): BtcFakeError | undefined {
  if (!WRITING_ALONE.includes(systemCode(error) ?? '')) return undefined;
  const { path } = error as { path?: unknown };
  const place = typeof path === 'string' ? path : process.cwd();
  return writeFailure(place, error, 'Free space there, or run the command in another folder.');
}
