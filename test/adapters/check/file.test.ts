import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CheckedFile, checkFiles } from '../../../src/adapters/check/file.ts';
import { readFeedRecords } from '../../../src/adapters/csv/feed-records.ts';
import { draftFeed } from '../../../src/adapters/disk/feed-files.ts';

// What this file proves: feeds are held to their bytes (contract section 5), with the exact line; checking continues
// behind what is wrong; several files are checked together.

let root: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'btc-fake-check-'));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'files-'));
});

interface Outcome extends CheckedFile {
  readonly problems: readonly string[];
}

/** Each file's outcome, with what was said about it: `LINE: problem`. */
async function check(...paths: readonly string[]): Promise<Outcome[]> {
  let problems: string[] = [];
  const outcomes: Outcome[] = [];
  const onProblem = (_file: string, { line, problem }: { line: number | null; problem: string }) => {
    problems.push(`${line ?? '-'}: ${problem}`);
  };
  for await (const checked of checkFiles(paths, { timeZone: 'UTC', dateFormats: [] }, onProblem)) {
    expect(checked.errors).toBe(problems.length);
    outcomes.push({ ...checked, problems });
    problems = [];
  }
  return outcomes;
}

async function put(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const NOT_THE_HEADER = '1: the header is not "UserId","ContentId","DateStarted","DateCompleted"';

async function problemsIn(name: string, content: string | Buffer): Promise<readonly string[]> {
  const [outcome] = await check(await put(name, content));
  return outcome!.problems;
}

const HEADER = '"UserId","ContentId","DateStarted","DateCompleted"\n';
const ROW_7 = '"7","1,915,085","2025-10-28T10:00:00Z","2025-10-28T10:03:00Z"\n';
const ROW_8 = '"8","1,892,298","2025-10-28T10:00:00Z","2025-10-28T10:03:00Z"\n';
const COMPLETIONS = 'ContentUserCompletion_V2_2025_10_28_1_ab12cd.csv';
const OPEN = 'Non_Completed_Assignments_V2_2025_10_28_1_ab12cd.csv';
const OPEN_HEADER =
  '"UserID","CreateDate_text","RequestId","TrainingElementId","Start_Date_text","DueDate_text","ContentType"\n';

describe("a feed's bytes", () => {
  test('are right as the contract shows them, also without rows', async () => {
    const file = await put(COMPLETIONS, HEADER + ROW_7 + ROW_8);
    expect(await check(file)).toEqual([
      { file, kind: 'ContentUserCompletion', checked: true, rows: 2, manifest: null, errors: 0, problems: [] },
    ]);
    const empty = await put(OPEN, OPEN_HEADER);
    expect(await check(empty)).toMatchObject([
      { kind: 'Non_Completed_Assignments', checked: true, rows: 0, errors: 0 },
    ]);
  });

  test('cannot lose any byte without notice', async () => {
    const whole = Buffer.from(HEADER + ROW_7 + ROW_8);
    const path = join(folder, COMPLETIONS);
    for (let at = 0; at < whole.length; at++) {
      await writeFile(path, Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]));
      const [outcome] = await check(path);
      expect({ at, errors: outcome!.errors }).not.toEqual({ at, errors: 0 });
    }
  });

  test.each([
    ['a byte-order mark', `\uFEFF${HEADER}${ROW_7}`, ['1: the file begins with a byte-order mark']],
    [
      'CRLF, said once',
      (HEADER + ROW_7 + ROW_8).replaceAll('\n', '\r\n'),
      ['1: the line ends with CRLF, not LF (said once for the file)'],
    ],
    ['no final LF', (HEADER + ROW_7).slice(0, -1), ['2: the file does not end with a line end (LF)']],
    ['a blank line', `${HEADER}${ROW_7}\n${ROW_8}`, ['3: the line is blank']],
    ['a blank last line', `${HEADER}${ROW_7}\n`, ['3: the line is blank']],
    ['nothing at all', '', ['1: the file is empty; a feed without rows has its header']],
    ['a header without quotes', HEADER.replaceAll('"', '') + ROW_7, ['1: field 1 is not in quotes']],
    [
      'another header',
      HEADER.replace('UserId', 'UserID') + ROW_7,
      [`${NOT_THE_HEADER} (it has: UserID, ContentId, DateStarted, DateCompleted)`],
    ],
    [
      'no header',
      ROW_7 + ROW_8,
      [`${NOT_THE_HEADER} (it has: 7, 1,915,085, 2025-10-28T10:00:00Z, 2025-10-28T10:03:00Z)`],
    ],
    [
      'semicolons',
      (HEADER + ROW_7 + ROW_8).replaceAll('","', '";"'),
      ['1: it is separated by semicolons, not by commas (its columns: UserId, ContentId, DateStarted, DateCompleted)'],
    ],
    [
      'each line in quotes',
      HEADER.replace(/^.*$/m, (line) => `"${line.replaceAll('"', '""')}"`),
      [
        '1: each line is in quotes as a whole and counts as one field (in the quotes: UserId, ContentId, DateStarted, DateCompleted)',
      ],
    ],
    [
      'a header with a column more',
      HEADER.replace('\n', ',"x"\n') + ROW_7,
      [`${NOT_THE_HEADER} (it has: UserId, ContentId, DateStarted, DateCompleted, x)`],
    ],
    ['a number without quotes', `${HEADER}${ROW_7.replace('"7"', '7')}${ROW_8}`, ['2: field 1 is not in quotes']],
    [
      'a quote that is not doubled',
      `${HEADER}${ROW_7.replace('915', '9"15')}${ROW_8}`,
      ['2: something stands behind the closing quote of field 2 (a quote in a field is doubled)'],
    ],
    [
      'a row that was cut short',
      `${HEADER}"7","1,915\n${ROW_8}`,
      ['2: the quotes of field 2 are never closed, or a quote in it is not doubled'],
    ],
    [
      'a file that was cut short',
      `${HEADER}${ROW_7}"8","892`,
      [
        '3: the file does not end with a line end (LF)',
        '3: the quotes of field 2 are never closed, or a quote in it is not doubled',
      ],
    ],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(`${HEADER}"8","`), Buffer.from([0xe9, 0x0a]), Buffer.from(ROW_7)]),
      ['2: there are bytes that are not UTF-8'],
    ],
    [
      'a cut row before bytes that are not UTF-8',
      Buffer.concat([Buffer.from(`${HEADER}"8","\n`), Buffer.from([0xff, 0x0a]), Buffer.from(ROW_7)]),
      [
        '2: the quotes of field 2 are never closed, or a quote in it is not doubled',
        '3: there are bytes that are not UTF-8',
      ],
    ],
  ])('%s', async (_what, content, problems) => {
    expect(await problemsIn(COMPLETIONS, content)).toEqual(problems);
  });

  test('that went wrong in one row leave all others their own lines', async () => {
    const right = (n: number) => ROW_7.replace('"7"', `"${n}"`);
    const wrong = ['"x\n', 'y\n', '"1","2\n', '\n', '"1","2","3","4""\n'];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.constantFrom(...wrong)), { maxLength: 12 }), async (lines) => {
        const rows = lines.map((bad, index) => bad ?? right(index + 1));
        const problems = await problemsIn(COMPLETIONS, `${HEADER}${rows.join('')}${ROW_8.replace('8', '99')}`);
        const badLines = lines.flatMap((bad, index) => (bad === null ? [] : [index + 2]));
        expect(problems.map((problem) => Number.parseInt(problem, 10))).toEqual(badLines);
      }),
      { numRuns: 50 },
    );
  });

  test('may hold line breaks in a field, and lines are still counted as an editor does', async () => {
    const open = (user: string, type: string) => `"${user}","","10007","1","","","${type}"\n`;
    const problems = await problemsIn(OPEN, OPEN_HEADER + open('7', 'a\r\nb""\n\nc') + open('x', 'Media'));
    expect(problems.map((text) => text.split(' ').slice(0, 3).join(' '))).toEqual([
      '2: RequestId 10007',
      '6: UserID "x"',
      '6: RequestId 10007',
    ]);
  });

  test('are read back as the writer of feeds wrote them, whatever the fields hold, at any size', async () => {
    const field = fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', 'é', '😀', ' '), maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field), { maxLength: 20 }), async (rows) => {
        const path = join(folder, 'feed.csv');
        const draft = await draftFeed(path, ['a', 'b']);
        await draft.write(rows);
        await draft.finish();
        await draft.publish();
        const read: (readonly string[])[] = [];
        const wrong: string[] = [];
        await readFeedRecords(path, {
          onRecord: (_line, fields) => read.push(fields),
          onMalformed: (line, reason) => wrong.push(`${line}: ${reason}`),
          onFlaw: (line, reason) => wrong.push(`${line}: ${reason}`),
        });
        expect({ read, wrong }).toEqual({ read: [['a', 'b'], ...rows], wrong: [] });
      }),
      { numRuns: 50 },
    );
  });

  test('are read by somebody whose own error stays his own', async () => {
    const path = await put('feed.csv', HEADER);
    const failure = new Error('of the reader');
    const onRecord = () => {
      throw failure;
    };
    await expect(readFeedRecords(path, { onRecord, onMalformed: () => {}, onFlaw: () => {} })).rejects.toBe(failure);
  });

  test('that are no row do not make the rows around them wrong', async () => {
    const later = ROW_7.replace('1,915,085', '12').replaceAll('T10', 'T11');
    expect(await problemsIn(COMPLETIONS, `${HEADER}${ROW_7}\n${later}`)).toEqual(['3: the line is blank']);
    expect(await problemsIn(COMPLETIONS, `${HEADER}${ROW_7}${later}`)).toHaveLength(1);
  });

  test('are read across the borders of what the disk gives at once', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ROW_7.replace('"7"', `"${i + 1}"`));
    rows[15_000] = rows[15_000]!.replace('T10:00', 'T10:99');
    const [outcome] = await check(await put(COMPLETIONS, HEADER + rows.join('')));
    expect(outcome).toMatchObject({ rows: 20_000, errors: 1 });
    expect(outcome!.problems[0]).toMatch(/^15002: DateStarted/);
  });

  test('without a line end for ever are not kept in memory', async () => {
    expect(await problemsIn(COMPLETIONS, `${HEADER}"${'x'.repeat(3_000_000)}"\n${ROW_7}`)).toEqual([
      '2: the line is longer than 1 MiB; the file was not read further',
    ]);
    expect(await problemsIn(COMPLETIONS, `${HEADER}"7","\n"${'x'.repeat(3_000_000)}`)).toEqual([
      '2: the quotes of field 2 are never closed, or a quote in it is not doubled',
      '3: the line is longer than 1 MiB; the file was not read further',
    ]);
    const lines = (count: number) => `${HEADER}"7","${'a\n'.repeat(count)}"\n`;
    expect(await problemsIn(COMPLETIONS, lines(99))).toEqual(['2: it has 2 fields, not 4']);
    expect((await problemsIn(COMPLETIONS, lines(100))).slice(0, 2)).toEqual([
      '2: the quotes of field 2 are never closed, or a quote in it is not doubled',
      '3: field 1 is not in quotes',
    ]);
  });
});

describe('which rules a file is held to', () => {
  test('its name says, in any case, before its header', async () => {
    const [outcome] = await check(await put(COMPLETIONS.toUpperCase(), 'employee_id,employee_type\n'));
    expect(outcome).toMatchObject({ kind: 'ContentUserCompletion', problems: ['1: field 1 is not in quotes'] });
  });

  test('its header says when the name does not', async () => {
    expect(await check(await put('a.csv', HEADER + ROW_7))).toMatchObject([{ kind: 'ContentUserCompletion', rows: 1 }]);
    expect(await check(await put('b.csv', '# x\n\nemployee_id,employee_type\n1,a\n'))).toMatchObject([
      { kind: 'employees', rows: 1, errors: 0 },
    ]);
  });

  test.each([['some,other,header\n'], ['']])('neither says, in a file that holds %j', async (content) => {
    const [outcome] = await check(await put('notes.csv', content));
    expect(outcome).toMatchObject({ kind: null, checked: false, rows: 0, errors: 1 });
    expect(outcome!.problems).toEqual([
      '-: neither its name nor its header says that it is a ContentUserCompletion, Non_Completed_Assignments, CourseCatalog, StandAloneContent or employees file',
    ]);
  });

  test('a placeholder has no rules', async () => {
    expect(await check(await put('UserCompletion_v2_2025_10_28_1_ab12cd.csv', 'anything'))).toMatchObject([
      { kind: 'UserCompletion', checked: false, rows: 0, errors: 0 },
    ]);
  });

  test('a file that is not there, or is a folder, is a problem of its own; the others are checked', async () => {
    const missing = join(folder, 'employees.csv');
    const outcomes = await check(missing, folder, await put(COMPLETIONS, HEADER + ROW_7), join(folder, 'notes.csv'));
    expect(outcomes.map(({ kind, checked, problems }) => [kind, checked, problems])).toEqual([
      [null, false, ['-: there is no such file']],
      [null, false, ['-: it is a folder']],
      ['ContentUserCompletion', true, []],
      [null, false, ['-: there is no such file']],
    ]);
  });

  test('a folder with the name of a feed is no feed', async () => {
    const path = await mkdtemp(join(folder, 'ContentUserCompletion_'));
    expect((await check(path))[0]!.problems).toEqual(['-: it is a folder']);
  });
});

describe('both feeds of a run', () => {
  const open = (user: number, request: number) => `"${user}","","${request}","1,915,085","","","Media"\n`;
  // Contract section 3, item 5: the SHA-256 of "1915085/" begins with these 6 bytes.
  const REQUEST = 10_000 + (0x7b3b754def99 % 9_990_000);

  test('are held against each other in either order, and only when they are of one run in one folder', async () => {
    const done = await put(COMPLETIONS, HEADER + ROW_7 + ROW_8);
    const still = await put(OPEN, OPEN_HEADER + open(9, REQUEST) + open(7, REQUEST));
    const otherRun = await put(OPEN.replace('ab12cd', '000000'), OPEN_HEADER + open(7, REQUEST));
    const counts = async (...paths: string[]) => (await check(...paths)).map(({ errors }) => errors);
    expect(await counts(done, still)).toEqual([0, 1]);
    expect(await counts(still, done)).toEqual([0, 1]);
    expect(await counts(done, still, otherRun)).toEqual([0, 1, 0]);
    expect(await counts(done, otherRun)).toEqual([0, 0]);
    expect(await counts(done, done, still)).toEqual([0, 0, 1]);
    const elsewhere = join(await mkdtemp(join(root, 'files-')), OPEN);
    await writeFile(elsewhere, OPEN_HEADER + open(7, REQUEST));
    expect(await counts(done, elsewhere)).toEqual([0, 0]);
    const [, outcome] = await check(done, still);
    expect(outcome!.problems).toEqual([
      '3: UserID 7 and TrainingElementId 1,915,085 are in ContentUserCompletion of the same run too',
    ]);
  });
});
