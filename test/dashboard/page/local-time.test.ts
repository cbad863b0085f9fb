import { expect, test } from '@jest/globals';
import { localTime } from '../../../src/dashboard/page/local-time.ts';

// What this file proves: a page shows an instant in the business time zone, with its offset, and UTC to who points at
// it.

test.each([
  ['2026-11-23T06:00:00Z', 'Europe/Berlin', '2026-11-23 07:00:00', '+01:00'],
  ['2026-07-23T06:00:00Z', 'Europe/Berlin', '2026-07-23 08:00:00', '+02:00'],
  ['2026-11-23T03:04:05Z', 'America/Los_Angeles', '2026-11-22 19:04:05', '-08:00'],
  ['2026-11-23T06:00:00Z', 'UTC', '2026-11-23 06:00:00', 'UTC'],
])('%s in %s is %s %s', (iso, timeZone, local, zone) => {
  const utc = iso.slice(0, 19);
  const expected = `<time datetime="${iso}" title="${utc.replace('T', ' ')} UTC">${local} <span class="zone">${zone}</span></time>`;
  expect(localTime(iso, timeZone).text).toBe(expected);
  expect(localTime(Date.parse(iso) + 999, timeZone).text).toBe(expected);
});
