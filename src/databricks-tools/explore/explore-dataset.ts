import type { DatabricksWarehouse } from '../../adapters/databricks/warehouse.ts';
import { didYouMean } from '../../domain/description/describe-problem.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import type { ColumnFindings, DatasetFindings, LeakageSuspect } from '../../domain/findings/dataset.ts';
import { count } from '../../domain/wording.ts';
import { type Engine, numberOf, type RowReader } from './engine.ts';
import { bronzeRecommendations } from './infer/bronze.ts';
import { columnFindings } from './infer/column-findings.ts';
import { entityAndTime, timeSeries } from './infer/granularity.ts';
import { distinctRows, equalColumns, uniqueColumns } from './profile/exact-checks.ts';
import { type DatasetProfile, profileDataset } from './profile/profile-dataset.ts';
import { type SecondLook, secondPass } from './profile/second-pass.ts';
import type { OpenSource } from './sources/source.ts';
import { lookAtTable, profileTable } from './warehouse/profile-table.ts';

/** How datasets are explored. */
export interface ExploreOptions {
  /** The label to predict, in the datasets that have a column of this name. */
  readonly label?: string;
  /** Exact distinct counts of every column. */
  readonly exact?: boolean;
  /** Rows to read of each dataset. */
  readonly sample?: number;
  /** False: no value of the data gets into the findings. */
  readonly keepValues: boolean;
  /** Where tables of Databricks are read. */
  readonly warehouse?: DatabricksWarehouse;
}

/** A dataset with what is known of it. */
export interface ExploredDataset {
  readonly findings: DatasetFindings;
  readonly looks: readonly SecondLook[];
  readonly source: OpenSource;
  /** What read it: datasets of the same reader can be compared. */
  readonly reader: RowReader;
  /** Positions of the columns that no two rows share a value of. */
  readonly keys: readonly number[];
}

/** How well a column alone must tell the label to be suspect. */
const SUSPECT = 0.95;

/** Explores one dataset. @param say is told what is done. */
export async function exploreDataset(
  engine: Engine,
  source: OpenSource,
  name: string,
  options: ExploreOptions,
  say: (what: string) => void,
): Promise<ExploredDataset> {
  say('reading every column');
  const sampled = options.sample === undefined ? undefined : await sampleOf(engine, source, options.sample);
  const relation = sampled?.relation ?? source.relation;
  const reader = source.warehouse ?? engine;
  const profile = await (source.warehouse
    ? profileTable(source.warehouse, source)
    : profileDataset(engine, source, relation));
  const rows = sampled?.allRows ?? profile.rows;
  const unreadable = sampled === undefined ? await source.unreadable(engine) : 0;
  say(`${count(rows)} rows; checking keys`);
  const distinct = await uniqueColumns(reader, relation, profile.rows, profile.columns);
  const keys = await confirmedKeys(reader, source, distinct, profile, rows, sampled !== undefined);
  const label = labelOf(source, options.label);
  say('looking at values again');
  const looks = await (source.warehouse
    ? lookAtTable(source.warehouse, source, profile, label)
    : secondPass(engine, source, relation, profile, label));
  const exact = options.exact ? await everyDistinct(reader, relation, profile, distinct) : distinct;
  const equal = await equalColumns(reader, relation, profile.columns);
  const names = source.columns.map((column) => column.name);
  const columns: [string, ColumnFindings][] = profile.columns.map((one, position) => {
    const values = looks[position]?.values;
    const known = exact.get(position) ?? values?.length;
    const counted = known === undefined ? one : { ...one, distinct: known, distinctExact: true };
    const facts = {
      ...{ column: source.columns[position]!, profile: counted, rows: profile.rows },
      ...{ isUnique: keys.includes(position), values },
    };
    return [names[position]!, columnFindings(facts, looks[position] ?? {}, position === label, options.keepValues)];
  });
  const keyNames = keys.map((position) => [names[position]!]);
  const { granularity, entity, time } = entityAndTime(columns, keyNames.flat(), profile.rows);
  const composite = keys.length > 0 ? [] : await compositeKeys(reader, source, profile, columns, rows);
  const repeated =
    keys.length > 0 || composite.length > 0 || profile.rows === 0
      ? false
      : await hasRepeatedRows(reader, relation, profile, source.warehouse !== undefined);
  const duplicates = equal.map(([first, second]) => ({ column: names[second]!, same_as: names[first]! }));
  const issues = [
    ...(unreadable === 0
      ? []
      : [
          {
            issue: 'unreadable_rows',
            severity: 'critical' as const,
            message: `${count(unreadable)} records do not fit the header and are in no count`,
            count: unreadable,
          },
        ]),
    ...(repeated
      ? [{ issue: 'repeated_rows', severity: 'warning' as const, message: 'some rows are equal in every column' }]
      : []),
    ...(profile.rows === 0 ? [{ issue: 'no_rows', severity: 'critical' as const, message: 'there is no row' }] : []),
  ];
  const findings: DatasetFindings = {
    ...{ name, source_path: source.path, source_format: source.format },
    ...(source.table === undefined ? {} : { source_table: source.table }),
    ...{ row_count: rows, column_count: columns.length },
    ...(sampled === undefined ? {} : { sampled_rows: profile.rows }),
    ...{ values_kept: options.keepValues, granularity },
    ...(entity === undefined ? {} : { entity_column: entity }),
    ...(time === undefined ? {} : { time_column: time }),
    ...(label === undefined ? {} : { target_column: names[label]! }),
    identifier_columns: columns.filter(([, one]) => one.inferred_type === 'identifier').map(([column]) => column),
    datetime_columns: columns.filter(([, one]) => one.inferred_type === 'datetime').map(([column]) => column),
    candidate_keys: [...keyNames, ...composite],
    constant_columns: columns
      .filter(([, one]) => one.quality_issues.some(({ issue }) => issue === 'constant'))
      .map(([column]) => column),
    duplicate_columns: duplicates,
    leakage_suspects: suspectsOf(names, looks, duplicates, label),
    overall_quality_score: overallScore(columns, issues.length, duplicates.length),
    quality_issues: issues,
    ...timeSeries(granularity, entity, time, columns, profile, options.keepValues),
    columns: Object.fromEntries(columns),
    recommendations: [],
    short_gold: [],
  };
  const recommendations = bronzeRecommendations(findings, looks, repeated);
  return { findings: { ...findings, recommendations }, looks, source, reader, keys };
}

function labelOf({ columns }: OpenSource, label: string | undefined): number | undefined {
  if (label === undefined) return undefined;
  const position = columns.findIndex(({ name, sourceName }) => name === label || sourceName === label);
  return position < 0 ? undefined : position;
}

/** @throws BtcFakeError USAGE when no dataset has the label. */
export function checkLabel(label: string, sources: readonly OpenSource[]): void {
  const names = sources.flatMap(({ columns }) => columns.map(({ name }) => name));
  if (sources.some((source) => labelOf(source, label) !== undefined)) return;
  throw new BtcFakeError('USAGE', `no dataset has a column ${JSON.stringify(label)}${didYouMean(label, names)}`, {
    remedy: 'Name a column of one of the sources: --label COLUMN.',
  });
}

/** A sample of as many rows, the same each time, as a table; nothing when the dataset has no more rows. */
async function sampleOf(engine: Engine, { relation }: OpenSource, most: number) {
  const [row] = await engine.rows(`SELECT count(*) AS n FROM ${relation}`);
  const allRows = numberOf(row?.n);
  if (allRows <= most) return undefined;
  const [next] = await engine.rows("SELECT count(*) AS n FROM duckdb_tables() WHERE table_name LIKE 'sample_%'");
  const table = `sample_${numberOf(next?.n)}`;
  await engine.rows(
    `CREATE TEMP TABLE ${table} AS SELECT * FROM ${relation} USING SAMPLE reservoir(${most} ROWS) REPEATABLE (42)`,
  );
  return { allRows, relation: table };
}

/** What is unique in a sample is checked in all rows before it is called a key. */
async function confirmedKeys(
  engine: RowReader,
  { relation }: OpenSource,
  distinct: ReadonlyMap<number, number>,
  profile: DatasetProfile,
  allRows: number,
  isSample: boolean,
): Promise<number[]> {
  const keys: number[] = [];
  for (const [position, values] of distinct) {
    if (values !== profile.rows) continue;
    if (!isSample || (await distinctRows(engine, relation, [position])) === allRows) keys.push(position);
  }
  return keys;
}

async function everyDistinct(
  engine: RowReader,
  relation: string,
  { columns }: DatasetProfile,
  known: ReadonlyMap<number, number>,
): Promise<ReadonlyMap<number, number>> {
  const exact = new Map(known);
  for (const { position } of columns)
    if (!exact.has(position)) exact.set(position, await distinctRows(engine, relation, [position]));
  return exact;
}

/** Pairs of an id and a time, or of two ids, that no two rows share; each is checked exactly in all rows. */
async function compositeKeys(
  engine: RowReader,
  { relation }: OpenSource,
  profile: DatasetProfile,
  columns: readonly (readonly [string, ColumnFindings])[],
  rows: number,
): Promise<string[][]> {
  const full = (position: number) => profile.columns[position]?.filled === profile.rows;
  const of = (type: string) => columns.filter(([, one]) => one.inferred_type === type && full(one.position));
  const ids = of('identifier').slice(0, 3);
  const pairs = ids.flatMap((id, index) =>
    [...of('datetime').slice(0, 2), ...ids.slice(index + 1)].map((other) => [id, other]),
  );
  for (const pair of pairs.slice(0, 4)) {
    if (
      rows > 0 &&
      (await distinctRows(
        engine,
        relation,
        pair.map(([, one]) => one.position),
      )) === rows
    )
      return [pair.map(([name]) => name)];
  }
  return [];
}

/** Rows that differ have different hashes, but for a chance of one in millions. */
async function hasRepeatedRows(
  reader: RowReader,
  relation: string,
  { rows, columns }: DatasetProfile,
  isExact: boolean,
): Promise<boolean> {
  if (columns.length === 0) return false;
  const names = columns.map(({ position }) => `c${position}`).join(', ');
  const distinct = isExact
    ? `SELECT DISTINCT ${names} FROM ${relation}`
    : `SELECT 1 FROM ${relation} GROUP BY hash(${names})`;
  const [row] = await reader.rows(`SELECT count(*) AS n FROM (${distinct})`);
  return numberOf(row?.n) < rows;
}

function suspectsOf(
  names: readonly string[],
  looks: readonly SecondLook[],
  duplicates: readonly { readonly column: string; readonly same_as: string }[],
  label: number | undefined,
): LeakageSuspect[] {
  if (label === undefined) return [];
  const labelName = names[label]!;
  return names.flatMap((column, position): LeakageSuspect[] => {
    if (position === label) return [];
    const isCopy = duplicates.some(
      (one) => [one.column, one.same_as].includes(column) && [one.column, one.same_as].includes(labelName),
    );
    const score = isCopy ? 1 : (looks[position]?.tellsLabel ?? 0);
    if (score < SUSPECT) return [];
    const reason = isCopy
      ? 'it equals the label in every row'
      : `it alone tells the label in all but ${Math.round((1 - score) * 1000) / 10} % of what guessing gets wrong`;
    return [{ column, reason, score: Math.round(score * 10_000) / 10_000 }];
  });
}

function overallScore(
  columns: readonly (readonly [string, ColumnFindings])[],
  issues: number,
  duplicates: number,
): number {
  if (columns.length === 0) return 0;
  const mean = columns.reduce((sum, [, { quality_score: score }]) => sum + score, 0) / columns.length;
  return Math.round(Math.max(0, mean - issues * 5 - duplicates * 2) * 10) / 10;
}
