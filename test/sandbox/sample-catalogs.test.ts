import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { writeSampleCatalogs } from '../../src/sandbox/sample-catalogs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What this file proves: the sandbox's vendor folder is the user's too. Samples come and go with the days; nothing that
// somebody else placed there is changed or removed, and a run takes the catalogs placed there.

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 26, 9);
const SAMPLES = [
  'CourseCatalog_V2_2026_11_19_1_3d4e5f.csv',
  'CourseCatalog_V2_2026_11_26_1_ec83a5.csv',
  'StandAloneContent_v2_2026_11_19_1_0a1b2c.csv',
  'StandAloneContent_v2_2026_11_26_1_77434e.csv',
];

const temporary = temporaryFolder('samples');
let folders = 0;
const newFolder = () => join(temporary.path, String(++folders));

async function contentsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = await Promise.all(names.map(({ name }) => readFile(join(folder, name), 'utf8')));
  return Object.fromEntries(names.map(({ name }, i) => [name, texts[i]!]));
}

test('an empty folder gets samples of today, and of a week ago', async () => {
  const folder = newFolder();
  const { contentIds, ownFiles } = await writeSampleCatalogs(folder, NOW);
  expect((await readdir(folder)).sort()).toEqual(SAMPLES);
  expect(ownFiles).toEqual([]);
  expect(contentIds).toHaveLength(128);
});

test('samples of earlier days give way to those of today', async () => {
  const folder = newFolder();
  for (const daysAgo of [9, 7, 1]) await writeSampleCatalogs(folder, NOW - daysAgo * DAY_MS);
  await writeSampleCatalogs(folder, NOW);
  expect((await readdir(folder)).sort()).toEqual(SAMPLES);
});

test('nothing that somebody else placed in the folder is changed or removed', async () => {
  const folder = newFolder();
  await writeSampleCatalogs(folder, NOW - DAY_MS);
  const own = {
    'notes.txt': 'mine',
    'employees.csv': '1,a\n',
    // A real catalog may carry the very six characters of a sample.
    'StandAloneContent_v2_2026_1_6_1_77434e.csv': 'ContentId,Daily_Dose_BA\n"1,000,001",TRUE\n',
    // A sample that somebody has edited is no sample any more.
    'CourseCatalog_V2_2026_11_25_1_ec83a5.csv': 'ContentId\n"2,000,002"\n',
  };
  for (const [name, text] of Object.entries(own)) await writeFile(join(folder, name), text);
  await mkdir(join(folder, 'a folder'));
  await symlink('/nowhere', join(folder, 'a link'));
  const { ownFiles } = await writeSampleCatalogs(folder, NOW);
  expect(await contentsOf(folder)).toEqual(own);
  expect(ownFiles).toEqual(['a folder', 'a link', ...Object.keys(own)].sort());
  expect((await readdir(folder)).sort()).toEqual(ownFiles);
});

test('own catalogs are the newest of their kind, and what the recommender recommends from', async () => {
  const folder = newFolder();
  await mkdir(folder);
  const own = 'StandAloneContent_v2_2025_10_28_1_abcdef.csv';
  await writeFile(join(folder, own), 'ContentId,Daily_Dose_BA\n"1,000,001",TRUE\n"1,000,002",FALSE\n');
  const { contentIds } = await writeSampleCatalogs(folder, NOW);
  expect((await readdir(folder)).sort()).toEqual([...SAMPLES.slice(0, 2), own]);
  expect(contentIds.filter((id) => id > 1_000_000).sort()).toEqual([1_000_001, 1_000_002]);
  expect(contentIds).toHaveLength(64 + 2);
});

test('a catalog that no run could read is served too', async () => {
  const folder = newFolder();
  await mkdir(folder);
  await writeFile(join(folder, 'StandAloneContent_v2_2025_10_28_1_abcdef.csv'), Buffer.from([0xff, 0xfe, 0x00]));
  expect((await writeSampleCatalogs(folder, NOW)).contentIds).toHaveLength(64);
});

test('a sample that is there already keeps its time, so that no run fetches it again', async () => {
  const folder = newFolder();
  await writeSampleCatalogs(folder, NOW);
  const path = join(folder, SAMPLES[1]!);
  await utimes(path, 1, 1);
  await writeSampleCatalogs(folder, NOW);
  expect((await stat(path)).mtimeMs).toBe(1000);
});
