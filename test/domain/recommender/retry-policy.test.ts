// Proves how long a failed recommender call waits, and which failures are tried again at all.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BtcFakeError, ERROR_CODES, type ErrorCode } from '../../../src/domain/errors.ts';
import { isRetryable, parseRetryAfterMs, retryDelayMs } from '../../../src/domain/recommender/retry-policy.ts';

const NOW = Date.UTC(2026, 0, 7, 12, 0, 0);
const TEN_MINUTES = 600_000;
const random = () => fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('parseRetryAfterMs', () => {
  test.each([
    ['0', 0],
    ['7', 7_000],
    [' 7 ', 7_000],
    ['1.5', 1_500],
    ['600', TEN_MINUTES],
    ['601', TEN_MINUTES],
    ['9'.repeat(400), TEN_MINUTES],
  ])('%j counts as seconds, 10 minutes at most', (header, expected) => {
    expect(parseRetryAfterMs(header, NOW)).toBe(expected);
  });

  test.each([
    ['Wed, 07 Jan 2026 12:00:30 GMT', 30_000],
    ['Wednesday, 07-Jan-26 12:00:30 GMT', 30_000],
    ['Wed Jan  7 12:00:30 2026', 30_000],
    ['Wed Jan 14 12:00:30 2026', TEN_MINUTES],
    ['Wed, 07 Jan 2026 11:00:00 GMT', 0],
    ['Thu, 08 Jan 2026 12:00:00 GMT', TEN_MINUTES],
  ])('%j is a date, in all three forms of HTTP', (header, expected) => {
    expect(parseRetryAfterMs(header, NOW)).toBe(expected);
  });

  test.each([
    undefined,
    '',
    ' ',
    'soon',
    '-5',
    '+5',
    '1e3',
    '0x10',
    'Infinity',
    'NaN',
    'foo 5',
    '5 s',
    '2026-01-07T12:00:30Z',
    'Wed, 07 Jan 2026 12:00:30 +0200',
    'Tue, 31 Feb 2026 12:00:00 GMT',
    'Wed, 07 Foo 2026 12:00:30 GMT',
    'Wed, 07 Jan 2026 29:61:00 GMT',
  ])('%j says nothing', (header) => {
    expect(parseRetryAfterMs(header, NOW)).toBeUndefined();
  });

  test('any date within 10 minutes is met to the second, wherever the machine is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: 0, max: 600 }), (nowS, waitS) => {
        const header = new Date((nowS + waitS) * 1_000).toUTCString();
        expect(parseRetryAfterMs(header, nowS * 1_000)).toBe(waitS * 1_000);
      }),
    );
  });

  test('no header whatever makes anybody wait for less than 0 or more than 10 minutes', () => {
    const header = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[0-9.eE+-]{1,20}$/),
      fc.date({ noInvalidDate: true }).map(String),
    );
    fc.assert(
      fc.property(header, fc.integer({ min: 0, max: 8e15 }), (text, nowMs) => {
        const waitMs = parseRetryAfterMs(text, nowMs) ?? 0;
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(TEN_MINUTES);
      }),
    );
  });
});

describe('retryDelayMs', () => {
  test.each([
    [1, 500, 1_000],
    [2, 1_000, 2_000],
    [3, 2_000, 4_000],
    [6, 16_000, 32_000],
    [7, 30_000, 60_000],
    [5_000, 30_000, 60_000],
  ])('after attempt %d it is from %d to %d ms', (attemptsMade, lowest, highest) => {
    expect(retryDelayMs({ attemptsMade, random: 0 })).toBe(lowest);
    expect(retryDelayMs({ attemptsMade, random: 0.999_999_999 })).toBe(highest);
  });

  test('it is a whole number, never below Retry-After, and never more than 30 s above what is the larger', () => {
    const retryAfter = fc.option(fc.integer({ min: 0, max: TEN_MINUTES }), { nil: undefined });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), random(), retryAfter, (attemptsMade, draw, retryAfterMs) => {
        const error = new BtcFakeError('RECOMMENDER_THROTTLED', 'Too fast', { retryAfterMs });
        const delayMs = retryDelayMs({ attemptsMade, error, random: draw });
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(Math.max(500, retryAfterMs ?? 0));
        expect(delayMs).toBeLessThanOrEqual(Math.max(30_000, retryAfterMs ?? 0) + 30_000);
      }),
    );
  });

  test('jobs that were told the same Retry-After do not come back at the same moment', () => {
    const error = new BtcFakeError('RECOMMENDER_THROTTLED', 'Too fast', { retryAfterMs: 90_000 });
    expect(retryDelayMs({ attemptsMade: 1, error, random: 0 })).toBe(90_000);
    expect(retryDelayMs({ attemptsMade: 1, error, random: 0.5 })).toBe(90_250);
  });

  test('an error that is not ours asks for nothing', () => {
    const error = Object.assign(new Error('foreign'), { retryAfterMs: 90_000 });
    expect(retryDelayMs({ attemptsMade: 1, error, random: 0 })).toBe(500);
  });
});

describe('isRetryable', () => {
  test.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s follows the table of codes', (code) => {
    expect(isRetryable(new BtcFakeError(code, 'It went wrong'))).toBe(ERROR_CODES[code].retryable);
  });

  test.each([new Error('foreign'), 'text', undefined, null])('%p, which is not ours, may pass', (error) => {
    expect(isRetryable(error)).toBe(true);
  });
});
