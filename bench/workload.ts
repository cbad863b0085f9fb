import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContentId } from '../src/domain/ids.ts';

/** What every measurement has in common. */
export const TIMEOUT_MS = 30_000;
export const CONTENT_IDS = Array.from({ length: 200 }, (_, i) => (1_915_000 + i * 37) as ContentId);

const FIRST_EMPLOYEE = 100_000;
const TYPES = ['a', 'b', 'f'];

/** Writes the inputs of a run: an employees file and the vendor's two catalog files. */
export async function writeWorkload(folder: string, employees: number): Promise<void> {
  const rows = Array.from({ length: employees }, (_, i) => `${FIRST_EMPLOYEE + i},${TYPES[i % TYPES.length]}\n`);
  await writeFile(join(folder, 'employees.csv'), `employee_id,employee_edu_type\n${rows.join('')}`);
  const downloads = join(folder, 'downloaded_files');
  await mkdir(downloads, { recursive: true });
  const contents = CONTENT_IDS.map((id, i) => `${id},Training ${i},${i % 10 === 0 ? 'TRUE' : 'FALSE'},2025-10-01\n`);
  const catalog = `ContentId,Title,Daily_Dose_BA,CreateDate\n${contents.join('')}`;
  await writeFile(join(downloads, 'StandAloneContent_v2_2025_10_28_1_77434e.csv'), catalog);
  await writeFile(join(downloads, 'CourseCatalog_V2_2025_10_28_1_ec83a5.csv'), catalog);
}
