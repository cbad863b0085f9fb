// Proves which answers of the recommender are taken for recommendations (contract section 1), and that no other is.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BtcFakeError } from '../../../src/domain/errors.ts';
import { type ContentId, formatContentId } from '../../../src/domain/ids.ts';
import { bodyExcerpt, namesAnError, parseRecommendationBody } from '../../../src/domain/recommender/body.ts';

const contentId = () => fc.integer({ min: 1, max: 999_999_999_999_999 }).map((id) => id as ContentId);

/** All the ways to write one recommendation. */
const asItem = (id: ContentId) =>
  fc.constantFrom<unknown>(
    id,
    String(id),
    formatContentId(id),
    { recommended_content_id: id, recommended_content: 'A title' },
    { recommended_content_id: formatContentId(id) },
    { content_id: id },
    { contentId: String(id) },
    { ContentId: id, title: 'Other' },
  );

/** All the places in which a body may hold the list. */
const asBody = (list: readonly unknown[]) =>
  fc
    .constantFrom<unknown>(list, { ml_recommendations: list }, { recommendations: list }, { results: list, count: 3 })
    .chain((holder) => fc.constantFrom<unknown>(holder, { response: holder, timing: {} }, { data: holder }));

function codeOf(text: string): { code: string; message: string } {
  try {
    parseRecommendationBody(text);
  } catch (error) {
    if (error instanceof BtcFakeError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error(`Taken for recommendations: ${text}`);
}

describe('parseRecommendationBody', () => {
  test("reads the vendor's own shape", () => {
    const body =
      '{"response":{"ml_recommendations":[{"recommended_content_id":1915085,"recommended_content":"Title"}]}}';
    expect(parseRecommendationBody(body)).toEqual([1915085]);
  });

  test('reads every accepted shape, in order, each content once', () => {
    const sample = fc
      .array(contentId(), { maxLength: 20 })
      .chain((ids) => fc.tuple(...ids.map(asItem)).chain((items) => fc.tuple(fc.constant(ids), asBody(items))));
    fc.assert(
      fc.property(sample, ([ids, body]) => {
        expect(parseRecommendationBody(JSON.stringify(body))).toEqual([...new Set(ids)]);
      }),
    );
  });

  test.each(['[]', '{"response":[]}', '{"response":{"ml_recommendations":[]}}', '{"results":[]}'])(
    '%s is an empty list',
    (body) => {
      expect(parseRecommendationBody(body)).toEqual([]);
    },
  );

  test.each([
    'null',
    '7',
    '"text"',
    'true',
    '{}',
    '{"error":"model not loaded"}',
    '{"response":null}',
    '{"response":{}}',
    '{"response":"none"}',
    '{"response":{"ml_recommendations":null}}',
    '{"response":{"ml_recommendations":{}}}',
    '{"response":{"response":[]}}',
    '{"data":{"data":{"results":[]}}}',
    // An error must not be passed over in favour of another list.
    '{"response":{"error":"no model"},"results":[]}',
    '{"response":null,"data":[]}',
    '{"response":{"ml_recommendations":null,"results":[]}}',
    '{"data":{"error":"no"},"recommendations":[1]}',
  ])('%s holds no list', (body) => {
    expect(codeOf(body)).toEqual({
      code: 'RECOMMENDER_BODY',
      message: `The recommender's answer is no recommendation, it holds no list of recommendations: ${body}`,
    });
  });

  test.each([
    '{"results":[],"error":"model not loaded"}',
    '{"response":{"ml_recommendations":[]},"errors":[{"code":7}]}',
    '{"response":{"ml_recommendations":[],"error":{"message":"no such employee"}}}',
    '{"data":[],"errors":["timed out"]}',
  ])('%s is an error beside an empty list, not an empty list', (body) => {
    expect(codeOf(body)).toEqual({
      code: 'RECOMMENDER_BODY',
      message: `The recommender's answer is no recommendation, it names an error beside an empty list: ${body}`,
    });
  });

  test.each(['null', 'false', '""', '[]', '{}'])('an error that is %s is none', (error) => {
    expect(parseRecommendationBody(`{"results":[],"error":${error}}`)).toEqual([]);
  });

  test('an error beside recommendations does not take them away', () => {
    expect(parseRecommendationBody('{"results":[7],"errors":["one was left out"]}')).toEqual([7]);
  });

  test.each(['null', '0', '-5', '1.5', '1e15', '""', '"12,34"', '"abc"', '[]', '[5]', '{}', '{"id":5}', 'true'])(
    'an item %s spoils the whole answer',
    (item) => {
      expect(codeOf(`[1915085,${item}]`)).toMatchObject({
        code: 'RECOMMENDER_BODY',
        message: expect.stringContaining('item 2 of the list has no valid content id: [1915085,'),
      });
    },
  );

  test('the first of the known id names decides, also when it holds no id', () => {
    expect(codeOf('[{"recommended_content_id":null,"content_id":5}]').code).toBe('RECOMMENDER_BODY');
  });

  test.each([
    ['', "The recommender's answer is no recommendation, it is empty"],
    [' \n', "The recommender's answer is no recommendation, it is empty"],
    ['{"response":{"ml_rec', `The recommender's answer is no recommendation, it is not JSON: {"response":{"ml_rec`],
    ['<html>\n<p>Sign in', "The recommender's answer is no recommendation, it is not JSON: <html>\\n<p>Sign in"],
  ])('%j is no JSON', (body, message) => {
    expect(codeOf(body)).toEqual({ code: 'RECOMMENDER_BODY', message });
  });

  test('no text makes it throw anything but RECOMMENDER_BODY', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        try {
          expect(Array.isArray(parseRecommendationBody(text))).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ name: 'BtcFakeError', code: 'RECOMMENDER_BODY' });
        }
      }),
    );
  });
});

describe('namesAnError', () => {
  test.each([
    '{"error":"no such employee"}',
    '{"errors":[{"code":7}]}',
    '{"response":{"error":"no"}}',
    '{"message":"no"}',
    '{"detail":"x"}',
  ])('%s does', (body) => expect(namesAnError(body)).toBe(true));

  test.each(['', '<html>502 Bad Gateway</html>', '{"error":', '{}', '[]', '"error"', 'null', '{"error":null}'])(
    '%s does not',
    (body) => expect(namesAnError(body)).toBe(false),
  );
});

describe('bodyExcerpt', () => {
  test('shows 200 characters and says that there were more', () => {
    expect(bodyExcerpt('x'.repeat(200))).toBe('x'.repeat(200));
    expect(bodyExcerpt('x'.repeat(201))).toBe(`${'x'.repeat(200)}…`);
    expect(bodyExcerpt('😀'.repeat(300))).toBe(`${'😀'.repeat(200)}…`);
  });

  test('makes visible what a terminal would act on', () => {
    expect(bodyExcerpt('a\r\nb\t\u001b[31m\u007f\u009b\u202e\u2028\ufeff\ud800')).toBe(
      'a\\r\\nb\\t\\u001b[31m\\u{7f}\\u{9b}\\u{202e}\\u{2028}\\u{feff}\\ud800',
    );
  });

  test('is one printable line whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        expect(bodyExcerpt(text)).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]*$/u);
      }),
    );
  });
});
