import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type WarehouseSession, withSession } from '../../adapters/databricks/session.ts';
import { checkWarehouse } from '../../adapters/databricks/warehouse.ts';
import { writeFailure } from '../../adapters/disk/write-failure.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import type { DatasetFindings } from '../../domain/findings/dataset.ts';
import type { MultiFindings } from '../../domain/findings/multi-dataset.ts';
import { count, plural } from '../../domain/wording.ts';
import { datasetFindingsText, multiFindingsText } from '../../generators/findings/findings-text.ts';
import { reportPage } from '../../generators/findings/report-page.ts';
import { type Engine, openEngine, type RowReader } from './engine.ts';
import { checkLabel, type ExploredDataset, type ExploreOptions, exploreDataset } from './explore-dataset.ts';
import { joinDatasets } from './infer/multi.ts';
import { findRelationships } from './infer/relationships.ts';
import { explained, isTable, openSources } from './sources/open-sources.ts';
import { readerOf } from './warehouse/open-table.ts';
import { writeWhole } from './write-whole.ts';

/** What was found and written. */
export interface ExploreReport {
  readonly datasets: readonly DatasetFindings[];
  readonly multi: MultiFindings;
  /** Paths of the files, those of the datasets first. */
  readonly files: readonly string[];
  /** What was left out or guessed. */
  readonly notices: readonly string[];
}

/** Seldom enough not to disturb, often enough to be seen. */
const TICK_MS = 500;

export const MULTI_FILE = 'multi_dataset_findings.yaml';
export const REPORT_FILE = 'report.html';

/**
 * Explores datasets and writes their findings: one file each, one over all, and a page to look at. Files of an earlier
 * exploration are replaced.
 * @param say is told what is done, for a progress line.
 * @param tick is told twice a second how far the statement is that runs, in percent.
 * @throws BtcFakeError FILE_UNREADABLE, USAGE, OUTPUT_UNWRITABLE.
 */
export async function explore(
  sources: readonly string[],
  out: string,
  options: ExploreOptions,
  say: (what: string) => void,
  tick: (percent: number | undefined) => void = () => {},
): Promise<ExploreReport> {
  await writable(out);
  const engine = await openEngine();
  const ticking = setInterval(() => tick(engine.percent()), TICK_MS);
  try {
    if (!sources.some(isTable)) return await exploreWith(engine, undefined, sources, out, options, say);
    if (options.sample !== undefined)
      throw new BtcFakeError('USAGE', '--sample is not possible with tables: the warehouse counts all rows');
    const warehouse = await checkWarehouse(options.warehouse ?? noWarehouse());
    const work = (session: WarehouseSession) =>
      exploreWith(engine, readerOf(session, 'tables to explore'), sources, out, options, say);
    return await withSession(warehouse, work);
  } finally {
    clearInterval(ticking);
    await engine.close();
  }
}

function noWarehouse(): never {
  throw new BtcFakeError('CONFIG_INVALID', 'no SQL warehouse is configured', {
    remedy: 'Set DATABRICKS_HOST, DATABRICKS_HTTP_PATH and a login, as docs/configuration.md says.',
  });
}

async function exploreWith(
  engine: Engine,
  warehouse: RowReader | undefined,
  names: readonly string[],
  out: string,
  options: ExploreOptions,
  say: (what: string) => void,
): Promise<ExploreReport> {
  const sources = await openSources(engine, names, warehouse);
  if (options.label !== undefined)
    checkLabel(
      options.label,
      sources.map(({ source }) => source),
    );
  const explored: ExploredDataset[] = [];
  for (const { name, source } of sources) {
    const work = () => exploreDataset(engine, source, name, options, (what) => say(`${name}: ${what}`));
    explored.push(await explained(source.path, work));
  }
  say('comparing datasets');
  const { relationships, unchecked } = await findRelationships(explored);
  const { multi, datasets } = joinDatasets(explored, relationships, fileOf);
  const findings = datasets.map((one) => one.findings);
  const notices = noticesOf(findings, unchecked);
  const files: string[] = [];
  const write = async (file: string, text: string) => {
    const path = join(out, file);
    await writeWhole(path, text);
    files.push(path);
  };
  for (const one of findings) await write(fileOf(one.name), datasetFindingsText(one));
  await write(MULTI_FILE, multiFindingsText(multi));
  await write(REPORT_FILE, reportPage(multi, findings, notices));
  return { datasets: findings, multi, files, notices };
}

function fileOf(name: string): string {
  return `${name}_findings.yaml`;
}

function noticesOf(datasets: readonly DatasetFindings[], unchecked: number): string[] {
  const found = datasets.flatMap(
    ({ name, sampled_rows: sampled, row_count: rows, quality_issues: issues, columns }) => {
      const unreadable = issues.find(({ issue }) => issue === 'unreadable_rows');
      const ambiguous = Object.entries(columns).filter(([, one]) =>
        one.quality_issues.some(({ issue }) => issue === 'ambiguous_dates'),
      );
      const renamed = Object.values(columns).filter(({ source_name: source }) => source !== undefined).length;
      return [
        ...(sampled === undefined
          ? []
          : [`${name}: counts are of a sample of ${count(sampled)} of ${count(rows)} rows`]),
        ...(unreadable === undefined ? [] : [`${name}: ${unreadable.message}`]),
        ...(renamed === 0
          ? []
          : [`${name}: ${plural(renamed, 'column')} got a name of its own (source_name says the header)`]),
        ...ambiguous.map(
          ([column]) => `${name}: is ${column} written day first or month first? Say so in date_formats`,
        ),
      ];
    },
  );
  if (unchecked > 0) found.push(`${plural(unchecked, 'possible relationship')} not looked at: there are too many`);
  return found;
}

async function writable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    if (error instanceof BtcFakeError) throw error;
    throw writeFailure(folder, error, 'Choose another folder with --out.');
  }
}
