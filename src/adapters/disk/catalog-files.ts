import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { catalogListing, type FolderEntry } from '../../domain/catalog/choice.ts';
import { type CatalogFile, isNearlyCatalogFileName, parseCatalogFileName } from '../../domain/catalog/file-name.ts';
import { CatalogReader, type CatalogRows, type CatalogRules } from '../../domain/catalog/reader.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { readCsvRows } from '../csv/rows.ts';
import { explainShape } from '../csv/shape.ts';
import { kindOfMode } from '../sftp/entries.ts';
import { PART_SUFFIX } from '../sftp/remote-files.ts';
import { FOLDER_MODE } from './file-modes.ts';

/** What a catalog file holds. */
export interface CatalogReading extends CatalogRows {
  readonly sha256: string;
}

/**
 * Reads a catalog file (contract section 1, "Columns" and "Dates").
 * @throws BtcFakeError CATALOG_INVALID when it is empty, no CSV in UTF-8, without an id column, or has rows of which
 * none can be used; FILE_UNREADABLE.
 */
export function readCatalogFile(path: string, rules: CatalogRules): Promise<CatalogReading> {
  return explainShape(path, basename(path), () => readCatalogRows(path, rules));
}

async function readCatalogRows(path: string, rules: CatalogRules): Promise<CatalogReading> {
  const name = basename(path);
  const sha256 = createHash('sha256');
  let reader: CatalogReader | undefined;
  const rows = readCsvRows({ path, invalidCode: 'CATALOG_INVALID', onBytes: (chunk) => sha256.update(chunk) });
  for await (const { line, fields } of rows) {
    if (reader !== undefined) reader.add(line, fields);
    else if (fields.some((field) => field.trim() !== ''))
      reader = new CatalogReader(rules, { fields, line, place: { file: name } });
  }
  if (reader === undefined) {
    throw new BtcFakeError('CATALOG_INVALID', 'the file is empty', {
      place: { file: name },
      remedy: 'Ask the vendor for a complete file, or remove this file, and the previous file is used.',
    });
  }
  reader.requireUsableRow();
  return { ...reader.finish(), sha256: sha256.digest('hex') };
}

/**
 * What is in a local folder that is, or is nearly, a catalog file. A folder that does not exist yet is made, and holds
 * none. What downloads have there for a while is left out.
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
