import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  COMPLETION_COLUMNS,
  completionRow,
  formatInstant,
  instantFormatter,
  NON_COMPLETED_COLUMNS,
  nonCompletedRows,
  requestId,
} from '../../../src/domain/feeds/rows.ts';
import { contentId, employeeId, instant, openAssignment, planOf } from '../../support/domain-values.ts';
import { wallTime } from '../../support/wall-clock.ts';

// What this file proves: contract section 3, items 5 and 6, and section 5, "Outputs", field by field.

/** A feed's line as section 5 wants it, from the fields alone. */
const line = (fields: readonly string[]) => fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');

test('the headers are the vendor’s, letter by letter', () => {
  expect(line(COMPLETION_COLUMNS)).toBe('"UserId","ContentId","DateStarted","DateCompleted"');
  expect(line(NON_COMPLETED_COLUMNS)).toBe(
    '"UserID","CreateDate_text","RequestId","TrainingElementId","Start_Date_text","DueDate_text","ContentType"',
  );
});

test('a completion is user, grouped content id, start and end in UTC', () => {
  const row = completionRow(employeeId(104829), {
    contentId: contentId(1915085),
    source: 'ai',
    startedAt: instant('2025-10-28T10:39:09Z'),
    completedAt: instant('2025-10-28T10:54:49Z'),
  });
  expect(line(row)).toBe('"104829","1,915,085","2025-10-28T10:39:09Z","2025-10-28T10:54:49Z"');
});

describe('an assignment that is not completed', () => {
  const rows = nonCompletedRows(planOf());

  test("and new is 5 minutes older than asOf, and has the week's start and due date", () => {
    expect(line(rows.assigned(employeeId(104829), contentId(1915085)))).toBe(
      '"104829","2025-10-28T10:55:00Z","5569331","1,915,085","2025-10-27T00:01:00Z","2025-11-01T13:13:59Z","Media"',
    );
  });

  test('and from Databricks keeps its own dates and type', () => {
    const assignment = openAssignment(892298, {
      assignedAt: instant('2025-10-21T03:04:05.678Z'),
      beginsAt: instant('2025-10-21T04:00:00Z'),
      dueAt: instant('2025-10-25T17:13:59Z'),
      contentType: 'Quiz "hard"',
    });
    expect(line(rows.open(employeeId(7), assignment))).toBe(
      '"7","2025-10-21T03:04:05Z","9221886","892,298","2025-10-21T04:00:00Z","2025-10-25T17:13:59Z","Quiz ""hard"""',
    );
  });

  test('and from Databricks without dates and type has empty fields, and is Media', () => {
    expect(line(rows.open(employeeId(7), openAssignment(892298)))).toBe('"7","","3524112","892,298","","","Media"');
  });

  test('an empty type is what Databricks says, not a missing one', () => {
    expect(rows.open(employeeId(7), openAssignment(892298, { contentType: '' })).at(-1)).toBe('');
  });

  test('gets its days in the business time zone', () => {
    const newYork = nonCompletedRows(planOf({ timeZone: 'America/New_York', asOf: instant('2025-10-28T02:00:00Z') }));
    // 28 October, 02:00 UTC is still 27 October there; 21 October, 03:04 UTC still 20 October.
    expect(newYork.assigned(employeeId(7), contentId(3))).toEqual([
      '7',
      '2025-10-28T01:55:00Z',
      '8635820',
      '3',
      '2025-10-27T04:01:00Z',
      '2025-11-01T17:13:59Z',
      'Media',
    ]);
    const open = openAssignment(892298, { assignedAt: instant('2025-10-21T03:04:05Z') });
    expect(newYork.open(employeeId(7), open).slice(1, 3)).toEqual(['2025-10-21T03:04:05Z', '637972']);
  });
});

describe('a RequestId', () => {
  // Python: 10000 + int.from_bytes(hashlib.sha256("CONTENTID/YYYY-MM-DD".encode()).digest()[:6], 'big') % 9990000
  test.each([
    [1915085, '2025-10-28', 5569331],
    [1915085, '2025-10-27', 1954976],
    [892298, '2025-10-28', 9032361],
    [7, '2026-01-07', 4572510],
    [75007, '2025-10-28', 10055],
    [163828, '2025-10-28', 9999980],
  ])('of content %d, assigned on %s, is %d', (id, day, expected) => {
    expect(requestId(contentId(id), day)).toBe(expected);
  });

  test('has 5 to 7 digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e15 - 1 }), fc.date({ noInvalidDate: true }), (id, date) => {
        const value = requestId(contentId(id), date.toISOString().slice(0, 10));
        expect(Number.isInteger(value) && value >= 10_000 && value < 10_000_000).toBe(true);
      }),
    );
  });

  test('stays from one run to the next: what one run assigned is found open by a later one, in any time zone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('UTC', 'America/New_York', 'Asia/Tokyo', 'Pacific/Kiritimati'),
        fc.integer({ min: 1, max: 1e9 }).map(contentId),
        fc.integer({ min: instant('2025-01-01T00:00:00Z') / 1000, max: instant('2026-01-01T00:00:00Z') / 1000 }),
        fc.integer({ min: 1, max: 60 }),
        (timeZone, id, asOfSeconds, days) => {
          const asOf = asOfSeconds * 1000;
          // The number is of asOf's day, the creation date 5 minutes earlier: around midnight the two are not one day.
          fc.pre(!wallTime(asOf, timeZone).time.startsWith('00:0'));
          const first = nonCompletedRows(planOf({ timeZone, asOf })).assigned(employeeId(1), id);
          const later = nonCompletedRows(planOf({ timeZone, asOf: asOf + days * 86_400_000, id: 'run-later' }));
          const again = later.open(employeeId(2), openAssignment(id, { assignedAt: instant(first[1]!) }));
          expect(again.slice(1, 4)).toEqual(first.slice(1, 4));
        },
      ),
    );
  });
});

test('an instant is written in UTC, in whole seconds', () => {
  expect(formatInstant(instant('2025-10-28T11:00:00.999Z'))).toBe('2025-10-28T11:00:00Z');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }), (at) => {
      expect(formatInstant(at)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(Date.parse(formatInstant(at))).toBe(at - (at % 1000));
    }),
  );
});

test('a formatter for many instants writes them as one by one, whatever order they come in', () => {
  const day = fc.integer({ min: -25_567, max: 47_482 });
  const time = fc.integer({ min: 0, max: 24 * 3_600_000 - 1 });
  const instants = fc.array(fc.tuple(day, time), { maxLength: 20 });
  fc.assert(
    fc.property(instants, (days) => {
      const format = instantFormatter();
      for (const [number, ms] of days) {
        const at = number * 24 * 3_600_000 + ms;
        expect(format(at)).toBe(formatInstant(at));
        // Once more on the same day.
        expect(format(at - ms)).toBe(formatInstant(at - ms));
      }
    }),
  );
});
