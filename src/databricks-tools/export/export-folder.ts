import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { unreadable } from '../../adapters/csv/rows.ts';
import { packageVersion } from '../../adapters/disk/package-root.ts';
import { replaceFile } from '../../adapters/disk/whole-file.ts';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import type { ExportedFiles } from './exported-files.ts';

const OTHER_FOLDER = 'Choose another folder with --out.';
/** The file that remembers what an export wrote. */
export const EXPORT_MANIFEST = 'export.manifest.json';

interface ExportManifest {
  readonly exportManifestVersion: 1;
  /** Of the BTC Fake that wrote the export. */
  readonly softwareVersion: string;
  /** SHA-256 in hexadecimal by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** What an export does to one file of its folder. */
export interface FileChange {
  readonly path: string;
  readonly kind: 'new' | 'changed' | 'removed';
  /** Whether somebody changed the file after the last export. */
  readonly edited: boolean;
  readonly before?: Buffer;
  readonly after?: Buffer;
}

/** What an export would do to its folder. */
export interface ExportPlan {
  readonly folder: string;
  readonly changes: readonly FileChange[];
  /** The version that wrote the earlier export; undefined when there was none. */
  readonly earlierVersion: string | undefined;
  readonly manifest: Buffer;
}

/**
 * Compares an export with its folder. Nothing is written.
 * @throws BtcFakeError FILE_UNREADABLE.
 */
export async function planExport(folder: string, files: ExportedFiles): Promise<ExportPlan> {
  const earlier = await readManifest(folder);
  const changes: FileChange[] = [];
  for (const path of [...new Set([...files.keys(), ...Object.keys(earlier?.files ?? {})])].sort()) {
    const before = await readIfThere(join(folder, path));
    const after = files.get(path);
    if (before === undefined ? after === undefined : after?.equals(before)) continue;
    changes.push({
      path,
      kind: before === undefined ? 'new' : after === undefined ? 'removed' : 'changed',
      edited: before !== undefined && sha256(before) !== earlier?.files[path],
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
  }
  return { folder, changes, earlierVersion: earlier?.softwareVersion, manifest: manifestOf(files) };
}

/**
 * Writes what a plan says, each file as a whole; the manifest is the last one, so that an export that was interrupted
 * is finished by the next one.
 * @throws BtcFakeError EXPORT_EDITED, before anything is written, when files were edited and `force` is off;
 * OUTPUT_UNWRITABLE.
 */
export async function writeExport({ folder, changes, manifest }: ExportPlan, force: boolean): Promise<void> {
  const edited = changes.filter((change) => change.edited);
  if (edited.length > 0 && !force) {
    const count = edited.length === 1 ? 'One file was' : `${edited.length} files were`;
    throw new BtcFakeError('EXPORT_EDITED', `${count} edited in ${folder}; nothing is written`, {
      lines: edited.map(({ path }) => join(folder, path)),
      remedy:
        'Look at the differences with --diff. Export into another folder with --out, or overwrite the edits with --force.',
    });
  }
  for (const { path, after } of changes) {
    if (after === undefined) await rm(join(folder, path), { force: true });
    else await replaceFile(join(folder, path), after, OTHER_FOLDER);
  }
  await replaceFile(join(folder, EXPORT_MANIFEST), manifest, OTHER_FOLDER);
}

/** The changes of a plan as a unified diff; of files that are no text, a line each. */
export function diffText({ changes }: ExportPlan): string {
  return changes
    .map(({ path, before, after }) => {
      if (path.endsWith('.whl')) return `Binary files a/${path} and b/${path} differ\n`;
      const [from, to] = [
        before === undefined ? '/dev/null' : `a/${path}`,
        after === undefined ? '/dev/null' : `b/${path}`,
      ];
      return createTwoFilesPatch(from, to, before?.toString() ?? '', after?.toString() ?? '', undefined, undefined, {
        headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true },
      });
    })
    .join('');
}

async function readManifest(folder: string): Promise<ExportManifest | undefined> {
  const path = join(folder, EXPORT_MANIFEST);
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  const manifest = parseJson(bytes.toString()) as Partial<ExportManifest> | undefined;
  const files = manifest?.files;
  if (manifest?.exportManifestVersion === 1 && typeof files === 'object' && files !== null) {
    const names = Object.entries(files);
    if (names.every(([name, sum]) => isInside(name) && typeof sum === 'string')) return manifest as ExportManifest;
  }
  throw new BtcFakeError('FILE_UNREADABLE', `${path}: this is not the manifest of an export`, {
    remedy: 'Restore the file, or export into another folder with --out.',
  });
}

/** A manifest may have been edited: a path in it never leads out of the folder. */
function isInside(path: string): boolean {
  return !path.startsWith('/') && !path.includes('\\') && path.split('/').every((part) => part !== '' && part !== '..');
}

function manifestOf(files: ExportedFiles): Buffer {
  const manifest: ExportManifest = {
    exportManifestVersion: 1,
    softwareVersion: packageVersion(),
    files: Object.fromEntries([...files].map(([path, bytes]) => [path, sha256(bytes)])),
  };
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(path, code, error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
