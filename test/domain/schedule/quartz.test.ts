// Proves that a cron expression of five fields and its Quartz translation name the same times, and that what Quartz
// cannot say is refused. cron-parser reads all of it as Quartz does but numbers of days, which are not written.
import { describe, expect, test } from '@jest/globals';
import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { quartzSchedule } from '../../../src/domain/schedule/quartz.ts';

const DAY_NAMES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const START = new Date('2026-01-01T00:00:00Z');

function times(expression: string): string[] {
  const parsed = CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: START });
  return Array.from({ length: 40 }, () => parsed.next().toDate().toISOString());
}

/** A field of numbers: all, one, a list, a range, a step. */
function anyField(min: number, max: number): fc.Arbitrary<string> {
  const number = fc.integer({ min, max });
  return fc.oneof(
    fc.constant('*'),
    number.map(String),
    fc.uniqueArray(number, { minLength: 2, maxLength: 4 }).map((list) => list.sort((a, b) => a - b).join(',')),
    fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.integer({ min: 1, max: max - min }).map((step) => `*/${step}`),
  );
}

// cron-parser takes 0 or 7 for Sunday, not both in one field.
const anyDayOfWeek = fc.oneof(anyField(0, 6), fc.constantFrom(...DAY_NAMES, 'MON-FRI', 'SUN,WED', '5-7', '0-2', '7'));

describe('a cron expression for Databricks', () => {
  test('names the same times as the expression that people write', () =>
    fc.assert(
      fc.property(anyField(0, 59), anyField(0, 23), anyField(1, 12), anyDayOfWeek, (minute, hour, month, day) => {
        const cron = `${minute} ${hour} * ${month} ${day}`;
        const quartz = quartzSchedule(cron);
        if ('refusal' in quartz) throw new Error(quartz.refusal);
        expect(times(quartz.expression)).toEqual(times(cron));
      }),
    ));

  test('names the same days of the month as the expression that people write', () =>
    fc.assert(
      fc.property(anyField(0, 59), anyField(0, 23), anyField(1, 28), anyField(1, 12), (minute, hour, day, month) => {
        const cron = `${minute} ${hour} ${day} ${month} *`;
        const quartz = quartzSchedule(cron);
        if ('refusal' in quartz) throw new Error(quartz.refusal);
        expect(times(quartz.expression)).toEqual(times(cron));
      }),
    ));

  test('has exactly one ? and never a number for a day of the week', () =>
    fc.assert(
      fc.property(anyField(0, 59), anyField(0, 23), anyDayOfWeek, (minute, hour, day) => {
        const quartz = quartzSchedule(`${minute} ${hour} * * ${day}`);
        if ('refusal' in quartz) throw new Error(quartz.refusal);
        const fields = quartz.expression.split(' ');
        expect(fields).toHaveLength(6);
        expect(fields.filter((field) => field === '?')).toHaveLength(1);
        expect(fields[5]).toMatch(/^(\?|[A-Z]{3}(,[A-Z]{3})*)$/);
      }),
    ));

  test.each([
    ['0 6 * * 1', '0 0 6 ? * MON', '1 is written as MON'],
    ['0 6 * * 0', '0 0 6 ? * SUN', '0 is written as SUN'],
    ['30 22 * * 5-7', '0 30 22 ? * SUN,FRI,SAT', '5-7 is written as SUN,FRI,SAT'],
    ['*/15 * 1 * *', '0 */15 * 1 * ?', 'for the day of the week'],
  ])('%s is written as %s, and what Quartz reads otherwise is said', (cron, expression, difference) => {
    const quartz = quartzSchedule(cron);
    expect(quartz).toMatchObject({ expression });
    expect('differences' in quartz ? quartz.differences.join('\n') : '').toContain(difference);
  });

  test.each([
    ['0 6 1 * 1', 'cannot combine a day of the month with a day of the week'],
    ['0 0 6 * * 1', 'leave out the seconds'],
    ['0 6 * *', 'it has 4 fields'],
    ['0 6 * * 5L', 'does not read "5L"'],
    ['0 6 * * 1#2', 'does not read "1#2"'],
    ['0 6 L * *', 'does not read "L"'],
    ['61 6 * * 1', 'times that do not exist'],
    ['0 6 31 2 *', 'times that do not exist'],
    ['0 22-2 * * *', 'times that do not exist'],
    ['H 6 * * 1', 'does not read "H"'],
    ['@weekly', 'it has 1 fields'],
  ])('%s is refused: %s', (cron, refusal) => {
    expect(quartzSchedule(cron)).toEqual({ refusal: expect.stringContaining(refusal) });
  });
});
