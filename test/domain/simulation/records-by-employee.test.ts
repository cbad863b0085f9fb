import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recordsByEmployee } from '../../../src/domain/simulation/records-by-employee.ts';
import type { CompletionRow, OpenAssignmentRow } from '../../../src/domain/simulation/training-records.ts';
import { contentId, employeeId, openAssignment } from '../../support/domain-values.ts';

// What this file proves: contract section 1, "Training records": everybody gets their own rows, strangers' rows are
// left out, and nothing is read ahead of need.

const openRow = (owner: number, id: number): OpenAssignmentRow => ({
  employeeId: employeeId(owner),
  ...openAssignment(id),
});
const completionRow = (owner: number, id: number): CompletionRow => ({
  employeeId: employeeId(owner),
  contentId: contentId(id),
  completedOn: null,
});

/** A stream of rows that counts what was taken of it, and notices when it is given back. */
class Source<T> {
  taken = 0;
  closed = false;
  readonly #rows: readonly T[];

  constructor(rows: readonly T[]) {
    this.#rows = rows;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (const row of this.#rows) {
        this.taken += 1;
        yield row;
      }
    } finally {
      this.closed = true;
    }
  }
}

const byOwner = (a: { employeeId: number }, b: { employeeId: number }) => a.employeeId - b.employeeId;

test('every employee gets exactly their own rows, in the order of the stream, and has an entry even without any', async () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5 })), { maxLength: 20 });
  const population = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(population, pairs, pairs, async (ids, openPairs, completionPairs) => {
      const open = openPairs.map(([owner, id]) => openRow(owner, id)).sort(byOwner);
      const completions = completionPairs.map(([owner, id]) => completionRow(owner, id)).sort(byOwner);
      const employees = ids.sort((a, b) => a - b).map(employeeId);
      const dealt = [];
      for await (const entry of recordsByEmployee(employees, new Source(open), new Source(completions)))
        dealt.push(entry);
      expect(dealt).toEqual(
        employees.map((id) => ({
          employeeId: id,
          records: {
            open: open.filter((row) => row.employeeId === id),
            completions: completions.filter((row) => row.employeeId === id),
          },
        })),
      );
    }),
  );
});

test('no more is read than the next row of each stream', async () => {
  const open = new Source(Array.from({ length: 1000 }, (_, i) => openRow(i + 1, 1)));
  const completions = new Source(Array.from({ length: 1000 }, (_, i) => completionRow(i + 1, 2)));
  const dealt = recordsByEmployee([1, 2, 3].map(employeeId), open, completions);
  await dealt.next();
  expect([open.taken, completions.taken]).toEqual([2, 2]);
  await dealt.return(undefined);
});

test('both streams are given back when the reader has enough', async () => {
  const open = new Source([openRow(1, 1), openRow(2, 1)]);
  const completions = new Source([completionRow(1, 2), completionRow(2, 2)]);
  for await (const entry of recordsByEmployee([1, 2].map(employeeId), open, completions)) {
    expect(entry.employeeId).toBe(1);
    break;
  }
  expect([open.closed, completions.closed]).toEqual([true, true]);
});

test('an error of a stream is passed on, and the other stream is given back', async () => {
  const open = {
    async *[Symbol.asyncIterator](): AsyncGenerator<OpenAssignmentRow> {
      yield openRow(1, 1);
      yield openRow(2, 1);
      throw new Error('the connection was lost');
    },
  };
  const completions = new Source([completionRow(1, 2), completionRow(3, 2)]);
  const read = async () => {
    for await (const _ of recordsByEmployee([1, 2, 3].map(employeeId), open, completions));
  };
  await expect(read()).rejects.toThrow('the connection was lost');
  expect(completions.closed).toBe(true);
});
