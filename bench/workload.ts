import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CatalogContent } from '../src/domain/catalog/content.ts';
import type { ContentId } from '../src/domain/ids.ts';
import type { EmployeeType } from '../src/domain/simulation/employees.ts';

/** What every measurement has in common. */
export const TIMEOUT_MS = 30_000;
export const SEED = 'bench';
export const AS_OF = Date.parse('2025-10-28T11:00:00Z');

/** What both catalog files list; every tenth content is Daily Dose. */
export const CONTENTS: readonly CatalogContent[] = Array.from({ length: 200 }, (_, i) => ({
  id: (1_915_000 + i * 37) as ContentId,
  title: `Training ${i}`,
  dailyDose: i % 10 === 0,
  createdAt: Date.parse('2025-10-01'),
}));

/** The id of the first employee; the others follow it. */
export const FIRST_EMPLOYEE = 100_000;
const TYPES: readonly EmployeeType[] = ['a', 'b', 'f'];
const ROWS_AT_ONCE = 10_000;

/**
 * Does something in a temporary folder that holds the inputs of a run: an employees file and the vendor's two catalog
 * files.
 */
export async function inWorkloadFolder<T>(employees: number, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'btc-fake-bench-')));
  try {
    await writeEmployees(join(folder, 'employees.csv'), employees);
    const downloads = join(folder, 'downloaded_files');
    await mkdir(downloads);
    const rows = CONTENTS.map(
      ({ id, title, dailyDose }) => `${id},${title},${dailyDose ? 'TRUE' : 'FALSE'},2025-10-01\n`,
    );
    const catalog = `ContentId,Title,Daily_Dose_BA,CreateDate\n${rows.join('')}`;
    await writeFile(join(downloads, 'StandAloneContent_v2_2025_10_28_1_77434e.csv'), catalog);
    await writeFile(join(downloads, 'CourseCatalog_V2_2025_10_28_1_ec83a5.csv'), catalog);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeEmployees(path: string, employees: number): Promise<void> {
  function* rows() {
    yield 'employee_id,employee_edu_type\n';
    for (let from = 0; from < employees; from += ROWS_AT_ONCE) {
      const some = Math.min(ROWS_AT_ONCE, employees - from);
      yield Array.from({ length: some }, (_, i) => `${FIRST_EMPLOYEE + from + i},${typeAt(from + i)}\n`).join('');
    }
  }
  await pipeline(Readable.from(rows()), createWriteStream(path));
}

/** The type of the employee at a position. */
export function typeAt(position: number): EmployeeType {
  return TYPES[position % TYPES.length]!;
}
