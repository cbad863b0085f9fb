import type { Logger } from 'pino';
import type { Notice } from '../../domain/run/notice.ts';

/**
 * Logs what a stage did without, guessed or left out: a warning for each, with code and count in fields of their own.
 */
export function logNotices(logger: Logger, notices: readonly Notice[]): void {
  for (const { code, text, count, firstLine } of notices) logger.warn({ notice: code, count, firstLine }, text);
}
