import { plural } from '../wording.ts';
import { type ColumnType, GRANULARITIES, usualDataType } from './column-types.ts';
import { isGroup, withoutNulls } from './read-written.ts';
import { DATASET_SCHEMA, MULTI_DATASET_SCHEMA } from './schema.ts';

/** A value in this version's shape, and what of the file is not used. */
export interface Upgraded {
  readonly value: Record<string, unknown>;
  readonly notices: readonly string[];
}

type Group = Readonly<Record<string, unknown>>;

/** Formats of the earlier tools by their other names. */
const FORMATS: Readonly<Record<string, string>> = { json: 'json', ndjson: 'jsonl', delta_table: 'delta' };

/** Findings of a dataset in the shape that earlier tools write (no `version`) as this version writes them. */
export function upgradedDataset(written: Group, name: string): Upgraded {
  const unused: string[] = [];
  const known = kept(withoutNulls(written), Object.keys(DATASET_SCHEMA.properties ?? {}), unused);
  const columns = isGroup(known.columns) ? known.columns : undefined;
  const times = isGroup(known.time_series_metadata) ? upgradedTimes(known.time_series_metadata) : undefined;
  const format = String(known.source_format);
  const issues = [...listOf(written.critical_issues, 'critical'), ...listOf(written.warnings, 'warning')];
  const value: Record<string, unknown> = {
    name,
    ...known,
    version: 1,
    source_format: FORMATS[format] ?? known.source_format,
    granularity: known.granularity ?? times?.granularity ?? 'entity_level',
    quality_issues: issues,
    ...(times === undefined ? {} : { time_series_metadata: times }),
    ...(times?.entity_column === undefined ? {} : { entity_column: times.entity_column }),
    ...(times?.time_column === undefined ? {} : { time_column: times.time_column }),
    ...(columns === undefined
      ? {}
      : {
          columns: Object.fromEntries(
            Object.entries(columns).map(([column, one]) => [column, isGroup(one) ? upgradedColumn(one) : one]),
          ),
        }),
  };
  return { value, notices: noticesOf(unused.filter((key) => key !== 'critical_issues' && key !== 'warnings')) };
}

/** The same for findings over all datasets. */
export function upgradedMulti(written: Group): Upgraded {
  const unused: string[] = [];
  const known = kept(withoutNulls(written), Object.keys(MULTI_DATASET_SCHEMA.properties ?? {}), unused);
  const excluded = Array.isArray(written.excluded_datasets) ? written.excluded_datasets : [];
  const datasets = isGroup(known.datasets)
    ? Object.fromEntries(
        Object.entries(known.datasets).map(([name, one]) => {
          if (!isGroup(one)) return [name, one];
          const { name: _, ...info } = withoutNulls(one);
          const fields = kept(info, DATASET_INFO, unused);
          return [name, { ...fields, ...(excluded.includes(name) ? { excluded: true } : {}) }];
        }),
      )
    : known.datasets;
  const relationships = Array.isArray(known.relationships)
    ? known.relationships.map((one) => (isGroup(one) ? upgradedRelationship(one) : one))
    : known.relationships;
  const value: Record<string, unknown> = {
    ...known,
    version: 1,
    datasets,
    ...(relationships === undefined ? {} : { relationships }),
  };
  return { value, notices: noticesOf(unused.filter((key) => key !== 'excluded_datasets')) };
}

const DATASET_INFO: readonly string[] = [
  'findings_path',
  'source_path',
  'granularity',
  'row_count',
  'column_count',
  'entity_column',
  'time_column',
  'target_column',
  'excluded',
];

function noticesOf(unused: readonly string[]): string[] {
  const keys = [...new Set(unused)];
  const shape = 'it has no version, so it is read in the shape of earlier tools';
  return [keys.length === 0 ? shape : `${shape}; ${plural(keys.length, 'setting')} not used: ${keys.join(', ')}`];
}

function upgradedColumn(written: Group): Record<string, unknown> {
  const { name: _, alternatives: __, cleaning_needed: ___, ...column } = withoutNulls(written);
  return {
    ...column,
    data_type: column.data_type ?? usualDataType(column.inferred_type as ColumnType),
    ...(Array.isArray(column.quality_issues) ? { quality_issues: listOf(column.quality_issues, 'warning') } : {}),
    universal_metrics: metrics(column.universal_metrics, ['null_count', 'null_percentage', 'distinct_count'], true),
    type_metrics: metrics(column.type_metrics, ['min', 'max', 'mean', 'std', 'skewness'], false),
  };
}

/** The metrics that this version knows, where they are numbers. */
function metrics(written: unknown, names: readonly string[], positive: boolean): Record<string, unknown> {
  if (!isGroup(written)) return {};
  const numbers: Record<string, unknown> = Object.fromEntries(
    names.flatMap((name) => {
      const value = written[name];
      return typeof value === 'number' && Number.isFinite(value) && (!positive || value >= 0) ? [[name, value]] : [];
    }),
  );
  const { quantiles } = written;
  if (isGroup(quantiles))
    numbers.quantiles = Object.fromEntries(Object.entries(quantiles).filter(([, value]) => Number.isFinite(value)));
  return numbers;
}

function upgradedTimes(written: Group): Record<string, unknown> {
  const { time_span_days: days, ...times } = withoutNulls(written);
  const known = kept(times, Object.keys(DATASET_SCHEMA.properties?.time_series_metadata?.properties ?? {}), []);
  return { ...known, ...(days === undefined ? {} : { span_days: days }), granularity: granularityOf(known) };
}

function granularityOf({ granularity }: Group): unknown {
  return GRANULARITIES.includes(granularity as never) ? granularity : 'unknown';
}

function upgradedRelationship(written: Group): Record<string, unknown> {
  const { left_column: left, right_column: right, auto_detected: _, ...relationship } = withoutNulls(written);
  return {
    ...relationship,
    left_columns: relationship.left_columns ?? (left === undefined ? [] : [left]),
    right_columns: relationship.right_columns ?? (right === undefined ? [] : [right]),
  };
}

function kept(written: Group, names: readonly string[], unused: string[]): Record<string, unknown> {
  unused.push(...Object.keys(written).filter((key) => !names.includes(key)));
  return Object.fromEntries(Object.entries(written).filter(([key]) => names.includes(key)));
}

/** Issues that are a text each. */
function listOf(written: unknown, severity: string): unknown[] {
  if (!Array.isArray(written)) return [];
  return written.map((one: unknown) =>
    typeof one === 'string' ? { issue: 'noted', severity, message: one } : (one as unknown),
  );
}
