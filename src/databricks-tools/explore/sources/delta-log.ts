import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadable } from '../../../adapters/csv/rows.ts';
import { BtcFakeError, systemCode } from '../../../domain/errors.ts';
import { type Engine, literal } from '../engine.ts';

/** A file of the newest version of a Delta table. */
export interface DeltaFile {
  /** From the table's folder, with the name as it is on disk. */
  readonly path: string;
  /** Values of the partition columns, as texts; null for none. */
  readonly partition: Readonly<Record<string, string | null>>;
}

/** A column as the table declares it. */
export interface DeltaColumn {
  readonly name: string;
  /** As the log has it: `long`, `decimal(10,2)`; `nested` for structs, lists and maps. */
  readonly type: string;
}

/** The newest version of a Delta table, as its log says it. */
export interface DeltaTable {
  readonly version: number;
  readonly files: readonly DeltaFile[];
  readonly columns: readonly DeltaColumn[];
  readonly partitionColumns: readonly string[];
}

interface Action {
  readonly add?: DeltaAdd | null;
  readonly remove?: { readonly path: string } | null;
  readonly metaData?: DeltaMetaData | null;
  readonly protocol?: { readonly minReaderVersion: number; readonly readerFeatures?: readonly string[] | null } | null;
}

interface DeltaAdd {
  readonly path: string;
  readonly partitionValues?: Readonly<Record<string, string | null>> | null;
  readonly deletionVector?: unknown;
}

interface DeltaMetaData {
  readonly schemaString: string;
  readonly partitionColumns?: readonly string[];
  readonly configuration?: Readonly<Record<string, string>>;
}

/** What a table may have, as long as no file makes use of it in a way that changes its rows. */
const KNOWN_FEATURES: readonly string[] = ['timestampNtz', 'vacuumProtocolCheck', 'deletionVectors', 'columnMapping'];
const COMMIT = /^(\d{20})\.json$/;
const CHECKPOINT = /^(\d{20})\.checkpoint(\.\d{10}\.(\d{10}))?\.parquet$/;

/**
 * Reads the log of a Delta table: the newest checkpoint that is whole, and every commit after it. Only files that the
 * log names belong to the table; a folder also holds files that were deleted or never committed.
 * @throws BtcFakeError FILE_UNREADABLE for a log with gaps, and for features that hide rows or rename columns.
 */
export async function readDeltaLog(engine: Engine, folder: string): Promise<DeltaTable> {
  const log = join(folder, '_delta_log');
  const names = await readdir(log).catch((error: unknown) => {
    throw unreadable(log, systemCode(error), error);
  });
  const checkpoint = newestCheckpoint(names);
  const state = new LogState(folder);
  if (checkpoint !== undefined) await state.applyCheckpoint(engine, log, checkpoint.names);
  const commits = names
    .flatMap((name) => (COMMIT.test(name) ? [Number(COMMIT.exec(name)![1])] : []))
    .sort((a, b) => a - b);
  let version = checkpoint?.version ?? -1;
  for (const next of commits.filter((one) => one > version)) {
    if (next !== version + 1) throw refused(folder, `its log has no version ${version + 1}`);
    const text = await readFile(join(log, `${String(next).padStart(20, '0')}.json`), 'utf8');
    for (const line of text.split('\n')) if (line.trim() !== '') state.apply(JSON.parse(line) as Action);
    version = next;
  }
  return state.table(version);
}

function newestCheckpoint(
  names: readonly string[],
): { readonly version: number; readonly names: string[] } | undefined {
  const byVersion = new Map<number, { names: string[]; parts: number }>();
  for (const name of names) {
    const [, version, , parts] = CHECKPOINT.exec(name) ?? [];
    if (version === undefined) continue;
    const one = byVersion.get(Number(version)) ?? { names: [], parts: Number(parts ?? 1) };
    byVersion.set(Number(version), { names: [...one.names, name], parts: one.parts });
  }
  const whole = [...byVersion].filter(([, { names: found, parts }]) => found.length === parts);
  const [newest] = whole.sort(([a], [b]) => b - a);
  return newest === undefined ? undefined : { version: newest[0], names: newest[1].names };
}

function refused(folder: string, what: string): BtcFakeError {
  return new BtcFakeError('FILE_UNREADABLE', `the Delta table cannot be read: ${what}`, {
    place: { file: folder },
    remedy: 'Explore the table on Databricks, or write a copy without that.',
  });
}

class LogState {
  readonly #folder: string;
  readonly #files = new Map<string, DeltaAdd>();
  #metaData: DeltaMetaData | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async applyCheckpoint(engine: Engine, log: string, names: readonly string[]): Promise<void> {
    const paths = names.map((name) => literal(join(log, name))).join(', ');
    const columns = ['add', 'metaData', 'protocol'].map((name) => `to_json("${name}") AS "${name}"`).join(', ');
    for (const row of await engine.rows(`SELECT ${columns} FROM read_parquet([${paths}], union_by_name=true)`)) {
      const { add, metaData, protocol } = Object.fromEntries(
        Object.entries(row).map(([key, json]) => [key, json === null ? null : JSON.parse(String(json))]),
      ) as Action;
      this.apply({ ...(add ? { add } : {}), ...(metaData ? { metaData } : {}), ...(protocol ? { protocol } : {}) });
    }
  }

  apply({ add, remove, metaData, protocol }: Action): void {
    if (remove) this.#files.delete(remove.path);
    if (add) this.#files.set(add.path, add);
    if (metaData) this.#metaData = metaData;
    if (protocol) this.#checkProtocol(protocol);
  }

  table(version: number): DeltaTable {
    const metaData = this.#metaData;
    if (metaData === undefined) throw refused(this.#folder, 'its log describes no columns');
    const mode = metaData.configuration?.['delta.columnMapping.mode'] ?? 'none';
    if (mode !== 'none') throw refused(this.#folder, `its columns are renamed (column mapping by ${mode})`);
    const { fields } = JSON.parse(metaData.schemaString) as { fields: { name: string; type: unknown }[] };
    return {
      version,
      columns: fields.map(({ name, type }) => ({ name, type: typeof type === 'string' ? type : 'nested' })),
      partitionColumns: metaData.partitionColumns ?? [],
      files: [...this.#files.values()].map((add) => this.#file(add)),
    };
  }

  #checkProtocol({ minReaderVersion, readerFeatures }: NonNullable<Action['protocol']>): void {
    const unknown = (readerFeatures ?? []).filter((feature) => !KNOWN_FEATURES.includes(feature));
    if (unknown.length > 0) throw refused(this.#folder, `it has the feature ${unknown.join(', ')}`);
    if (minReaderVersion > 3) throw refused(this.#folder, `it needs a reader of version ${minReaderVersion}`);
  }

  #file({ path, partitionValues, deletionVector }: DeltaAdd): DeltaFile {
    if (deletionVector) throw refused(this.#folder, 'rows are deleted by deletion vectors');
    if (/^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith('/'))
      throw refused(this.#folder, 'it names files elsewhere');
    return { path: decodeURIComponent(path), partition: partitionValues ?? {} };
  }
}
