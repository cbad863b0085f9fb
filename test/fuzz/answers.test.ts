// Proves that what the recommender and Databricks answer is taken whole or refused with a plain word, whatever it is.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toCompletion, toOpenAssignment } from '../../src/adapters/databricks/rows.ts';
import { BtcFakeError, type ErrorCode } from '../../src/domain/errors.ts';
import { parseContentId, parseEmployeeId } from '../../src/domain/ids.ts';
import { parseRecommendationBody } from '../../src/domain/recommender/body.ts';
import { parseRetryAfterMs } from '../../src/domain/recommender/retry-policy.ts';
import { expectPlain, fuzz, mutated } from '../support/fuzz.ts';

/** What a parser gives, or undefined when it refuses with this code and a plain word. */
function parsed<T>(parse: () => T, code: ErrorCode): { value: T } | undefined {
  try {
    return { value: parse() };
  } catch (error) {
    if (!(error instanceof BtcFakeError)) throw error;
    expect(error.code).toBe(code);
    expectPlain(error.message);
    return undefined;
  }
}

const anyId = fc.oneof(
  fc.integer({ min: -1, max: 3_000_000 }),
  fc.constantFrom('1,915,085', '1915085', ' 7 ', '', 'x', null, true, 1e21, 1.5, 2 ** 53, '__proto__', '9'.repeat(16)),
);
const anyItem = fc.oneof(
  anyId,
  fc.dictionary(
    fc.constantFrom('recommended_content_id', 'content_id', 'contentId', 'ContentId', '__proto__', 'id'),
    anyId,
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

test('a list of recommendations is taken whole, in its order, each once, or not at all', () =>
  fuzz(fc.array(anyItem, { maxLength: 8 }), (items) => {
    const names = ['recommended_content_id', 'content_id', 'contentId', 'ContentId'];
    const idOf = (item: unknown) => {
      if (typeof item !== 'object' || item === null || Array.isArray(item)) return parseContentId(item);
      const name = names.find((known) => Object.hasOwn(item, known));
      return name === undefined ? undefined : parseContentId((item as Record<string, unknown>)[name]);
    };
    const list = JSON.parse(JSON.stringify(items)) as unknown[];
    const ids = list.map(idOf);
    const body = JSON.stringify({ response: { ml_recommendations: items } });
    const found = parsed(() => parseRecommendationBody(body), 'RECOMMENDER_BODY');
    expect(found?.value).toEqual(ids.includes(undefined) ? undefined : [...new Set(ids)]);
  }));

test('any JSON and any text is a list of valid ids or refused', () =>
  fuzz(
    fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      mutated(
        Buffer.from(
          '{"response":{"ml_recommendations":[{"recommended_content_id":1915085,"recommended_content":"Title"}]}}',
        ),
        Buffer.from('{"data":{"results":["1,915,085",892298]}}'),
      ).map((bytes) => bytes.toString('utf8')),
    ),
    (text) => {
      const found = parsed(() => parseRecommendationBody(text), 'RECOMMENDER_BODY');
      for (const id of found?.value ?? []) expect(parseContentId(id)).toBe(id);
    },
  ));

test('a body of a million brackets is refused, not followed until the stack is full', () => {
  for (const text of ['['.repeat(1_000_000), '{"data":'.repeat(200_000), `[${'[],'.repeat(300_000)}[]]`]) {
    expect(parsed(() => parseRecommendationBody(text), 'RECOMMENDER_BODY')).toBeUndefined();
  }
});

test('any Retry-After is a wait of at most ten minutes or none', () =>
  fuzz(
    fc.tuple(
      fc.oneof(
        fc.string(),
        fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      ),
      fc.nat(),
    ),
    ([text, now]) => {
      const waitMs = parseRetryAfterMs(text, now);
      expect(waitMs === undefined || (waitMs >= 0 && waitMs <= 600_000)).toBe(true);
    },
  ));

const anyValue = fc.oneof(
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
  fc.double(),
  fc.string({ unit: 'binary' }),
  fc.date(),
  fc.constantFrom(
    null,
    undefined,
    true,
    '7',
    'a\0b',
    '-7',
    '1,915,085',
    '2025-10-28',
    '0',
    0,
    [],
    {},
    Symbol.iterator,
    Object.create(null),
  ),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
);
const COLUMNS = [
  'ba_id',
  'content_id',
  'assignment_date',
  'assignment_begin_date',
  'assignment_due_date',
  'content_type',
  'completion_date',
  'unreadable',
];
const GOOD = {
  ba_id: 7,
  content_id: 1_915_085,
  assignment_date: -1n,
  assignment_begin_date: null,
  assignment_due_date: null,
  content_type: 'Media',
  completion_date: '2025-10-28',
  unreadable: null,
};

test('a row of Databricks is a record with values of the right types, one without content, or refused by table and column', () =>
  fuzz(fc.dictionary(fc.constantFrom(...COLUMNS), anyValue, { maxKeys: 3 }), (strange) => {
    const row = { ...GOOD, ...strange };
    for (const toRecord of [toOpenAssignment, toCompletion]) {
      const found = parsed<ReturnType<typeof toOpenAssignment> | ReturnType<typeof toCompletion>>(
        () => toRecord(row, 'a.b.c'),
        'DATABRICKS_VALUE',
      );
      if (found === undefined) continue;
      if (found.value === undefined) {
        expect(row.content_id === null || !(Number(row.content_id) > 0 && String(row.content_id).length <= 15)).toBe(
          true,
        );
        continue;
      }
      const { employeeId, contentId, ...others } = found.value;
      expect([parseEmployeeId(String(employeeId)), parseContentId(contentId)]).toEqual([employeeId, contentId]);
      expect(Object.values(others).join()).not.toContain('\0');
      for (const value of Object.values(others))
        expect(value === null || ['number', 'string'].includes(typeof value)).toBe(true);
    }
  }));
