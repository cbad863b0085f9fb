import { expect, test } from '@jest/globals';
import { completionsInSummaryLine, manifestNameOf, parseRunFileName } from '../../../src/domain/run/file-names.ts';
import { feedNames } from '../../../src/domain/run/plan.ts';
import { summaryLine } from '../../../src/domain/run/summary.ts';
import { contentIds, employeeId, planOf } from '../../support/domain-values.ts';

// What this file proves: the files of one run are known by their names, and what its summary says of an employee can be
// read back.

test("all files of a run share the end of their names, in both of the date's formats, and lead to its manifest", () => {
  for (const feedDateFormat of ['yyyy_M_d', 'yy_MM_dd'] as const) {
    const names = feedNames(planOf({ feedDateFormat }));
    const parsed = Object.values(names).map((name) => parseRunFileName(name));
    const [tail] = parsed.map((each) => each!.tail);
    expect(tail).toMatch(/^(2025_10_28|25_10_28)_1_[0-9a-f]{6}$/);
    expect(parsed.map((each) => each!.tail)).toEqual(parsed.map(() => tail));
    expect(manifestNameOf(tail!)).toBe(names.manifest);
    expect(parseRunFileName(names.manifest)?.about).toBe('manifest');
    expect(parseRunFileName(names.summary)?.about).toBe('summary');
    expect(parseRunFileName(names.completions)).not.toHaveProperty('about');
  }
});

test.each(['ContentUserCompletion_mine.csv', 'Run_2025_10_28_1_ab12cd.json', 'employees.csv', ''])(
  '%j is no file of a run',
  (name) => {
    expect(parseRunFileName(name)).toBeUndefined();
  },
);

test('the summary says how many completions an employee has', () => {
  for (const ids of [[], [1_915_085], [1_915_085, 892_298, 5]]) {
    const completions = contentIds(...ids).map((contentId, i) => ({
      contentId,
      source: i % 2 ? ('ai' as const) : ('manager' as const),
      startedAt: 0,
      completedAt: 0,
    }));
    const line = summaryLine(employeeId(104_829), completions);
    expect(completionsInSummaryLine(line)).toEqual({ employeeId: 104_829, completions: ids.length });
  }
  for (const line of ['', "Manager's choices", '  1,915,085 A title (Daily Dose): assigned to 3, skipped for 0'])
    expect(completionsInSummaryLine(line)).toBeUndefined();
});
