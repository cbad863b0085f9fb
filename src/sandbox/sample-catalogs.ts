import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeToString } from 'fast-csv';
import { listLocalCatalogFiles, readCatalogFile } from '../adapters/disk/catalog-files.ts';
import {
  CATALOG_KINDS,
  type CatalogKind,
  newestCatalogFile,
  parseCatalogFileName,
} from '../domain/catalog/file-name.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { ContentId } from '../domain/ids.ts';
import { formatContentId } from '../domain/ids.ts';

const SUBJECTS = ['Skin', 'Fragrance', 'Colour', 'Hair', 'Bath', 'Tools', 'Service', 'Store'];
const LESSONS = [
  'Basics',
  'in Five Minutes',
  'for Every Guest',
  'Ingredients',
  'Trends',
  'Questions',
  'Safety',
  'Stories',
];
const DAILY_DOSE_EVERY = 6;
const DAY_MS = 86_400_000;
const OLDER_BY_MS = 7 * DAY_MS;
const COLUMNS = ['ContentId', 'Title', 'Daily_Dose_BA', 'CreateDate'];

/** What the sandbox's vendor has dropped. */
export interface SampleCatalogs {
  readonly folder: string;
  /** What the catalogs hold that a run takes first: the newest of each kind. */
  readonly contentIds: readonly ContentId[];
  /** The names of the files that somebody else placed there. */
  readonly ownFiles: readonly string[];
}

/**
 * Writes a vendor's drop of invented training to a folder: today's files of both kinds, and older files, which a run
 * must not take. Only unchanged samples are removed; next to other files of a kind it writes no samples of that kind.
 * @param now epoch milliseconds; its UTC date goes into the names.
 * @throws the system's error when the folder cannot be written to.
 */
export async function writeSampleCatalogs(folder: string, now: number): Promise<SampleCatalogs> {
  await mkdir(folder, { recursive: true });
  const samples = await samplesOf(now);
  const entries = await readdir(folder, { withFileTypes: true });
  const ownFiles: string[] = [];
  const outdated: string[] = [];
  for (const entry of entries) {
    if (!(entry.isFile() && (await isSample(folder, entry.name)))) ownFiles.push(entry.name);
    else outdated.push(entry.name);
  }
  const ownKinds = new Set(ownFiles.map((name) => parseCatalogFileName(name)?.kind));
  const wanted = samples.filter(({ kind }) => !ownKinds.has(kind));
  const kept = new Set(wanted.map(({ name }) => name));
  for (const name of outdated) if (!kept.has(name)) await rm(join(folder, name));
  for (const { name, text } of wanted) if (!outdated.includes(name)) await writeFile(join(folder, name), text);
  return { folder, ownFiles: ownFiles.sort(), contentIds: await newestContentIds(folder) };
}

/** A file of the samples, as it is written. */
interface Sample {
  readonly kind: CatalogKind;
  readonly name: string;
  readonly text: string;
}

/** The samples of a day, which depend on its UTC date alone. */
async function samplesOf(now: number): Promise<Sample[]> {
  const standAlone = sampleContents(1_915_000, SUBJECTS, now);
  const courses = sampleContents(892_000, [...SUBJECTS].reverse(), now);
  const sample = async (kind: CatalogKind, version: string, at: number, rand: string, rows: string[][]) => {
    const date = new Date(at);
    const name = `${kind}_${version}_${date.getUTCFullYear()}_${date.getUTCMonth() + 1}_${date.getUTCDate()}_1_${rand}.csv`;
    const text = await writeToString(rows, { headers: COLUMNS, quoteColumns: true, includeEndRowDelimiter: true });
    return { kind, name, text };
  };
  return Promise.all([
    sample('StandAloneContent', 'v2', now - OLDER_BY_MS, '0a1b2c', standAlone.slice(0, 5)),
    sample('CourseCatalog', 'V2', now - OLDER_BY_MS, '3d4e5f', courses.slice(0, 5)),
    sample('StandAloneContent', 'v2', now, '77434e', standAlone),
    sample('CourseCatalog', 'V2', now, 'ec83a5', courses),
  ]);
}

/** Whether an earlier start wrote this file and nobody changed it: the date in its name says what it then held. */
async function isSample(folder: string, name: string): Promise<boolean> {
  const date = parseCatalogFileName(name)?.date;
  if (date === undefined) return false;
  const day = Date.parse(date);
  const candidates = [...(await samplesOf(day)), ...(await samplesOf(day + OLDER_BY_MS))];
  const sample = candidates.find((each) => each.name === name);
  return sample !== undefined && sample.text === (await readFile(join(folder, name), 'utf8').catch(() => undefined));
}

/** Empty for a catalog that no run could read: the sandbox serves that one too. */
async function newestContentIds(folder: string): Promise<ContentId[]> {
  const files = await listLocalCatalogFiles(folder);
  const ids: ContentId[] = [];
  for (const kind of CATALOG_KINDS) {
    const newest = newestCatalogFile(files, kind);
    if (newest === undefined) continue;
    // Nothing but ids is used, so it does not matter how dates are read.
    const rules = { kind, timeZone: 'UTC', dateFormats: [] };
    const reading = await readCatalogFile(join(folder, newest.name), rules).catch((error: unknown) => {
      if (error instanceof BtcFakeError) return { contents: [] };
      throw error;
    });
    for (const { id } of reading.contents) ids.push(id);
  }
  return ids;
}

/**
 * Rows of a catalog file: grouped ids as the vendor writes them, some flagged as Daily Dose, made on different days.
 */
function sampleContents(firstId: number, subjects: readonly string[], now: number): string[][] {
  return subjects.flatMap((subject, s) =>
    LESSONS.map((lesson, l) => {
      const index = s * LESSONS.length + l;
      const created = new Date(now - (index + 1) * DAY_MS).toISOString().slice(0, 10);
      const dailyDose = index % DAILY_DOSE_EVERY === 0 ? 'TRUE' : 'FALSE';
      return [formatContentId((firstId + index * 37) as ContentId), `${subject} ${lesson}`, dailyDose, created];
    }),
  );
}
