import { describe, expect, test } from '@jest/globals';
import { asOfInstant, checkedAsOf } from '../../../src/domain/run/as-of.ts';
import { businessWeek } from '../../../src/domain/simulation/business-week.ts';
import { failureOf } from '../../support/failure-of.ts';

// What this file proves: which texts are instants for a run's `asOf`, and which instants they are.

describe('--as-of', () => {
  test.each([
    ['2025-10-28T11:00:00Z', 'UTC', '2025-10-28T11:00:00.000Z'],
    ['2025-10-28T11:00Z', 'UTC', '2025-10-28T11:00:00.000Z'],
    ['2024-02-29T23:59:59Z', 'UTC', '2024-02-29T23:59:59.000Z'],
    ['2025-10-28T11:00:00.750+05:30', 'UTC', '2025-10-28T05:30:00.000Z'],
    ['2025-10-28T11:00:00-07:00', 'Asia/Tokyo', '2025-10-28T18:00:00.000Z'],
    // Without an offset it is local time in the business time zone, whatever the season there.
    ['2025-10-28T11:00', 'UTC', '2025-10-28T11:00:00.000Z'],
    ['2025-10-25T11:00:00', 'Europe/Berlin', '2025-10-25T09:00:00.000Z'],
    ['2025-10-28T11:00:00', 'Europe/Berlin', '2025-10-28T10:00:00.000Z'],
  ])('%s in %s is %s', (text, timeZone, instant) => {
    expect(new Date(asOfInstant(text, timeZone)).toISOString()).toBe(instant);
  });

  test.each([
    '2025-02-31T11:00:00Z',
    '2025-02-29T11:00:00Z',
    '2025-13-01T11:00:00Z',
    '2025-00-10T11:00:00Z',
    '2025-10-28',
    '2025-10-28 11:00:00',
    '2025-10-28T25:00:00Z',
    '2025-10-28T11:60:00Z',
    '2025-10-28T11:00:60Z',
    '2025-10-28T11Z',
    '28.10.2025T11:00',
    'yesterday',
    '1761649200',
    '',
  ])('%j is not an instant', async (text) => {
    expect(await failureOf(() => asOfInstant(text, 'UTC'))).toMatchObject({
      code: 'USAGE',
      message: `--as-of ${JSON.stringify(text)} is not an instant`,
      remedy: 'Give a date and a time such as 2025-10-28T11:00:00Z.',
    });
  });

  test.each(['2025-10-28T11:00:00+99:00', '2025-10-28T11:00:00+01:60', '2025-10-28T11:00:00-24:00'])(
    '%s has no offset that exists',
    async (text) => {
      expect(await failureOf(() => asOfInstant(text, 'UTC'))).toMatchObject({
        code: 'USAGE',
        message: `--as-of ${JSON.stringify(text)} has an impossible offset`,
        remedy: 'Write the offset like +01:00, or Z.',
      });
    },
  );

  test.each(['1969-12-31T23:59:59Z', '1970-01-01T00:30:00+01:00', '9991-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    '%s is outside the years of a run',
    async (text) => {
      expect(await failureOf(() => asOfInstant(text, 'UTC'))).toMatchObject({
        code: 'USAGE',
        message: `--as-of ${JSON.stringify(text)} is outside the years 1970 to 9990`,
        remedy: 'Give an instant in these years, such as 2025-10-28T11:00:00Z.',
      });
    },
  );

  test.each([
    ['1970-01-01T00:00:00Z', 'UTC'],
    ['9990-12-31T23:59:59.999Z', 'Pacific/Auckland'],
  ])('at %s in %s every date of the week has a year of four digits', (text, timeZone) => {
    const { startsAt, dueAt, startDate, asOfDate } = businessWeek(asOfInstant(text, timeZone), timeZone);
    const dates = [new Date(startsAt).toISOString(), new Date(dueAt).toISOString(), startDate, asOfDate];
    expect(dates.filter((date) => !/^\d{4}-/.test(date))).toEqual([]);
  });

  test('an instant is cut down to its second before anything else, also before 1970', async () => {
    expect(checkedAsOf(1_999)).toBe(1_000);
    expect(await failureOf(() => checkedAsOf(-1))).toMatchObject({
      message: 'The instant of the run is outside the years 1970 to 9990',
    });
  });

  test('a form calls it by the name of its field', async () => {
    expect(await failureOf(() => asOfInstant('soon', 'UTC', 'As of'))).toMatchObject({
      message: 'As of "soon" is not an instant',
    });
  });
});
