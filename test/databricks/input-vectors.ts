import { exchangeError } from '../../src/adapters/recommender/failure.ts';
import { formatContentId, parseContentId, parseEmployeeId, parseRunId } from '../../src/domain/ids.ts';
import { parseRecommendationBody } from '../../src/domain/recommender/body.ts';
import { parseRetryAfterMs } from '../../src/domain/recommender/retry-policy.ts';
import { recommenderUrl } from '../../src/domain/recommender/url.ts';
import { employeeRowReader, resolveEmployeeColumns } from '../../src/domain/simulation/employees.ts';
import { AS_OF, outcome } from './vector-cases.ts';

/** The cases of ids. */
export function ids(): object[] {
  const texts = [
    '1',
    '0',
    '007',
    '1915085',
    '1,915,085',
    '19,15,085',
    '1915085.0',
    '1915085.00',
    '1.5',
    '1e6',
    ' 12 ',
    '\u00a012',
    '12\n',
    '\u001c12',
    '-1',
    '+1',
    '',
    '999999999999999',
    '1000000000000000',
    '١٢',
    '999,999,999,999,999',
    '1,915,085.0',
  ];
  return texts.map((text) => {
    const id = parseContentId(text);
    return {
      text,
      content: id ?? null,
      written: id === undefined ? null : formatContentId(id),
      employee: parseEmployeeId(text) ?? null,
      run: parseRunId(text) !== undefined,
    };
  });
}

/** The cases of employeeRows. */
export function employeeRows(): object[] {
  const headers = [
    ['employee_id', 'employee_edu_type'],
    ['Employee Type', 'x', 'EMPLOYEE ID'],
    ['employee_id'],
    ['a\u0007b'],
  ];
  const rows = [
    ['1', 'a'],
    ['1', 'b'],
    ['', 'a'],
    ['#5', 'x'],
    [' ', ''],
    ['x', 'a'],
    ['2'],
    ['3', 'Q"'],
    [' 4 ', ' F '],
    ['f', '', '5'],
    ['1000000000000000', 'a'],
    ['0', 'a'],
    ['\u200b1', 'a'],
    ['x'.repeat(50), 'a'],
  ];
  return headers.map((header) => ({
    header,
    rows,
    ...outcome(() => {
      const read = employeeRowReader(resolveEmployeeColumns(header, { file: 'employees.csv', line: 1 }));
      return rows
        .map((row) => read(row))
        .map((row) =>
          row.kind === 'employee' ? [row.employee.id, row.employee.type] : row.kind === 'invalid' ? row.reason : null,
        );
    }),
  }));
}

/** The cases of recommendations. */
export function recommendations(): object[] {
  const lists = [
    '[]',
    '[1,2,1]',
    '[{"recommended_content_id":1915085,"recommended_content":"T"}]',
    '["1,915,085",{"content_id":"7"},{"contentId":8.0},{"ContentId":9}]',
    '[1e3]',
    '[1.5]',
    '[true]',
    '[null]',
    '[9007199254740993]',
    '{}',
    'null',
    '"x"',
  ];
  const shapes = [
    '%',
    '{"response":%}',
    '{"data":%}',
    '{"response":{"ml_recommendations":%}}',
    '{"data":{"recommendations":%}}',
    '{"results":%}',
    '{"response":null,"results":%}',
    '{"error":"no","response":%}',
    '{"errors":[],"response":{"error":{"a":1},"results":%}}',
    '{"other":%}',
  ];
  const bodies = [
    ...shapes.flatMap((shape) => lists.map((list) => shape.replace('%', list))),
    '',
    ' ',
    '<html>\u0007',
    '[NaN]',
    '[1',
    `"${'😀'.repeat(300)}"`,
    `"${'x'.repeat(300)}"`,
  ];
  return bodies.map((body) => ({ body, ...outcome(() => parseRecommendationBody(body)) }));
}

/** The cases of urls. */
export function urls(): object[] {
  const bases = [
    'https://h.example',
    'https://h.example/public',
    'http://h.example:8080/a/public/',
    'ftp://h.example',
    'https://h.example/?a=1',
    'nonsense',
  ];
  const ends = [
    '/public/api/v1/mltr/v3/run',
    'run',
    '/',
    '',
    '/public/',
    '/a/public/run?x=1',
    'https://other.example/run',
    '/run#a',
    '//run',
  ];
  return bases.flatMap((base) =>
    ends.map((endpoint) => ({ base, endpoint, ...outcome(() => recommenderUrl(base, endpoint).href) })),
  );
}

/** The cases of retryAfter. */
export function retryAfter(): object[] {
  const headers = [
    '0',
    '5',
    '1.5',
    '0.0001',
    '600',
    '601',
    '99999999999999999999',
    '-1',
    ' 7 ',
    'foo 5',
    '',
    '1e3',
    'Tue, 28 Oct 2025 11:01:00 GMT',
    'Tue, 28 Oct 2025 10:00:00 GMT',
    'Tuesday, 28-Oct-25 11:01:00 GMT',
    'Tue Oct 28 11:01:00 2025',
    'Fri, 31 Feb 2025 11:00:00 GMT',
    'Sat Nov  1 11:00:00 2025',
  ];
  return headers.map((header) => ({ header, now: AS_OF, wait: parseRetryAfterMs(header, AS_OF) ?? null }));
}

/** The cases of answers that are no success. */
export function statuses(): object[] {
  const found = [199, 200, 299, 301, 304, 400, 401, 403, 404, 407, 408, 409, 422, 429, 500, 503, 599];
  return found.map((status) => {
    const exchange = { status, headers: {}, text: '', tooLarge: false, failure: undefined };
    const error = exchangeError(exchange, { subject: 'POST', proxy: undefined, nowMs: AS_OF });
    return { status, code: error?.code ?? null, remedy: error?.remedy ?? null, isRetryable: error?.retryable ?? null };
  });
}
