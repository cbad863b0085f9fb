import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { feedRules } from '../../../src/domain/feeds/check.ts';
import type { FeedKind } from '../../../src/domain/feeds/file-kinds.ts';
import type { RunPairs } from '../../../src/domain/feeds/file-rules.ts';
import { completionRow, nonCompletedRows } from '../../../src/domain/feeds/rows.ts';
import { PairSet } from '../../../src/domain/pair-set.ts';
import { completeEmployee } from '../../../src/domain/simulation/completions.ts';
import { seededDraw } from '../../../src/domain/simulation/seeded-draw.ts';
import { contentId, employeeId, instant, openAssignment, planOf } from '../../support/domain-values.ts';

// Proves that whatever a run writes passes, and that each rule of contract sections 1 and 3 to 5 that a file can break
// is reported word by word, in the row that breaks it. Texts and numbers here are the contract's.

/** What is wrong with each row; the first has line 2. */
function problemsOf(kind: FeedKind, rows: readonly (readonly string[])[], pairs: RunPairs = {}) {
  const rules = feedRules(kind, pairs);
  return rows.map((row, index) => rules.row(row, index + 2));
}

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 999_999_999_999_999 }), { minLength: 1, maxLength: 6 });
const seconds = fc.integer({
  min: instant('1971-01-01T00:00:00Z') / 1000,
  max: instant('2200-01-01T00:00:00Z') / 1000,
});
const zones = fc.constantFrom('UTC', 'America/Los_Angeles', 'Pacific/Kiritimati', 'Etc/GMT+12', 'Asia/Kolkata');

describe('ContentUserCompletion', () => {
  const kind = 'ContentUserCompletion';
  const row = (user: string, content: string, from: string, to: string) => [
    user,
    content,
    `2025-10-28T${from}Z`,
    `2025-10-28T${to}Z`,
  ];
  const first = row('7', '1,915,085', '10:00:00', '10:03:00');

  test('is right as every run writes it', () => {
    fc.assert(
      fc.property(ids, ids, seconds, fc.string(), (users, contents, asOf, seed) => {
        const list = contents.map((id) => ({ contentId: contentId(id), source: 'ai' as const }));
        const rows = users.flatMap((user) => {
          const id = employeeId(user);
          return completeEmployee({ id, type: 'a' }, list, asOf * 1000, seededDraw(seed, id)).map((completion) =>
            completionRow(id, completion),
          );
        });
        expect(problemsOf(kind, rows).flat()).toEqual([]);
      }),
    );
  });

  test.each([
    ['007', 'UserId "007" should be "7"'],
    ['104,829', 'UserId "104,829" is not a positive integer of at most 15 digits'],
    ['', 'UserId "" is not a positive integer of at most 15 digits'],
    ['1234567890123456', 'UserId "1234567890123456" is not a positive integer of at most 15 digits'],
  ])('the UserId %j is wrong', (user, problem) => {
    expect(problemsOf(kind, [row(user, '1', '10:00:00', '10:03:00')])).toEqual([[problem]]);
  });

  test.each([
    ['1915085', 'ContentId "1915085" should be "1,915,085"'],
    [' 1,915,085', 'ContentId " 1,915,085" should be "1,915,085"'],
    ['19,15,085', 'ContentId "19,15,085" is not a content id like "1,915,085"'],
    ['', 'ContentId "" is not a content id like "1,915,085"'],
  ])('the ContentId %j is wrong', (content, problem) => {
    expect(problemsOf(kind, [row('7', content, '10:00:00', '10:03:00')])).toEqual([[problem]]);
  });

  test.each([
    '2025-10-28T24:00:00Z',
    '2025-02-29T10:00:00Z',
    '2025-10-28 10:00:00',
    '2025-10-28T10:00:00.000Z',
    '+010000-01-01T00:00Z',
    '',
  ])('%j is no time', (text) => {
    const says = (column: string) => `${column} "${text}" is not a real time written like "2025-10-28T11:00:00Z"`;
    expect(problemsOf(kind, [['7', '1', text, first[3]!]])).toEqual([[says('DateStarted')]]);
    expect(problemsOf(kind, [['7', '1', first[2]!, text]])).toEqual([[says('DateCompleted')]]);
  });

  test.each([
    ['10:00:00', 'DateStarted is not before DateCompleted'],
    ['09:59:59', 'DateStarted is not before DateCompleted'],
    ['10:02:59', 'it takes 179 seconds, not 180 to 1200'],
    ['10:20:01', 'it takes 1201 seconds, not 180 to 1200'],
  ])('from 10:00:00 to %s is wrong', (to, problem) => {
    expect(problemsOf(kind, [row('7', '1', '10:00:00', to)])).toEqual([[problem]]);
  });

  test.each([
    ['10:02:59', ['it starts before the one above it was completed (2025-10-28T10:03:00Z)']],
    ['10:03:00', ['it starts 0 seconds after the one above it was completed, not 60 to 1800']],
    ['10:03:59', ['it starts 59 seconds after the one above it was completed, not 60 to 1800']],
    ['10:04:00', []],
    ['10:33:00', []],
    ['10:33:01', ['it starts 1801 seconds after the one above it was completed, not 60 to 1800']],
  ])('after a completion that ends at 10:03:00, a start at %s: %j', (from, problems) => {
    const to = from.startsWith('10:33') ? '10:40:00' : '10:20:00';
    expect(problemsOf(kind, [first, row('7', '2', from, to)])).toEqual([[], problems]);
    expect(problemsOf(kind, [first, row('8', '2', from, to)])).toEqual([[], []]);
  });

  test('a row is not compared with an unreadable row', () => {
    const last = row('7', '3', '11:00:00', '11:10:00');
    expect(problemsOf(kind, [first, ['7', '2'], last])).toEqual([[], ['it has 2 fields, not 4'], []]);
    expect(problemsOf(kind, [first, row('7', '2', '10:04:00', 'late'), last])[2]).toEqual([]);
    expect(problemsOf(kind, [first, row('x', '2', '10:10:00', '10:20:00'), last])[2]).toEqual([]);
    const rules = feedRules(kind, {});
    rules.row(first, 2);
    rules.skip();
    expect(rules.row(last, 4)).toEqual([]);
  });

  test('a content twice for one user is wrong, for two users it is not', () => {
    const again = (user: string) => row(user, '1,915,085', '10:10:00', '10:20:00');
    expect(problemsOf(kind, [first, again('8')])).toEqual([[], []]);
    expect(problemsOf(kind, [first, again('7')])[1]).toEqual([
      'UserId 7 and ContentId 1,915,085 were together further up; nobody completes a content twice',
    ]);
  });

  test('the rows of a user stand together', () => {
    const rows = [first, row('8', '1', '10:00:00', '10:03:00'), row('7', '2', '10:10:00', '10:20:00')];
    expect(problemsOf(kind, rows)[2]).toEqual(['UserId 7 has rows further up; the rows of a user stand together']);
  });

  test('everything that is wrong with a row is said, and one field too many too', () => {
    expect(problemsOf(kind, [['x', 'y', 'then', 'now'], [...first, ''], ['1']])).toEqual([
      [
        'UserId "x" is not a positive integer of at most 15 digits',
        'ContentId "y" is not a content id like "1,915,085"',
        'DateStarted "then" is not a real time written like "2025-10-28T11:00:00Z"',
        'DateCompleted "now" is not a real time written like "2025-10-28T11:00:00Z"',
      ],
      ['it has 5 fields, not 4'],
      ['it has 1 field, not 4'],
    ]);
  });
});

describe('Non_Completed_Assignments', () => {
  const kind = 'Non_Completed_Assignments';
  const columns = { user: 0, created: 1, request: 2, content: 3, start: 4, due: 5, type: 6 };
  const feed = nonCompletedRows(planOf());
  const assigned = (user: number, content: number) => feed.assigned(employeeId(user), contentId(content));
  const open = (user: number, content: number, assignedAt: string | null = '2025-10-21T08:00:00Z') =>
    feed.open(
      employeeId(user),
      openAssignment(content, { assignedAt: assignedAt === null ? null : instant(assignedAt) }),
    );
  const changed = (row: readonly string[], change: Partial<Record<keyof typeof columns, string>>) =>
    row.map((field, index) => {
      const name = (Object.keys(columns) as (keyof typeof columns)[])[index]!;
      return change[name] ?? field;
    });

  test('is right as every run writes it, in any time zone', () => {
    const date = fc.option(seconds.map((s) => s * 1000));
    fc.assert(
      fc.property(ids, ids, seconds, zones, date, fc.boolean(), (users, contents, asOf, timeZone, at, reversed) => {
        const rows = nonCompletedRows(planOf({ asOf: asOf * 1000, timeZone }));
        const [newest, ...older] = contents;
        const dates = { assignedAt: at, beginsAt: null, dueAt: at, contentType: reversed ? 'Course' : null };
        const all = [
          ...users.flatMap((user) =>
            older.map((content) => rows.open(employeeId(user), openAssignment(content, dates))),
          ),
          ...users.map((user) => rows.assigned(employeeId(user), contentId(newest!))),
        ];
        expect(problemsOf(kind, all).flat()).toEqual([]);
      }),
    );
  });

  test('another digit in RequestId or TrainingElementId is always noticed', () => {
    const place = fc.constantFrom(columns.request, columns.content);
    fc.assert(
      fc.property(place, fc.nat(6), fc.integer({ min: 1, max: 9 }), (column, at, add) => {
        const row = assigned(7, 1_915_085);
        const field = row[column]!;
        const position = at % field.length;
        fc.pre(field[position] !== ',');
        const digit = String((Number(field[position]) + add) % 10);
        row[column] = field.slice(0, position) + digit + field.slice(position + 1);
        expect(problemsOf(kind, [row])[0]).not.toEqual([]);
      }),
    );
  });

  test.each(['', '9999', '10000000', '012345', '12,345', '12345.0', '-12345', '１２３４５'])(
    'the RequestId %j is wrong',
    (request) => {
      expect(problemsOf(kind, [changed(assigned(7, 1), { request })])).toEqual([
        [`RequestId "${request}" is not an integer from 10000 to 9999999`],
      ]);
    },
  );

  test.each(['10000', '9999999'])('the RequestId %s may be the one of another content', (request) => {
    expect(problemsOf(kind, [changed(assigned(7, 1), { request })])).toEqual([
      [`RequestId ${request} is not the one of TrainingElementId 1 on that day, in any time zone`],
    ]);
  });

  test('a RequestId is the one of the content and a day that the assignment can have in some time zone', () => {
    const requestOn = (day: string) => open(7, 1_915_085, `${day}T12:00:00Z`)[columns.request]!;
    const problems = (created: string, day: string) =>
      problemsOf(kind, [changed(open(7, 1_915_085), { created, request: requestOn(day) })])[0];
    const wrong = (day: string) => [
      `RequestId ${requestOn(day)} is not the one of TrainingElementId 1,915,085 on that day, in any time zone`,
    ];
    expect(problems('2025-10-21T09:54:59Z', '2025-10-21')).toEqual([]);
    expect(problems('2025-10-21T11:59:59Z', '2025-10-20')).toEqual([]);
    expect(problems('2025-10-21T12:00:00Z', '2025-10-20')).toEqual(wrong('2025-10-20'));
    expect(problems('2025-10-21T09:55:00Z', '2025-10-22')).toEqual([]);
    expect(problems('2025-10-21T09:54:59Z', '2025-10-22')).toEqual(wrong('2025-10-22'));
    expect(problemsOf(kind, [open(7, 1_915_085, null)])).toEqual([[]]);
    expect(problemsOf(kind, [changed(open(7, 1_915_085), { created: '' })])).toEqual([
      [
        `RequestId ${open(7, 1_915_085)[columns.request]} is not the one of TrainingElementId 1,915,085 without CreateDate_text`,
      ],
    ]);
  });

  test('dates may be missing, but not be wrong', () => {
    expect(problemsOf(kind, [changed(open(7, 1), { start: '', due: '' })])).toEqual([[]]);
    const bad = changed(open(7, 1), { created: 'x', start: '2025-13-01T00:00:00Z', due: '10/28/2025' });
    expect(problemsOf(kind, [bad])).toEqual([
      [
        'CreateDate_text "x" is not a real time written like "2025-10-28T11:00:00Z"',
        'Start_Date_text "2025-13-01T00:00:00Z" is not a real time written like "2025-10-28T11:00:00Z"',
        'DueDate_text "10/28/2025" is not a real time written like "2025-10-28T11:00:00Z"',
      ],
    ]);
  });

  test('the ids are written as in the other feed', () => {
    expect(problemsOf(kind, [changed(open(7, 1915), { user: '07', content: '1915' }), ['7']])).toEqual([
      ['UserID "07" should be "7"', 'TrainingElementId "1915" should be "1,915"'],
      ['it has 1 field, not 7'],
    ]);
    expect(problemsOf(kind, [changed(open(7, 1), { user: '', content: '' })])[0]).toHaveLength(2);
  });

  test('a content twice for one user is wrong, wherever the two rows stand', () => {
    const again = 'UserID 7 and TrainingElementId 1 were together further up; nobody has a content open twice';
    expect(problemsOf(kind, [open(7, 1), open(7, 1), open(8, 1)])).toEqual([[], [again], []]);
    expect(problemsOf(kind, [open(7, 1), open(8, 1), assigned(7, 1)])).toEqual([[], [], [again]]);
  });

  test('new assignments follow the open ones: a user comes back once, and all rows from there on look alike', () => {
    const differs =
      'from line 4 on there are new assignments, with one CreateDate_text, Start_Date_text and DueDate_text, of ContentType Media; this one differs';
    const begin = [open(7, 1), open(8, 1), assigned(7, 2)];
    const fourth = (row: string[]) => problemsOf(kind, [...begin, row])[3];
    expect(fourth(assigned(8, 2))).toEqual([]);
    expect(fourth(assigned(9, 2))).toEqual([]);
    expect(fourth(open(8, 3))).toEqual([differs]);
    expect(fourth(changed(assigned(8, 2), { type: 'Course' }))).toEqual([differs]);
    expect(fourth(changed(assigned(8, 2), { due: '' }))).toEqual([differs]);
    const back = 'UserID 7 has new assignments further up; the rows of a user stand together';
    expect(problemsOf(kind, [...begin, assigned(8, 2), assigned(7, 3)])[4]).toEqual([back]);
  });
});

describe('both feeds of a run', () => {
  const completed = ['7', '1', '2025-10-28T10:00:00Z', '2025-10-28T10:03:00Z'];
  const open = nonCompletedRows(planOf()).assigned(employeeId(7), contentId(1));

  test('hold nothing that is both completed and open, whichever is read first', () => {
    const done = new PairSet();
    expect(problemsOf('ContentUserCompletion', [completed], { own: done })).toEqual([[]]);
    expect(problemsOf('Non_Completed_Assignments', [open], { other: done })).toEqual([
      ['UserID 7 and TrainingElementId 1 are in ContentUserCompletion of the same run too'],
    ]);
    const still = new PairSet();
    expect(problemsOf('Non_Completed_Assignments', [open], { own: still })).toEqual([[]]);
    expect(problemsOf('ContentUserCompletion', [completed], { other: still })).toEqual([
      ['UserId 7 and ContentId 1 are in Non_Completed_Assignments of the same run too'],
    ]);
    expect(problemsOf('ContentUserCompletion', [['8', ...completed.slice(1)]], { other: still })).toEqual([[]]);
  });
});
