import { EMPLOYEES_FAILED } from '../../src/databricks-tools/remote/run-result.ts';
import { catalogListing, chooseCatalogs, type FolderEntry } from '../../src/domain/catalog/choice.ts';
import { asOfInstant } from '../../src/domain/run/as-of.ts';
import { summaryTail } from '../../src/domain/run/summary.ts';
import { type AssignmentTally, SKIP_REASONS } from '../../src/domain/simulation/assignment-tally.ts';
import { checkedSeed } from '../../src/domain/simulation/seeded-draw.ts';
import { content, employee, outcome, pick } from './vector-cases.ts';

/** The cases of instants that a run is told. */
export function instants(): object[] {
  const dates = [
    '2025-10-28',
    '2024-02-29',
    '2025-02-29',
    '2025-03-30',
    '2025-10-26',
    '1969-12-31',
    '9990-12-31',
    '9991-01-01',
    '2025-13-01',
  ];
  const times = [
    'T11:00:00Z',
    'T02:30',
    'T02:30:59.999',
    'T23:59:59+14:00',
    'T00:00-12:30',
    'T11:00+24:00',
    'T11:00+01:60',
    'T24:00Z',
    'T11:60Z',
  ];
  const others = [
    '',
    '2025-10-28',
    '2025-10-28 11:00',
    '2025-10-28T11Z',
    ' 2025-10-28T11:00Z',
    '2025-10-28T11:00:00z',
    '20251028T110000Z',
    '٢025-10-28T11:00Z',
  ];
  const zones = ['UTC', 'Europe/Berlin', 'Pacific/Auckland'];
  const texts = [...dates.flatMap((date) => times.map((time) => date + time)), ...others];
  return texts.flatMap((text, i) => {
    const zone = zones[i % zones.length]!;
    return [{ text, zone, ...outcome(() => asOfInstant(text, zone, 'as_of')) }];
  });
}

/** Employees whose calls failed, with the pattern by which the command line finds them in what the notebook says. */
export function failedEmployees(): object[] {
  const codes = ['RECOMMENDER_REJECTED', 'RECOMMENDER_BODY', 'PROXY_REFUSED'];
  return [1, 2, 5, 6, 1_234].map((count) => ({
    failed: Array.from({ length: count }, (_, i) => [7 + i, codes[i % codes.length], 'POST: answered 404']),
    pattern: EMPLOYEES_FAILED.source,
  }));
}

/** The cases of seeds. */
export function seeds(): object[] {
  const texts = [
    'a',
    ' ',
    'x'.repeat(200),
    'x'.repeat(201),
    '😀'.repeat(200),
    'a\nb',
    'a\u2028b',
    'a\u0085b',
    '\u202ea',
    '\ud800',
    ' a ',
    '安全',
  ];
  return texts.map((seed) => ({ seed, ...outcome(() => checkedSeed(seed)) }));
}

const FOLDER: readonly FolderEntry[] = [
  'CourseCatalog_V2_2025_10_1_1_a.csv',
  'CourseCatalog_V2_2025_11_1_1_a.csv',
  'StandAloneContent_v2_2025_10_20_1_a.csv',
  'StandAloneContent_v2_2025_9_1_1_a.csv',
  'Copy of CourseCatalog_V2_2025_10_2_1_a.csv',
  'CourseCatalog_V2_2025_10_3_1_a.csv.gz',
  'StandAloneContent_v3_2025_10_20_1_a.csv',
  'standalonecontent_v2_2025_2_30_1_a.csv',
  'StandAloneContent_v2_2025_10_27_1_link.csv',
  'CourseCatalog_V2_2025_10_28_1_folder.csv',
  'other.txt',
  'old CourseCatalog folder',
  'CourseCatalog \u202e.csv',
].map((name) => ({
  name,
  kind: name.includes('link') ? 'link' : name.includes('folder') ? 'folder' : 'file',
  bytes: name.length * 50_000,
  modifiedAt: name.length,
}));

/** The cases of which catalogs a run takes out of a folder. */
export function catalogChoices(): object[] {
  return Array.from({ length: 120 }, (_, i) => {
    const entries = FOLDER.filter((_entry, n) => pick(`entry ${i} ${n}`, 3) > 0);
    const day = ['2025-08-01', '2025-10-28', '2025-12-31'][i % 3]!;
    const maxAgeDays = [1, 45, 400][pick(`age ${i}`, 3)]!;
    const maxBytes = [1_800_000, 500_000_000][pick(`size ${i}`, 2)]!;
    const wishes = { day, maxAgeDays, maxBytes, place: 'inbox' };
    const chosen = outcome(() => {
      const { files, notices } = chooseCatalogs(catalogListing(entries), wishes);
      return { names: files.map(({ name }) => name), notices };
    });
    return { entries, ...wishes, ...chosen };
  });
}

/** The cases of the summary below the employees. */
export function summaryTails(): object[] {
  return Array.from({ length: 60 }, (_, i) => {
    const roll = (name: string, count: number) => pick(`${i} ${name}`, count);
    const dailyDose = Array.from({ length: roll('doses', 4) }, (_dose, n) => ({
      contentId: content(1_915_000 + n),
      assigned: roll(`assigned ${n}`, 5_000),
      skipped: Object.fromEntries(
        SKIP_REASONS.map((reason) => [reason, Math.max(0, roll(`${reason} ${n}`, 2_000) - 1_000)]),
      ) as AssignmentTally['dailyDose'][number]['skipped'],
    }));
    const random = { assigned: roll('random', 3_000), nothingLeft: roll('nothing', 3) };
    const titles = new Map(dailyDose.map(({ contentId }, n) => [contentId, ['', 'Safe, lifting', '安全'][n]!]));
    const notices = Array.from({ length: roll('notices', 3) }, (_notice, n) => ({
      code: 'no-template' as const,
      text: `Notice ${n}`,
    }));
    const failedEmployees = Array.from({ length: roll('failed', 3) }, (_one, n) => ({
      employeeId: employee(1 + n),
      reason: 'RECOMMENDER_REJECTED: no',
    }));
    const fileNames = ['a.csv', 'b.csv'];
    const assignments = { dailyDose, random, openAssignments: roll('open', 100) };
    const lines = summaryTail({ assignments, titles, notices, failedEmployees, fileNames });
    return { assignments, titles: [...titles], notices, failedEmployees, fileNames, lines };
  });
}
