import { readCatalogDate } from '../../src/domain/catalog/date.ts';
import { compileDatePattern } from '../../src/domain/catalog/date-pattern.ts';
import { catalogNotices } from '../../src/domain/catalog/faults.ts';
import { CATALOG_KINDS, newestCatalogFile, parseCatalogFileName } from '../../src/domain/catalog/file-name.ts';
import { CatalogReader } from '../../src/domain/catalog/reader.ts';
import { outcome } from './vector-cases.ts';

/** The cases of catalogNames. */
export function catalogNames(): object[] {
  const tails = [
    '2025_5_20_1_ec83a5.csv',
    '2025_05_20_2_ec83a5.CSV',
    '2025_2_29_1_a.csv',
    '2024_2_29_1_a.csv',
    '2025_13_1_1_a.csv',
    '2026_1_6_1_77434e.csv',
    '2025_5_20_1_ec83a5 (1).csv',
    '2025_5_20_1_b.csv.part',
    '2025_5_20_1_b.csv\n',
    '0000_2_29_1_a.csv',
    '2025_5_20_1_zz.csv',
  ];
  const given = [
    'CourseCatalog_V2_',
    'standalonecontent_v2_',
    'StandAloneContent_v3_',
    'ſtandAloneContent_v2_',
  ].flatMap((start) => tails.map((tail) => start + tail));
  const files = given.flatMap((name, i) => {
    const parsed = parseCatalogFileName(name);
    return parsed === undefined ? [] : [{ ...parsed, modifiedAt: i % 2, bytes: 1 }];
  });
  const newest = ['1999-01-01', '2025-05-20', '2025-05-21', '2030-01-01'].flatMap((day) =>
    CATALOG_KINDS.map((kind) => ({
      day,
      kind,
      files: files.map(({ name, modifiedAt }) => [name, modifiedAt]),
      newest: newestCatalogFile(files, kind, day)?.name ?? null,
    })),
  );
  return [...given.map((name) => ({ name, parsed: parseCatalogFileName(name) ?? null })), ...newest];
}

/** The cases of catalogDates. */
export function catalogDates(): object[] {
  const dates = [
    '2025-10-28',
    '2025/10/28',
    '2025-10/28',
    '10/28/2025',
    '28/10/2025',
    '3/4/2025',
    '4/4/2025',
    '31/31/2025',
    '28.10.2025',
    '28-Oct-2025',
    '28 october 2025',
    'Oct 28, 2025',
    'Sept. 3 2025',
    'Foo 3 2025',
    '29-Feb-2025',
    '45958',
    '',
    'n/a',
    '2025-02-30',
    '0000-01-01',
    '0001-01-01',
    '9999-12-31',
  ];
  const times = [
    '',
    'T1:02',
    ' 2:30',
    ' 01:02:03',
    ' 01:02:03.123456',
    'T01:02:03,5Z',
    ' 1:02 PM',
    ' 12:00:00 am',
    ' 13:00 PM',
    ' 24:00',
    '\u00a02:30 UTC',
    ' 02:30 +0530',
    'T02:30-08',
    'T02:30+24:00',
    ' nonsense',
  ];
  const cases: object[] = [];
  const add = (text: string, zone: string, pattern?: string) => {
    const compiled = pattern === undefined ? undefined : compileDatePattern(pattern);
    const isPattern = pattern === undefined || compiled !== undefined;
    const readings = readCatalogDate(text, { timeZone: zone, dateFormats: compiled ? [compiled] : [] });
    cases.push({ text, zone, pattern: pattern ?? null, isPattern, readings });
  };
  for (const date of dates) for (const time of times) add(date + time, ['UTC', 'Europe/Berlin'][cases.length % 2]!);
  for (const date of ['2024-03-31', '2024-10-27']) for (const time of times) add(date + time, 'Europe/Berlin');
  const patterns = [
    'd/M/yyyy H:mm',
    'yyyyMMdd',
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    'dd.MM.yy',
    'MMM d yyyy h:mm a',
    "yyyy 'o''clock' MM dd",
    'Mdyyyy',
    'yyyy-MM',
    'yyyy-MM-dd hh:mm',
    'YYYY-MM-dd',
    'yyyy-MM-dd X',
    'yyyyMMddHHmmss',
    "yyyy''MM''dd",
    'MMMM d yyyy',
    'yyyy-MM-dd yyyy',
  ];
  const written = [
    '1/2/2025 3:04',
    '20251028',
    '2025-10-28T01:02:03.123+02:00',
    '1.2.69',
    '01.02.68',
    'Oct 1 2025 1:02 pm',
    "2025 o'clock 10 1",
    '2025-10-28 -0800',
    '20251028010203',
    "2025'1'2",
    'October 1 2025',
    '2025-10-28',
  ];
  for (const pattern of patterns) for (const text of written) add(text, 'America/New_York', pattern);
  return cases;
}

/** The cases of catalogs. */
export function catalogs(): object[] {
  const headers = [
    ['Content_Id', 'title', 'Daily Dose BA', 'CreateDate'],
    ['CourseId', 'ContentId', 'Name'],
    ['Title'],
    ['ElementId', 'DateCreated', ''],
    ['\u202eContentId', 'x'],
  ];
  const rows = [
    ['1,001', 'A\u202e b\n c', 'TRUE', '3/4/2025'],
    ['1001', 'again', '', ''],
    ['1e3', '', '', ''],
    ['1002.0', 'B', 'maybe', 'soon'],
    [''],
    ['1003', 'C', 'y', '28/10/2025'],
    ['1004', 'D', '0', '10/28/2025'],
    ['1', '2', '3', '4', '5'],
    ['1005'],
    ['1006', 'E', 'N', '2025-01-01', ''],
    ['😀'.repeat(30), '', '', ''],
  ];
  const picks = [[], [0, 1, 2], [0, 5], [0, 5, 6], [3, 4, 7, 8, 9], [2, 10], rows.map((_, i) => i)];
  return headers.flatMap((header) =>
    CATALOG_KINDS.flatMap((kind) =>
      picks.map((picked) => {
        const chosen = picked.map((i) => rows[i]!);
        const result = outcome(() => {
          const reader = new CatalogReader(
            { kind, timeZone: 'UTC', dateFormats: [] },
            { fields: header, line: 1, place: { file: 'c.csv' } },
          );
          chosen.forEach((fields, i) => {
            reader.add(i + 2, fields);
          });
          const { contents, faults } = reader.finish();
          reader.requireUsableRow();
          return { contents, notices: catalogNotices('c.csv', faults) };
        });
        return { kind, header, rows: chosen, ...result };
      }),
    ),
  );
}
