import { BtcFakeError } from '../errors.ts';

const BASE_MS = 1_000;
const CAP_MS = 60_000;
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

// RFC 9110, 5.6.7: the preferred form and two obsolete forms, which a recipient must accept. Date.parse alone would
// take nonsense such as "foo 5" for a date.
const HTTP_DATES = [
  /^[A-Z][a-z]{2}, (?<day>\d{2}) [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d{2})-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} (?<day>[ \d]\d) \d{2}:\d{2}:\d{2} \d{4}$/,
];

/**
 * How many milliseconds a `Retry-After` header asks to wait from `nowMs` (epoch milliseconds): seconds or an HTTP date,
 * 0 for a past date, at most 10 minutes; undefined without either (contract section 1, "Recommendations").
 */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const waitMs = /^\d+(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * 1_000) : parseHttpDate(text, nowMs);
  return waitMs === undefined ? undefined : Math.min(Math.max(waitMs, 0), LONGEST_RETRY_AFTER_MS);
}

function parseHttpDate(text: string, nowMs: number): number | undefined {
  const day = HTTP_DATES.map((pattern) => pattern.exec(text)?.groups?.day).find((found) => found !== undefined);
  if (day === undefined) return undefined;
  const date = new Date(text.endsWith('GMT') ? text : `${text} GMT`);
  // 31 February would roll over into March.
  return date.getUTCDate() === Number(day) ? date.getTime() - nowMs : undefined;
}

/** What the wait before the next attempt depends on. */
export interface FailedAttempt {
  /** Attempts made so far, the failed one included: 1 after the first. */
  readonly attemptsMade: number;
  readonly error?: unknown;
  /** A random number from 0 (included) to 1 (excluded). */
  readonly random: number;
}

/**
 * Milliseconds until the next attempt: 1 s, doubled with each attempt up to 60 s, half of it random. An error's
 * `retryAfterMs` is waited for first, plus the random part, so jobs that got the same answer come back spread out.
 */
export function retryDelayMs({ attemptsMade, error, random }: FailedAttempt): number {
  const halfMs = Math.min(BASE_MS * 2 ** Math.max(attemptsMade - 1, 0), CAP_MS) / 2;
  const askedForMs = error instanceof BtcFakeError ? (error.retryAfterMs ?? 0) : 0;
  return Math.ceil(Math.max(halfMs, askedForMs) + random * halfMs);
}

/**
 * Whether the same step may succeed when it is tried again: what the table of error codes says; an error that is not
 * ours may pass, because nobody knows.
 */
export function isRetryable(error: unknown): boolean {
  return error instanceof BtcFakeError ? error.retryable : true;
}
