// Proves that every row of a catalog file is content, a row with an id seen before, or counted as skipped, whatever the
// file holds, held against another reader of CSV; and that `check` says of every file what a run says.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkInput } from '../../src/adapters/check/input.ts';
import { readCatalogFile } from '../../src/adapters/disk/catalog-files.ts';
import { resolveCatalogColumns } from '../../src/domain/catalog/content.ts';
import { readCatalogDate } from '../../src/domain/catalog/date.ts';
import { displayText } from '../../src/domain/display-text.ts';
import { BtcFakeError } from '../../src/domain/errors.ts';
import { parseContentId } from '../../src/domain/ids.ts';
import { expectPlain, fuzz, mutated } from '../support/fuzz.ts';
import { readPlainCsv } from '../support/plain-csv.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const VENDOR = join(import.meta.dirname, '../../docs/samples/vendor');
const originals = ['CourseCatalog_V2_2025_10_28_1_ec83a5.csv', 'StandAloneContent_v2_2025_10_28_1_77434e.csv'].map(
  (name) => readFileSync(join(VENDOR, name)),
);
const home = temporaryFolder('fuzz-catalogs');
const DATES = { timeZone: 'Europe/Berlin', dateFormats: [] };
const KIND = 'StandAloneContent';

const FILE_FAULTS: readonly string[] = ['no-date-column', 'no-daily-dose-column', 'day-first'];

/** Reads the bytes as a catalog file: what was read, or the refusal, which must be one of ours. */
async function read(bytes: Buffer) {
  const path = join(home.path, 'catalog.csv');
  writeFileSync(path, bytes);
  const told: (number | null)[] = [];
  await checkInput(path, KIND, DATES, (line) => told.push(line));
  try {
    const reading = await readCatalogFile(path, { ...DATES, kind: KIND });
    const faults = [...reading.faults.values()];
    const ofRows = [...reading.faults].filter(([fault]) => !FILE_FAULTS.includes(fault));
    expect(told).toHaveLength(ofRows.reduce((sum, [, { count }]) => sum + count, faults.length - ofRows.length));
    for (const { firstLine } of faults) expect(told).toContain(firstLine);
    expect(told).toEqual([...told].sort((a, b) => Number(a) - Number(b)));
    return reading;
  } catch (error) {
    if (!(error instanceof BtcFakeError)) throw error;
    expect(error.code).toBe('CATALOG_INVALID');
    expect(told.length).toBeGreaterThan(0);
    expectPlain(error.message);
    expect(error.remedy).toBeTruthy();
    return undefined;
  }
}

async function expectEveryRow(bytes: Buffer): Promise<void> {
  const reading = await read(bytes);
  if (reading === undefined) return;
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const rows = readPlainCsv(text)!.filter(({ fields }) => fields.some((field) => field.trim() !== ''));
  const [header, ...below] = rows.map(({ fields }) => fields);
  const columns = resolveCatalogColumns(header!, { file: 'catalog.csv' });
  const filled = (fields: readonly string[]) => fields.findLastIndex((field) => field.trim() !== '') + 1;
  const whole = below.filter((fields) => fields.length >= filled(header!) && filled(fields) <= header!.length);
  const ids = whole.map((fields) => parseContentId(fields[columns.id]));
  const usable = ids.filter((id) => id !== undefined);
  expect(reading.skippedRows).toBe(below.length - usable.length);
  expect(reading.contents.map(({ id }) => id)).toEqual([...new Set(usable)]);
  const titles = new Map(
    [...whole].reverse().map((fields) => [parseContentId(fields[columns.id]), fields[columns.title]]),
  );
  for (const { id, title } of reading.contents) {
    expect(title).toBe(displayText(titles.get(id) ?? ''));
  }
}

test('any bytes are read or refused', () =>
  fuzz(
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    async (bytes) => void (await read(bytes)),
  ));

test('a real file with edits is read row by row or refused', () => fuzz(mutated(...originals), expectEveryRow));

const anyField = fc.oneof(
  fc.integer({ min: -2, max: 2_000_000 }).map((n) => n.toLocaleString('en-US')),
  fc.constantFrom(
    '',
    '1915085',
    '1,915,085',
    '1,91',
    'TRUE',
    '5/20/2025',
    '24/10/2025',
    '7',
    '1915085.0',
    '45958',
    '2025-10-01T00:00:00Z',
    '__proto__',
    '😀',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

test('rows of any fields, quoted, are each content or counted', () =>
  fuzz(fc.array(fc.array(anyField, { minLength: 1, maxLength: 5 }), { maxLength: 30 }), async (rows) => {
    const lines = rows.map((fields) => fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(','));
    const bytes = Buffer.from(['ContentId,Title,Daily_Dose_BA,CreateDate', ...lines].join('\n'));
    await expectEveryRow(bytes);
  }));

test('any text of a date is an instant or none', () =>
  fuzz(
    fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9]{0,5}[-/T: ]?[0-9/:TZ+. -]{0,20}$/)),
    (text) => {
      const { monthFirst, dayFirst } = readCatalogDate(text, DATES) ?? { monthFirst: 0, dayFirst: 0 };
      for (const at of [monthFirst, dayFirst]) expect(at === null || Number.isSafeInteger(at)).toBe(true);
    },
  ));
