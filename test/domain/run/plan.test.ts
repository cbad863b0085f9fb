import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FEED_DATE_FORMATS, feedNames, weekOf } from '../../../src/domain/run/plan.ts';
import { instant, planOf } from '../../support/domain-values.ts';
import { ALL_TIME_ZONES, wallTime } from '../../support/wall-clock.ts';

// What this file proves: contract section 5: the names of the files that a run writes.

test('the files of a run have the names that the vendor gives', () => {
  // Python: hashlib.sha256(b"run-2025w44").hexdigest()[:6] == "493e86"
  expect(feedNames(planOf({ asOf: instant('2026-01-07T12:00:00Z') }))).toEqual({
    completions: 'ContentUserCompletion_V2_2026_1_7_1_493e86.csv',
    nonCompleted: 'Non_Completed_Assignments_V2_2026_1_7_1_493e86.csv',
    userCompletion: 'UserCompletion_v2_2026_1_7_1_493e86.csv',
    summary: 'Run_2026_1_7_1_493e86.summary.txt',
    manifest: 'Run_2026_1_7_1_493e86.manifest.json',
  });
});

test.each([
  ['yyyy_M_d', '2025-10-28T11:00:00Z', 'Run_2025_10_28_1_493e86.manifest.json'],
  ['yyyy_M_d', '2026-01-07T11:00:00Z', 'Run_2026_1_7_1_493e86.manifest.json'],
  ['yy_MM_dd', '2025-10-28T11:00:00Z', 'Run_25_10_28_1_493e86.manifest.json'],
  ['yy_MM_dd', '2026-01-07T11:00:00Z', 'Run_26_01_07_1_493e86.manifest.json'],
] as const)('FEED_DATE_FORMAT %s at %s gives %s', (feedDateFormat, asOf, name) => {
  expect(feedNames(planOf({ feedDateFormat, asOf: instant(asOf) })).manifest).toBe(name);
});

// Python: sha256(b"run-140") begins with 009c34, sha256(b"run-96") with 001fa1.
test.each([
  ['run-20251028T110000Z-ab12cd', '2cc483'],
  ['run-140', '009c34'],
  ['run-96', '001fa1'],
])('RAND of %s is %s, with its leading zeros', (id, rand) => {
  expect(feedNames(planOf({ id })).summary).toBe(`Run_2025_10_28_1_${rand}.summary.txt`);
});

test('the seed changes no name', () => {
  expect(feedNames(planOf({ seed: 'another' }))).toEqual(feedNames(planOf()));
});

test.each([
  ['Pacific/Kiritimati', 'Run_2026_1_1_1_493e86.summary.txt'],
  ['UTC', 'Run_2025_12_31_1_493e86.summary.txt'],
  ['Pacific/Pago_Pago', 'Run_2025_12_30_1_493e86.summary.txt'],
])('at one instant, on three sides of the world, the date in %s is its own', (timeZone, name) => {
  expect(feedNames(planOf({ timeZone, asOf: instant('2025-12-31T10:30:00Z') })).summary).toBe(name);
});

test('the date is what a wall calendar of the business time zone shows, in every zone, and RAND is of the run id alone', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ALL_TIME_ZONES),
      fc.integer({ min: Date.UTC(1973, 0, 1), max: Date.UTC(2099, 0, 1) }),
      fc.constantFrom(...FEED_DATE_FORMATS),
      fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,20}$/),
      (timeZone, asOf, feedDateFormat, id) => {
        const [year, month, day] = wallTime(asOf, timeZone).date.split('-') as [string, string, string];
        const long = `${Number(year)}_${Number(month)}_${Number(day)}`;
        const date = feedDateFormat === 'yyyy_M_d' ? long : `${year.slice(2)}_${month}_${day}`;
        const rand = createHash('sha256').update(id).digest('hex').slice(0, 6);
        expect(Object.values(feedNames(planOf({ id, timeZone, asOf, feedDateFormat })))).toEqual([
          `ContentUserCompletion_V2_${date}_1_${rand}.csv`,
          `Non_Completed_Assignments_V2_${date}_1_${rand}.csv`,
          `UserCompletion_v2_${date}_1_${rand}.csv`,
          `Run_${date}_1_${rand}.summary.txt`,
          `Run_${date}_1_${rand}.manifest.json`,
        ]);
      },
    ),
  );
});

test("a run's week is that of its asOf in its own time zone", () => {
  const asOf = instant('2025-10-27T02:00:00Z');
  expect(weekOf(planOf({ asOf })).startsAt).toBe(instant('2025-10-27T00:01:00Z'));
  expect(weekOf(planOf({ asOf, timeZone: 'America/New_York' })).startsAt).toBe(instant('2025-10-20T04:01:00Z'));
});
