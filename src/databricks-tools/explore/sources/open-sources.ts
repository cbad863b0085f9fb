import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { unreadable } from '../../../adapters/csv/rows.ts';
import { BtcFakeError, systemCode } from '../../../domain/errors.ts';
import type { Engine } from '../engine.ts';
import { openCsv } from './csv-source.ts';
import { openJsonLines } from './json-lines-source.ts';
import { openParquet } from './parquet-source.ts';
import type { OpenSource } from './source.ts';

/** A source with the name of its dataset. */
export interface NamedSource {
  readonly name: string;
  readonly source: OpenSource;
}

/**
 * Opens what people name: CSV, Parquet and JSON lines files.
 * @throws BtcFakeError FILE_UNREADABLE, USAGE when something is none of them.
 */
export async function openSources(engine: Engine, names: readonly string[]): Promise<NamedSource[]> {
  const opened: { readonly base: string; readonly source: OpenSource }[] = [];
  for (const name of names) opened.push({ base: baseName(name), source: await openSource(engine, name) });
  const fileNames = distinctNames(opened.map(({ base }) => base));
  return opened.map(({ source }, index) => ({ name: fileNames[index]!, source }));
}

async function openSource(engine: Engine, name: string): Promise<OpenSource> {
  const kind = await stat(name).catch((error: unknown) => {
    throw unreadable(name, systemCode(error), error);
  });
  const extension = extname(name).toLowerCase();
  if (kind.isFile() && (extension === '.csv' || extension === '.tsv' || extension === '.txt')) return openCsv(name);
  if (kind.isFile() && extension === '.parquet') return explained(name, () => openParquet(engine, name));
  if (kind.isFile() && (extension === '.jsonl' || extension === '.ndjson' || extension === '.json'))
    return explained(name, () => openJsonLines(engine, name));
  throw new BtcFakeError('USAGE', `${name} is no source that can be explored`, {
    remedy: 'Name CSV (.csv, .tsv, .txt), Parquet (.parquet) or JSON lines files (.jsonl, .ndjson, .json).',
  });
}

/** What DuckDB says of a file as FILE_UNREADABLE. */
export async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BtcFakeError) throw error;
    const [what = ''] = String((error as Error).message).split('\n');
    throw new BtcFakeError('FILE_UNREADABLE', `it cannot be read (${what})`, {
      place: { file: path },
      remedy: 'Check that the file is whole and of the kind that its name says.',
      cause: error,
    });
  }
}

/** `orders` of `data/orders.csv`; only what every file system takes. */
function baseName(path: string): string {
  const base = basename(path).replace(/\.(csv|tsv|txt|parquet|jsonl|ndjson|json)$/i, '');
  return base.replace(/[\p{Cc}/\\:*?"<>|]/gu, '_').slice(0, 100) || 'dataset';
}

/**
 * Distinct names, also where case does not count: a name that is taken gets `_2`, `_3`. The order of the sources
 * decides, so the first ones keep their names when another is left out.
 */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((base) => {
    let name = base;
    for (let next = 2; taken.has(name.toLowerCase()); next += 1) name = `${base}_${next}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
