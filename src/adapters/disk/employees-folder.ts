import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** An employees file that somebody can choose. */
export interface EmployeesChoice {
  /** Without its folder. */
  readonly name: string;
  readonly bytes: number;
}

const MOST = 200;

/**
 * The CSV files beside the configured employees file, that one first, then by name; it is among them whatever it is
 * called, if it is there. A folder that cannot be read holds none.
 */
export async function listEmployeesFiles(employeesFile: string): Promise<EmployeesChoice[]> {
  const folder = dirname(employeesFile);
  const configured = basename(employeesFile);
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  const names = entries
    .map(({ name }) => name)
    .filter((name) => name === configured || (/^[^.].*\.csv$/i.test(name) && isPrintable(name)))
    .sort((a, b) => Number(b === configured) - Number(a === configured) || a.localeCompare(b, 'en', { numeric: true }));
  const found = await Promise.all(
    names.slice(0, MOST).map(async (name) => {
      // A link counts as what it leads to: that is how files get into containers.
      const file = await stat(join(folder, name)).catch(() => undefined);
      return file?.isFile() ? [{ name, bytes: file.size }] : [];
    }),
  );
  return found.flat();
}

/** The path of a file that `listEmployeesFiles` gives, by its name alone; undefined for every other name. */
export async function findEmployeesFile(employeesFile: string, name: string): Promise<string | undefined> {
  const choices = await listEmployeesFiles(employeesFile);
  return choices.some((choice) => choice.name === name) ? join(dirname(employeesFile), name) : undefined;
}

function isPrintable(name: string): boolean {
  return !/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\uFFFD]/u.test(name);
}
