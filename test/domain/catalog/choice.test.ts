// Proves which catalog files a run takes, and what it says of them that a person may not expect (contract section 1).
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CatalogWishes,
  catalogListing,
  chooseCatalogs,
  type FolderEntry,
} from '../../../src/domain/catalog/choice.ts';
import { failureOf } from '../../support/failure-of.ts';

const COURSES = 'CourseCatalog_V2_2025_10_27_1_aaaaaa.csv';
const CONTENT = 'StandAloneContent_v2_2025_10_28_1_bbbbbb.csv';
const WISHES: CatalogWishes = { day: '2025-10-28', maxAgeDays: 45, maxBytes: 1_000_000, place: '/in' };

const entry = (name: string, more: Partial<FolderEntry> = {}): FolderEntry => ({
  name,
  kind: 'file',
  bytes: 10,
  modifiedAt: 0,
  ...more,
});
const choose = (names: readonly (string | FolderEntry)[], wishes: Partial<CatalogWishes> = {}) => {
  const entries = [COURSES, CONTENT, ...names].map((each) => (typeof each === 'string' ? entry(each) : each));
  const { files, notices } = chooseCatalogs(catalogListing(entries), { ...WISHES, ...wishes });
  return { names: files.map(({ name }) => name), notices };
};

test('files of today and yesterday are taken without a word', () => {
  expect(choose(['README.txt', 'CourseCatalog_V2_2025_10_1_1_a.csv'])).toEqual({
    names: [COURSES, CONTENT],
    notices: [],
  });
});

describe('a run as of a day in the past', () => {
  const later = ['CourseCatalog_V2_2025_11_4_1_a.csv', 'StandAloneContent_v2_2026_1_6_1_77434e.csv'];

  test('takes the newest files of that day, not those of later days', () => {
    expect(choose(later)).toEqual({ names: [COURSES, CONTENT], notices: [] });
    expect(choose(later, { day: '2025-12-31' }).names).toEqual([later[0], CONTENT]);
    expect(choose(later, { day: '2026-01-06' }).names).toEqual(later);
  });

  test('takes the newest of all when all are of later days, and says so', () => {
    expect(choose([], { day: '2025-10-27' })).toEqual({
      names: [COURSES, CONTENT],
      notices: [
        {
          code: 'catalog-later-than-run',
          text: `${CONTENT}: its date is after 2025-10-27, the day of the run, and there is none of that day or before`,
        },
      ],
    });
    expect(choose(later, { day: '2020-01-01' }).names).toEqual(later);
  });

  test('whatever lies there, never takes a later file while there is one in time, and always the latest in time', () => {
    const days = fc.array(fc.integer({ min: 1, max: 28 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: 28 }), (found, today) => {
        const files = found.map((day) => entry(`CourseCatalog_V2_2024_2_${day}_1_a.csv`));
        const wishes = { ...WISHES, day: `2024-02-${String(today).padStart(2, '0')}` };
        const listing = catalogListing([...files, entry('StandAloneContent_v2_2024_2_1_1_a.csv')]);
        const chosen = Number(chooseCatalogs(listing, wishes).files[0]!.date.slice(-2));
        const inTime = found.filter((day) => day <= today);
        expect(chosen).toBe(Math.max(...(inTime.length > 0 ? inTime : found)));
      }),
    );
  });
});

describe('a newest file that is old', () => {
  test.each([
    ['2025-12-11', 45, 0],
    ['2025-12-12', 45, 1],
    ['2025-10-28', 0, 1],
  ])('on %s with at most %i days is a notice for so many files: %i', (day, maxAgeDays, expected) => {
    const { names, notices } = choose([], { day, maxAgeDays });
    expect(names).toEqual([COURSES, CONTENT]);
    expect(notices.map(({ code }) => code)).toEqual(Array.from({ length: expected }, () => 'catalog-old'));
  });

  test('is used with a notice that says how old it is', () => {
    expect(choose([], { day: '2025-12-12' }).notices).toEqual([
      {
        code: 'catalog-old',
        text: `${COURSES}: it is 46 days older than the run, more than CATALOG_MAX_AGE_DAYS (45), and there is none that is newer`,
      },
    ]);
  });
});

describe('files whose names nearly match', () => {
  test.each([
    'CourseCatalog_V2_2026_1_6_1_ec83a5.csv.gz',
    'StandAloneContent_v2_2026_1_6_1_77434e.csv.pgp',
    'StandAloneContent_v3_2026_1_6_1_77434e.csv',
    'StandAloneContent_v2_2026_1_6_1_77434e (1).csv',
    'Copy of CourseCatalog_V2_2026_1_6_1_ec83a5.csv',
    'CourseCatalog-V2-2026-01-06.csv',
    'Stand Alone Content v2 2026 1 6.xlsx',
    'CourseCatalog_V2_2025_2_30_1_ec83a5.csv',
    'CourseCatalog_V2_2026_1_6_1_ec83a5.csv\n',
  ])('are told, such as %j', (name) => {
    const { names, notices } = choose([name]);
    expect(names).toEqual([COURSES, CONTENT]);
    expect(notices).toEqual([
      {
        code: 'catalog-near-misses',
        text: `Files beside the catalogs whose names nearly match were not used: 1 (${name.replace('\n', '\\n')})`,
        count: 1,
      },
    ]);
  });

  test.each(['README.txt', 'Courses_V2_2026_1_6_1_a.csv', 'ContentUserCompletion_V2_2026_1_6_1_a.csv', 'catalog.csv'])(
    'are not those of other files: %s',
    (name) => expect(choose([name]).notices).toEqual([]),
  );

  test('are links and folders under the right names too, but not a folder that is just called alike', () => {
    const name = 'CourseCatalog_V2_2026_1_6_1_ec83a5.csv';
    for (const kind of ['link', 'folder', 'other'] as const) {
      expect(choose([entry(name, { kind })])).toMatchObject({ names: [COURSES, CONTENT], notices: [{ count: 1 }] });
    }
    expect(choose([entry('CourseCatalog_archive', { kind: 'folder' })]).notices).toEqual([]);
  });

  test('are counted, and the three with the latest dates in their names are shown', () => {
    const gone = Array.from({ length: 12 }, (_, i) => `CourseCatalog_V2_2025_${i + 1}_6_1_a.csv.gz`);
    expect(choose(gone).notices[0]).toMatchObject({
      count: 12,
      text: expect.stringContaining(
        ': 12 (CourseCatalog_V2_2025_12_6_1_a.csv.gz, CourseCatalog_V2_2025_11_6_1_a.csv.gz, CourseCatalog_V2_2025_10_6_1_a.csv.gz and 9 more)',
      ),
    });
  });

  test('are named when there is no catalog file at all', async () => {
    const listing = catalogListing([entry(COURSES), entry(`${CONTENT}.gz`)]);
    const error = await failureOf(Promise.resolve().then(() => chooseCatalogs(listing, WISHES)));
    expect(error).toMatchObject({
      code: 'CATALOG_MISSING',
      message: '/in: no StandAloneContent file',
      lines: [`its name nearly matches: ${CONTENT}.gz`],
    });
  });
});

test('a file that is listed as larger than is allowed stops the run, by its name', async () => {
  const huge = entry('CourseCatalog_V2_2025_10_28_1_a.csv', { bytes: 40e12 });
  const error = await failureOf(Promise.resolve().then(() => choose([huge])));
  expect(error).toMatchObject({
    code: 'CATALOG_TOO_LARGE',
    retryable: false,
    message: 'CourseCatalog_V2_2025_10_28_1_a.csv has 40,000,000 MB, more than CATALOG_MAX_MB allows (1 MB)',
  });
  expect(choose([entry('CourseCatalog_V2_2025_9_1_1_a.csv', { bytes: 40e12 })]).names).toEqual([COURSES, CONTENT]);
});
