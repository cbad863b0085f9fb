import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeToPath } from 'fast-csv';
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
const COLUMNS = ['ContentId', 'Title', 'Daily_Dose_BA', 'CreateDate'];

/** What the sandbox's vendor has dropped. */
export interface SampleCatalogs {
  readonly folder: string;
  readonly contentIds: readonly ContentId[];
}

/**
 * Makes a vendor's drop of invented training in a folder: today's files of both kinds, and older ones that a run must not
 * take. @param now epoch milliseconds; its UTC date goes into the names.
 */
export async function writeSampleCatalogs(folder: string, now: number): Promise<SampleCatalogs> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
  const standAlone = sampleContents(1_915_000, SUBJECTS, now);
  const courses = sampleContents(892_000, [...SUBJECTS].reverse(), now);
  const write = (kind: string, at: number, rand: string, rows: string[][]) => {
    const date = new Date(at);
    const name = `${kind}_${date.getUTCFullYear()}_${date.getUTCMonth() + 1}_${date.getUTCDate()}_1_${rand}.csv`;
    return new Promise<void>((resolve, reject) => {
      writeToPath(join(folder, name), rows, { headers: COLUMNS, quoteColumns: true, includeEndRowDelimiter: true })
        .on('finish', resolve)
        .on('error', reject);
    });
  };
  await write('StandAloneContent_v2', now - 7 * DAY_MS, '0a1b2c', standAlone.slice(0, 5));
  await write('CourseCatalog_V2', now - 7 * DAY_MS, '3d4e5f', courses.slice(0, 5));
  await write('StandAloneContent_v2', now, '77434e', standAlone);
  await write('CourseCatalog_V2', now, 'ec83a5', courses);
  const ids = [...standAlone, ...courses].map(([id]) => Number(id!.replaceAll(',', '')) as ContentId);
  return { folder, contentIds: ids };
}

/** Rows of a catalog file: grouped ids as the vendor writes them, some flagged as Daily Dose, made on different days. */
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
