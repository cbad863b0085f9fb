import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkspaceLogin } from '../adapters/databricks/workspace-login.ts';
import { fileSha256 } from '../adapters/disk/feed-files.ts';
import { writtenFolder } from '../adapters/disk/output-folder.ts';
import { assertUnchanged } from '../adapters/disk/unchanged-file.ts';
import { unexplainedWriteFailure } from '../adapters/disk/write-failure.ts';
import type { ObjectStore } from '../adapters/object-stores/object-store.ts';
import { openObjectStore } from '../adapters/object-stores/open-object-store.ts';
import { reachMilestone } from '../adapters/process/milestones.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import { findCatalog } from '../adapters/sftp/kept-catalogs.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { Manifest } from '../domain/run/manifest.ts';
import { feedNames, runToken } from '../domain/run/plan.ts';
import type { RunRecord } from '../domain/run/record.ts';
import { localDate } from '../domain/simulation/business-week.ts';
import { type TableFile, writeGroundTruth } from './ground-truth-files.ts';
import { conflict, landedHash, refuseOtherContent } from './landed-metadata.ts';

/** What a run is landed with. */
export interface Landing {
  readonly store: RunStore;
  /** The root that it lands in: an absolute folder, or an address. */
  readonly root: string;
  /** The workspace of a root that is a volume. */
  readonly workspace?: WorkspaceLogin | undefined;
  /** This process's OUTPUT_DIR and SFTP_LOCAL_DIR. */
  readonly outputDir: string;
  readonly downloadDir: string;
  readonly softwareVersion: string;
  readonly signal: AbortSignal;
  /** Is told of each file: its name below the root, and whether it is new there. */
  readonly told: (name: string, isNew: boolean) => void;
}

/** A landing whose place is open. */
interface OpenLanding extends Landing {
  readonly objects: ObjectStore;
}

/** Bytes that are compared at once. */
const PIECE_BYTES = 4_000_000;

/**
 * Lands a finished run (contract section 7): its drop, and its ground truth as Parquet. Safe to repeat, and after a
 * failure at any step: a file that is there with the same content stays. The manifest of the drop is the last.
 * @throws BtcFakeError RUN_STATE for a run without files; LANDING_CONFLICT when the same run id has landed with another
 * content; FILE_UNREADABLE when a file of the run is missing or changed; OUTPUT_UNWRITABLE without space for temporary
 * files; and as `ObjectStore`.
 */
export async function landRun(run: RunRecord, landing: Landing): Promise<void> {
  const { manifest } = run;
  if (manifest === undefined) {
    throw new BtcFakeError('RUN_STATE', `Run ${run.plan.id} has no files yet, so that nothing can land`, {
      remedy: `Wait until it is finished: btc-fake status ${run.plan.id}`,
    });
  }
  const { root, workspace } = landing;
  const objects = await openObjectStore(root, workspace === undefined ? {} : { databricks: workspace });
  try {
    await withTemporaryFolder((folder) => landFrom(folder, run, manifest, { ...landing, objects }));
  } finally {
    await objects.close();
  }
}

async function landFrom(folder: string, run: RunRecord, manifest: Manifest, landing: OpenLanding): Promise<void> {
  const population = join(folder, `employees_${runToken(run.plan.id)}.csv`);
  const tables = await writeTables(folder, population, run, manifest, landing);
  reachMilestone('ground-truth-written');
  const hash = landedHash(manifest);
  for (const { name } of tables) await refuseOtherContent(landing.objects, name, hash);
  await landDrop(run, manifest, population, landing);
  for (const { name, path } of tables) {
    landing.signal.throwIfAborted();
    landing.told(name, (await landing.objects.createFile(name, path)) === 'created');
    reachMilestone('file-landed');
  }
  const { manifest: name } = feedNames(run.plan);
  const path = join(writtenFolder(run, landing.outputDir), name);
  await createSame(landing, { name: `${dropFolder(run)}/inputs/${name}`, path });
}

/** What is made there is gone afterwards, whatever happens. @throws BtcFakeError OUTPUT_UNWRITABLE. */
async function withTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'btc-fake-landing-'));
  try {
    await work(folder);
  } catch (error) {
    throw unexplainedWriteFailure(error) ?? error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The folder of a run's drop below the root. */
export function dropFolder({ plan }: RunRecord): string {
  return `drops/${localDate(plan.asOf, plan.timeZone)}`;
}

async function writeTables(
  folder: string,
  population: string,
  run: RunRecord,
  manifest: Manifest,
  { store, softwareVersion, signal }: Landing,
): Promise<TableFile[]> {
  const employees = openSync(population, 'wx');
  try {
    writeSync(employees, 'employee_id,employee_edu_type\n');
    const input = { store, run, manifest, softwareVersion, signal };
    return await writeGroundTruth(join(folder, 'tables'), input, (lines) => writeSync(employees, lines));
  } finally {
    closeSync(employees);
  }
}

/** The feeds and the catalogs under the vendor's names, then the run's inputs without its manifest. */
async function landDrop(run: RunRecord, manifest: Manifest, population: string, landing: OpenLanding): Promise<void> {
  const drop = dropFolder(run);
  const outputDir = writtenFolder(run, landing.outputDir);
  const { summary } = feedNames(run.plan);
  for (const { name, sha256 } of manifest.outputs) {
    const path = join(outputDir, name);
    await assertUnchanged(path, sha256);
    if (name !== summary) await createSame(landing, { name: `${drop}/${name}`, path });
  }
  for (const { name, sha256 } of manifest.inputs.catalogs) {
    const path = await findCatalog(landing.downloadDir, name, sha256);
    await assertUnchanged(path, sha256);
    const isSame = await create(landing, { name: `${drop}/${name}`, path });
    if (!isSame) await createSame(landing, { name: `${drop}/${runToken(run.plan.id)}/${name}`, path });
  }
  const inputs = [{ name: `employees_${runToken(run.plan.id)}.csv`, path: population }];
  for (const { name, path } of [...inputs, { name: summary, path: join(outputDir, summary) }])
    await createSame(landing, { name: `${drop}/inputs/${name}`, path });
}

/** @throws BtcFakeError LANDING_CONFLICT when another file is there. */
async function createSame(landing: OpenLanding, file: TableFile): Promise<void> {
  if (!(await create(landing, file))) throw conflict(landing.objects, file.name);
}

/** Puts a file in its place. @returns whether the file that is there now has the same bytes. */
async function create({ objects, signal, told }: OpenLanding, { name, path }: TableFile): Promise<boolean> {
  signal.throwIfAborted();
  const isNew = (await objects.createFile(name, path)) === 'created';
  reachMilestone('file-landed');
  if (!isNew && !(await isSameFile(objects, name, path))) return false;
  told(name, isNew);
  return true;
}

async function isSameFile(objects: ObjectStore, name: string, path: string): Promise<boolean> {
  const { size } = await stat(path);
  if ((await objects.sizeOf(name)) !== size) return false;
  const hash = createHash('sha256');
  for (let at = 0; at < size; at += PIECE_BYTES) {
    hash.update((await objects.readRange(name, at, Math.min(at + PIECE_BYTES, size))) ?? '');
  }
  return hash.digest('hex') === (await fileSha256(path));
}
