import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  CATALOG_KINDS,
  type CatalogFile,
  newestCatalogFile,
  parseCatalogFileName,
} from '../../../src/domain/catalog/file-name.ts';

// What this file proves: contract section 1, "Vendor catalog files": which names are read, and which is the newest.

describe('a name', () => {
  test.each([
    ['CourseCatalog_V2_2025_5_20_1_ec83a5.csv', 'CourseCatalog', '2025-05-20', 1],
    ['StandAloneContent_v2_2026_1_6_1_77434e.csv', 'StandAloneContent', '2026-01-06', 1],
    ['coursecatalog_v2_2025_05_20_01_EC83A5.CSV', 'CourseCatalog', '2025-05-20', 1],
    ['STANDALONECONTENT_V2_2026_01_06_12_0.csv', 'StandAloneContent', '2026-01-06', 12],
    ['CourseCatalog_V2_2024_2_29_1_a.csv', 'CourseCatalog', '2024-02-29', 1],
  ])('%s is a %s of %s, sequence %d', (name, kind, date, sequence) => {
    expect(parseCatalogFileName(name)).toEqual({ kind, name, date, sequence });
  });

  test.each([
    ['CourseCatalog_V2_2025_2_29_1_ec83a5.csv', 'no leap year'],
    ['CourseCatalog_V2_2025_4_31_1_ec83a5.csv', 'no 31 April'],
    ['CourseCatalog_V2_2025_13_1_1_ec83a5.csv', 'no month 13'],
    ['CourseCatalog_V2_2025_0_1_1_ec83a5.csv', 'no month 0'],
    ['CourseCatalog_V2_2025_1_0_1_ec83a5.csv', 'no day 0'],
    ['CourseCatalog_V2_2025_1_32_1_ec83a5.csv', 'no day 32'],
    ['CourseCatalog_V2_25_5_20_1_ec83a5.csv', 'a year of two digits'],
    ['CourseCatalog_V2_2025_005_20_1_ec83a5.csv', 'a month of three digits'],
    ['CourseCatalog_V1_2025_5_20_1_ec83a5.csv', 'another version'],
    ['CourseCatalog_V2_2025_5_20_1.csv', 'no random part'],
    ['CourseCatalog_V2_2025_5_20_ec83a5.csv', 'no sequence number'],
    ['CourseCatalog_V2_2025_5_20_1_ec83a5.csv.part', 'a download that is not finished'],
    ['CourseCatalog_V2_2025_5_20_1_ec83a5.csv\n', 'a line end'],
    ['CourseCatalog_V2_2025_5_20_1_ec83a5\0.csv', 'a NUL'],
    ['../CourseCatalog_V2_2025_5_20_1_ec83a5.csv', 'another folder'],
    ['sub/CourseCatalog_V2_2025_5_20_1_ec83a5.csv', 'a folder'],
    ['CourseCatalog_V2_2025_5_20_1_../x.csv', 'a way out'],
    ['CourseCatalog_V2_2025_5_20_1_a\\b.csv', 'a backslash'],
    [' CourseCatalog_V2_2025_5_20_1_ec83a5.csv', 'a space before'],
    ['xCourseCatalog_V2_2025_5_20_1_ec83a5.csv', 'a letter before'],
    ['CourseCatalog_V2_2025_5_20_1_ec83a5xcsv', 'no dot'],
    ['ContentUserCompletion_V2_2025_5_20_1_ec83a5.csv', 'a feed of ours'],
    ['', 'nothing'],
  ])('%j is none (%s)', (name) => {
    expect(parseCatalogFileName(name)).toBeUndefined();
  });

  test('is read for every date of the calendar, with and without leading zeros, and for no other', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CATALOG_KINDS),
        fc.integer({ min: 2000, max: 2100 }),
        fc.integer({ min: 0, max: 14 }),
        fc.integer({ min: 0, max: 33 }),
        fc.boolean(),
        (kind, year, month, day, padded) => {
          const two = (value: number) => (padded ? String(value).padStart(2, '0') : String(value));
          const parsed = parseCatalogFileName(`${kind}_V2_${year}_${two(month)}_${two(day)}_1_x.csv`);
          const daysInMonth = [31, year % 4 === 0 && year !== 2100 ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
          if (day >= 1 && day <= (daysInMonth[month - 1] ?? 0)) {
            expect(parsed?.date.split('-').map(Number)).toEqual([year, month, day]);
          } else expect(parsed).toBeUndefined();
        },
      ),
    );
  });

  test('never holds anything that could lead out of a folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 40 }), (junk, at) => {
        const name = 'CourseCatalog_V2_2025_5_20_1_ec83a5.csv';
        const hostile = name.slice(0, at) + junk + name.slice(at);
        if (/[^A-Za-z0-9_.]|\.\./.test(hostile)) expect(parseCatalogFileName(hostile)).toBeUndefined();
      }),
    );
  });
});

describe('the newest of a kind', () => {
  const file = (name: string, modifiedAt = 0): CatalogFile => ({
    ...parseCatalogFileName(name)!,
    modifiedAt,
    bytes: 1,
  });
  const newest = (...files: CatalogFile[]) => newestCatalogFile(files, 'CourseCatalog')?.name;

  test.each([
    ['the later date', 'CourseCatalog_V2_2025_10_2_1_a.csv', 'CourseCatalog_V2_2025_9_30_9_z.csv'],
    ['the later year', 'CourseCatalog_V2_2026_1_1_1_a.csv', 'CourseCatalog_V2_2025_12_31_9_z.csv'],
    [
      'on one date, the higher sequence number',
      'CourseCatalog_V2_2025_9_30_10_a.csv',
      'CourseCatalog_V2_2025_9_30_9_z.csv',
    ],
  ])('has %s, whenever it was modified', (_, winner, loser) => {
    expect(newest(file(winner, 1), file(loser, 2))).toBe(winner);
    expect(newest(file(loser, 2), file(winner, 1))).toBe(winner);
  });

  test('of equal date and sequence is the one modified later, whatever its name', () => {
    const early = file('CourseCatalog_V2_2025_9_30_1_z.csv', 1);
    const late = file('CourseCatalog_V2_2025_09_30_01_a.csv', 2);
    expect(newest(early, late)).toBe(late.name);
    expect(newest(late, early)).toBe(late.name);
  });

  test('of otherwise equal files has the later name', () => {
    const a = file('CourseCatalog_V2_2025_9_30_1_a.csv');
    const b = file('CourseCatalog_V2_2025_9_30_1_b.csv');
    expect(newest(a, b)).toBe(b.name);
    expect(newest(b, a)).toBe(b.name);
  });

  test('is of that kind, and undefined when there is none', () => {
    const other = file('StandAloneContent_V2_2030_1_1_1_a.csv');
    expect(newest(other)).toBeUndefined();
    expect(newest()).toBeUndefined();
    expect(newestCatalogFile([other, file('CourseCatalog_V2_2031_1_1_1_a.csv')], 'StandAloneContent')).toBe(other);
  });

  test('does not depend on the order in which a server lists them', () => {
    const anyFile = fc
      .record({
        year: fc.integer({ min: 2025, max: 2026 }),
        month: fc.constantFrom('1', '01', '9', '10'),
        sequence: fc.constantFrom('1', '2', '10'),
        random: fc.constantFrom('a', 'b', 'Z'),
        modifiedAt: fc.nat({ max: 1 }),
      })
      .map((f) => file(`CourseCatalog_V2_${f.year}_${f.month}_5_${f.sequence}_${f.random}.csv`, f.modifiedAt));
    // A folder holds a name once.
    const folder = fc.uniqueArray(anyFile, { selector: ({ name }) => name, minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(folder, fc.nat(), (files, turn) => {
        const cut = turn % files.length;
        expect(newest(...files.slice(cut), ...files.slice(0, cut))).toBe(newest(...files));
        expect(newest(...[...files].reverse())).toBe(newest(...files));
      }),
    );
  });
});
