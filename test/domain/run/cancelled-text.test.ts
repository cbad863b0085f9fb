import { expect, test } from '@jest/globals';
import { cancelledText, publishedText } from '../../../src/domain/run/cancelled-text.ts';

// What this file proves: people read who stopped a run, when and how far it was, and what of it is out already.

const AT = Date.UTC(2026, 10, 26, 9, 30, 5, 999);

test('who stopped a run, when and how far it was', () => {
  const facts = { at: AT, by: 'anna on build-7', stage: 'employee-simulation', employees: 12_000, done: 1_200 };
  expect(cancelledText(facts)).toBe(
    'was cancelled by anna on build-7 at 2026-11-26T09:30:05Z, at the stage employee-simulation, with 1,200 of 12,000 employees done',
  );
});

test('what of it is published already, by name', () => {
  expect(publishedText([])).toBe('nothing of it was published');
  expect(publishedText(['a.csv'])).toBe('1 file of it had been published: a.csv');
  expect(publishedText(['a.csv', 'b.csv'])).toBe('2 files of it had been published: a.csv, b.csv');
});
