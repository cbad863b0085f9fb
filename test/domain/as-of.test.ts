import { describe, expect, test } from '@jest/globals';
import { asOfInstant } from '../../src/domain/as-of.ts';
import { failureOf } from '../support/failure-of.ts';

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

  test('a form calls it by the name of its field', async () => {
    expect(await failureOf(() => asOfInstant('soon', 'UTC', 'As of'))).toMatchObject({
      message: 'As of "soon" is not an instant',
    });
  });
});
