import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CatalogContent } from '../../../src/domain/catalog/content.ts';
import { managerChoice } from '../../../src/domain/simulation/manager-choice.ts';
import { contentId, contentIds, instant } from '../../support/domain-values.ts';

// What this file proves: contract section 3, item 1, and from what item 3's random content is drawn.

const content = (id: number, dailyDose: boolean, created: string | null = null): CatalogContent => ({
  id: contentId(id),
  title: '',
  dailyDose,
  createdAt: created === null ? null : instant(`${created}T00:00:00Z`),
});

test('the three Daily Dose contents that were created last are chosen, the latest first', () => {
  const choice = managerChoice([
    content(1, true, '2025-05-01'),
    content(2, true, '2025-05-04'),
    content(3, true, '2025-05-02'),
    content(4, true, '2025-05-03'),
    content(5, false, '2025-06-01'),
  ]);
  expect(choice.dailyDose).toEqual([2, 4, 3]);
});

test('contents created at the same time are ordered by id, descending, as numbers', () => {
  const choice = managerChoice([9, 1000, 200].map((id) => content(id, true, '2025-05-01')));
  expect(choice.dailyDose).toEqual([1000, 200, 9]);
});

test('one without a date comes after the oldest date, and among its like by id, descending', () => {
  expect(managerChoice([content(8, true), content(9, true), content(1, true, '1965-01-01')]).dailyDose).toEqual([
    1, 9, 8,
  ]);
  expect(managerChoice([content(9, true), content(1, true, '1970-01-01')]).dailyDose).toEqual([1, 9]);
});

test.each([0, 1, 2])('where there are only %d, no more are chosen', (count) => {
  const daily = Array.from({ length: count }, (_, i) => content(i + 1, true, '2025-05-01'));
  expect(managerChoice([content(50, false), ...daily]).dailyDose).toHaveLength(count);
});

test('every Daily Dose content is known as one, chosen or not, and none of them is among the others, which ascend', () => {
  const choice = managerChoice([
    ...[1, 2, 3, 4, 5].map((id) => content(id, true, '2025-05-01')),
    ...[1000, 30, 200].map((id) => content(id, false)),
  ]);
  expect([...choice.dailyDoseContents].sort()).toEqual([1, 2, 3, 4, 5]);
  expect(choice.others).toEqual(contentIds(30, 200, 1000));
});

test('the choice does not depend on the order of the file, and leaves the file alone', () => {
  const anyContent = fc
    .record({
      id: fc.integer({ min: 1, max: 60 }),
      dailyDose: fc.boolean(),
      created: fc.constantFrom(null, '1969-12-31', '2025-05-01', '2025-05-02'),
    })
    .map(({ id, dailyDose, created }) => content(id, dailyDose, created));
  const file = fc.uniqueArray(anyContent, { selector: ({ id }) => id, maxLength: 12 });
  fc.assert(
    fc.property(
      file.chain((rows) =>
        fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length, maxLength: rows.length })),
      ),
      ([rows, shuffled]) => {
        const before = structuredClone(rows);
        const choice = managerChoice(rows);
        expect(managerChoice(shuffled)).toEqual(choice);
        expect(rows).toEqual(before);
        // No content that was left out comes before chosen content.
        const key = (id: number) => {
          const createdAt = rows.find((row) => row.id === id)!.createdAt;
          return [createdAt === null ? 0 : 1, createdAt ?? 0, id] as const;
        };
        const ranked = rows
          .filter((row) => row.dailyDose)
          .map((row) => key(row.id))
          .sort((a, b) => b[0] - a[0] || b[1] - a[1] || b[2] - a[2]);
        expect(choice.dailyDose).toEqual(ranked.slice(0, 3).map(([, , id]) => id));
      },
    ),
  );
});
