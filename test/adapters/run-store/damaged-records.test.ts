// Proves that what Redis keeps is read as it was written, by this version and by the version before, and that anything
// else is told by its key and never taken for a record.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeAssignments,
  decodeEmployees,
  decodeResult,
  encodeAssignments,
} from '../../../src/adapters/run-store/employee-records.ts';
import { decodeRun, jsonFields, newRunFields, RECORD_VERSION } from '../../../src/adapters/run-store/record-codec.ts';
import { BtcFakeError } from '../../../src/domain/errors.ts';
import { anyAssignments } from '../../support/any-employee.ts';
import { planOf } from '../../support/domain-values.ts';
import { ASSIGNMENT_FACTS, CATALOG_FACTS, emptyManifest, newRun, people } from '../../support/run-state.ts';

const PLAN = planOf();
const RUN = { ...newRun(PLAN, people(3)), slot: 5 };
const WHOLE: Record<string, string> = {
  ...newRunFields(RUN),
  ...jsonFields({
    catalogs: CATALOG_FACTS,
    assignments: ASSIGNMENT_FACTS,
    manifest: emptyManifest(RUN),
    fannedOut: 3,
    without: [{ employeeId: 7, reason: 'x' }],
    written: { folder: '/x', host: 'h' },
    finishedAt: 9,
    'started:assignment': 4,
    'finished:assignment': 5,
    publishedAt: 9,
    cancelled: { at: 1, by: 'x', stage: 'assignment', employees: 3, done: 1, failed: 1 },
  }),
};

/** What reading comes to: a value, or the code of an error. Fails for any other error. */
function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof BtcFakeError) return error.code;
    throw error;
  }
}

describe('the hash of a run', () => {
  test('is read as it was written, with the version or, from 0.1.0, without one', () => {
    const { version: _version, ...old } = WHOLE;
    expect(decodeRun(WHOLE, 'k')).toMatchObject({ plan: PLAN, slot: 5, fannedOut: 3, manifest: emptyManifest(RUN) });
    expect(decodeRun(old, 'k')).toEqual(decodeRun(WHOLE, 'k'));
  });

  test.each([String(RECORD_VERSION + 1), '"1"', 'x'])('of version %s is refused by name', (version) => {
    expect(() => decodeRun({ ...WHOLE, version }, '{btc-fake}:run:r')).toThrow(
      `Redis holds a run that cannot be read at {btc-fake}:run:r: its version is ${version}`,
    );
  });

  test('with one field that holds anything is read with what it holds, or refused, and nothing else happens', () => {
    const names = Object.keys(WHOLE).filter((name) => !['version', 'sources', 'outputGiven'].includes(name));
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.oneof(fc.json(), fc.string()), (name, text) => {
        const found = outcome(() => decodeRun({ ...WHOLE, [name]: text }, 'k'));
        if (found !== 'REDIS_RECORD') expect(JSON.stringify(found)).toContain(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(['plan', 'createdAt', 'publish', 'employees', 'population'])('that lacks %s is refused', (name) => {
    const { [name]: _gone, ...fields } = WHOLE;
    expect(outcome(() => decodeRun(fields, 'k'))).toBe('REDIS_RECORD');
  });
});

describe('what is kept of an employee', () => {
  test('is read as it was written, or refused when a part of its text is anything else', () => {
    const cut = fc.tuple(fc.nat(200), fc.nat(20), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(anyAssignments, cut, (assignments, [at, length, put]) => {
        const text = encodeAssignments(assignments);
        expect(decodeAssignments(text, 'k')).toEqual(assignments);
        const damaged = text.slice(0, at) + put + text.slice(at + length);
        const found = outcome(() => decodeAssignments(damaged, 'k'));
        if (found !== 'REDIS_RECORD')
          expect(encodeAssignments((found as { value: never }).value)).toBe(JSON.stringify(JSON.parse(damaged)));
      }),
    );
  });

  test.each(['', 'x', 'null', '{}', '[1]', '[[1],[[1,2]]]', '[["1"],[]]', '[[1],[],[]]'])(
    'as a result %j is refused',
    (text) => {
      expect(outcome(() => decodeResult(text, 0, 'k'))).toBe('REDIS_RECORD');
    },
  );

  test.each(['7', 'xa', '7q', '7a  8b', '0a', '1.5a'])('as employees %j is refused', (text) => {
    expect(outcome(() => decodeEmployees(text, 'k'))).toBe('REDIS_RECORD');
  });
});
