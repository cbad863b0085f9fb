// Proves that no name that a server gives leads out of the folder, and that a template is copied as it is, whatever it
// holds.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { draftCopy } from '../../src/adapters/disk/feed-files.ts';
import { isPlainFileName, PART_SUFFIX } from '../../src/adapters/sftp/remote-files.ts';
import { type CatalogFile, newestCatalogFile, parseCatalogFileName } from '../../src/domain/catalog/file-name.ts';
import { fuzz, mutated } from '../support/fuzz.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FOLDER = '/folder/of/downloads';
const REAL = ['CourseCatalog_V2_2025_5_20_1_ec83a5.csv', 'StandAloneContent_v2_2026_1_6_1_77434e.csv'];
const home = temporaryFolder('fuzz-names');

const anyName = fc.oneof(
  mutated(...REAL.map((name) => Buffer.from(name))).map((bytes) => bytes.toString('utf8')),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.constantFrom('..', '.', '/', '\\', '\0', '\n', 'a', '%2e', '~', ':', ...REAL), { maxLength: 5 })
    .map((parts) => parts.join('')),
);

test('a name that is taken for a plain one stays in its folder, with space for what is put behind it', () =>
  fuzz(anyName, (name) => {
    if (!isPlainFileName(name)) return;
    for (const local of [name, name + PART_SUFFIX]) {
      expect(dirname(join(FOLDER, local))).toBe(FOLDER);
      expect(basename(join(FOLDER, local))).toBe(local);
      expect(Buffer.byteLength(local)).toBeLessThanOrEqual(255);
      expect(local).not.toMatch(/[\p{Cc}/\\]/u);
    }
  }));

test('a name that is taken for a catalog file holds nothing but its parts, and a real date', () =>
  fuzz(anyName, (name) => {
    const parsed = parseCatalogFileName(name);
    if (parsed === undefined) return;
    expect(name).toMatch(/^[A-Za-z0-9_]+\.csv$/i);
    expect(new Date(`${parsed.date}T00:00:00Z`).toISOString().slice(0, 10)).toBe(parsed.date);
    expect(Number.isSafeInteger(parsed.sequence)).toBe(true);
  }));

test('the newest file is the same in whatever order the server lists them', () => {
  const anyFile: fc.Arbitrary<CatalogFile> = fc
    .record({
      year: fc.integer({ min: 2024, max: 2026 }),
      day: fc.integer({ min: 1, max: 3 }),
      sequence: fc.integer({ min: 1, max: 3 }),
      random: fc.constantFrom('aaaaaa', 'bbbbbb'),
      modifiedAt: fc.integer({ min: 0, max: 2 }),
    })
    .map(({ year, day, sequence, random, modifiedAt }) => ({
      ...parseCatalogFileName(`CourseCatalog_V2_${year}_1_${day}_${sequence}_${random}.csv`)!,
      modifiedAt,
      bytes: 1,
    }));
  return fuzz(
    fc.tuple(fc.uniqueArray(anyFile, { selector: ({ name }) => name }), fc.infiniteStream(fc.nat())),
    ([files, draws]) => {
      const shuffled = files.map((file) => ({ file, at: draws.next().value })).sort((a, b) => a.at - b.at);
      const newest = newestCatalogFile(files, 'CourseCatalog');
      expect(
        newestCatalogFile(
          shuffled.map(({ file }) => file),
          'CourseCatalog',
        ),
      ).toBe(newest);
    },
  );
});

test('a template is copied byte for byte, and counted by its lines', () => {
  const real = readFileSync(join(import.meta.dirname, '../../input/UserCompletion_v2_template.csv'));
  const anyBytes = fc.oneof(
    mutated(real),
    fc.uint8Array({ maxLength: 5_000 }).map((bytes) => Buffer.from(bytes)),
  );
  return fuzz(anyBytes, async (bytes) => {
    const [template, copy] = ['template.csv', 'copy.csv'].map((name) => join(home.path, name)) as [string, string];
    writeFileSync(template, bytes);
    const draft = await draftCopy(template, copy);
    const { rows } = await draft.finish();
    await draft.publish();
    await draft.discard();
    expect(readFileSync(copy).equals(bytes)).toBe(true);
    const lines = bytes
      .toString('latin1')
      .split('\n')
      .filter((line, i, all) => i < all.length - 1 || line !== '');
    expect(rows).toBe(Math.max(0, lines.length - 1));
  });
});
