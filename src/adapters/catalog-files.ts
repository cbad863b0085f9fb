import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type CatalogColumns, type CatalogContent, readCatalogRow, resolveCatalogColumns } from '../domain/catalog.ts';
import { catalogListing, type FolderEntry } from '../domain/catalog-choice.ts';
import { type CatalogFile, isNearlyCatalogFileName, parseCatalogFileName } from '../domain/catalog-file-name.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { ContentId } from '../domain/ids.ts';
import { readCsvRows } from './csv-rows.ts';
import { FOLDER_MODE } from './file-modes.ts';
import { kindOfMode } from './sftp-entries.ts';
import { PART_SUFFIX } from './sftp-remote-files.ts';

/** What a catalog file holds. */
export interface CatalogReading {
  /** In file order; of rows with the same id the first counts. */
  readonly contents: readonly CatalogContent[];
  /** Rows without a usable id. */
  readonly skippedRows: number;
  readonly sha256: string;
}

/**
 * Reads a catalog file (contract section 1, "Columns").
 * @throws BtcFakeError CATALOG_INVALID when it is empty, no CSV in UTF-8 or without an id column; FILE_UNREADABLE.
 */
export async function readCatalogFile(path: string): Promise<CatalogReading> {
  const name = basename(path);
  const sha256 = createHash('sha256');
  const contents = new Map<ContentId, CatalogContent>();
  let columns: CatalogColumns | undefined;
  let skippedRows = 0;
  const rows = readCsvRows({ path, invalidCode: 'CATALOG_INVALID', onBytes: (chunk) => sha256.update(chunk) });
  for await (const { fields } of rows) {
    if (fields.every((field) => field.trim() === '')) continue;
    if (columns === undefined) {
      columns = resolveCatalogColumns(fields, name);
      continue;
    }
    const content = readCatalogRow(fields, columns);
    if (content === undefined) skippedRows += 1;
    else if (!contents.has(content.id)) contents.set(content.id, content);
  }
  if (columns === undefined) {
    throw new BtcFakeError('CATALOG_INVALID', `${name}: the file is empty`, {
      remedy: 'Ask the vendor for a complete file, or remove it so that the one before it is used.',
    });
  }
  return { contents: [...contents.values()], skippedRows, sha256: sha256.digest('hex') };
}

/**
 * What is in a local folder that is, or is nearly, a catalog file. A folder that does not exist yet is made, and holds none. What
 * downloads have there for a while is left out.
 * @throws the system's error.
 */
export async function listLocalFolder(folder: string): Promise<FolderEntry[]> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const entries: FolderEntry[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    if (name.startsWith('.') || name.endsWith(PART_SUFFIX)) continue;
    if (parseCatalogFileName(name) === undefined && !isNearlyCatalogFileName(name)) continue;
    const found = await lstat(join(folder, name)).catch(() => undefined);
    if (found === undefined) continue;
    entries.push({ name, kind: kindOfMode(found.mode) ?? 'other', bytes: found.size, modifiedAt: found.mtimeMs });
  }
  return entries;
}

/** The catalog files in a local folder (contract section 1): regular files whose names match. See `listLocalFolder`. */
export async function listLocalCatalogFiles(folder: string): Promise<readonly CatalogFile[]> {
  return catalogListing(await listLocalFolder(folder)).files;
}
