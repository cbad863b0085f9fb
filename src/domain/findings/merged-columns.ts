import type { ColumnType } from './column-types.ts';
import type { DatasetFindings } from './dataset.ts';
import type { MultiFindings } from './multi-dataset.ts';
import type { Aggregation, Recommendation } from './recommendation.ts';

/** A column of the merged table that the silver layer makes. */
export interface MergedColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Where it comes from; absent for derived columns. */
  readonly dataset?: string;
}

/** The name of a dataset's column in the merged table: the primary dataset's keep theirs, whatever else is merged. */
export function mergedName(dataset: string, column: string, primary: string | undefined): string {
  return dataset === primary ? column : `${dataset}__${column}`;
}

/** The name of an aggregation in a window. */
export function aggregateName(dataset: string, column: string, aggregation: Aggregation, window: string): string {
  return `${dataset}__${column}__${aggregation}__${window}`;
}

/** The name of the value so many events before the last. */
export function lagName(dataset: string, column: string, periods: number): string {
  return `${dataset}__${column}__lag${periods}`;
}

/** The columns that the bronze layer leaves of a dataset, with those that it adds. */
export function bronzeColumns(findings: DatasetFindings): ReadonlyMap<string, ColumnType> {
  const columns = new Map<string, ColumnType>(
    Object.entries(findings.columns).map(([name, { inferred_type }]) => [name, inferred_type]),
  );
  for (const recommendation of findings.recommendations) {
    const { kind, target_column: name } = recommendation;
    if (kind === 'bronze.null.flag') columns.set(`${name}_missing`, 'binary');
    if (kind === 'bronze.outlier.flag') columns.set(`${name}_outlier`, 'binary');
    if (kind === 'bronze.text.drop') columns.delete(name);
    if (kind === 'bronze.text.features')
      for (const feature of recommendation.parameters.features) columns.set(`${name}_${feature}`, 'numeric_discrete');
  }
  return columns;
}

/**
 * The columns of the merged table: what the primary and the other datasets of entities have, aggregations and lags of
 * events, and derived columns. Excluded datasets give none.
 */
export function mergedColumns(
  findings: MultiFindings,
  datasets: ReadonlyMap<string, DatasetFindings>,
): ReadonlyMap<string, MergedColumn> {
  const merged = new Map<string, MergedColumn>();
  const add = (name: string, type: ColumnType, dataset?: string) =>
    merged.set(name, dataset === undefined ? { name, type } : { name, type, dataset });
  const primary = findings.primary_entity_dataset;
  const types = new Map([...datasets].map(([name, dataset]) => [name, bronzeColumns(dataset)]));
  for (const [dataset, columns] of types) {
    if (findings.datasets[dataset]?.excluded || findings.event_datasets.includes(dataset)) continue;
    for (const [column, type] of columns) add(mergedName(dataset, column, primary), type, dataset);
  }
  for (const recommendation of findings.recommendations) {
    for (const { name, type, dataset } of madeColumns(recommendation, types)) add(name, type, dataset);
  }
  return merged;
}

/** The columns that a recommendation of the silver layer makes. */
function madeColumns(
  recommendation: Recommendation,
  types: ReadonlyMap<string, ReadonlyMap<string, ColumnType>>,
): MergedColumn[] {
  const { target_column: column, action, layer, category } = recommendation;
  if (layer !== 'silver') return [];
  if (category === 'derived') return [{ name: column, type: 'numeric_continuous' }];
  if (recommendation.kind === 'silver.lag.lag') {
    const { dataset, periods } = recommendation.parameters;
    const type = types.get(dataset)?.get(column) ?? 'unknown';
    return periods.map((period) => ({ name: lagName(dataset, column, period), type, dataset }));
  }
  if (category !== 'aggregation') return [];
  const { dataset, windows } = (recommendation as Recommendation & { readonly kind: 'silver.aggregation.sum' })
    .parameters;
  const type = typeOfAggregate(action as Aggregation, types.get(dataset)?.get(column) ?? 'unknown');
  return windows.map((window) => ({
    name: aggregateName(dataset, column, action as Aggregation, window),
    type,
    dataset,
  }));
}

function typeOfAggregate(aggregation: Aggregation, source: ColumnType): ColumnType {
  if (aggregation === 'count' || aggregation === 'nunique') return 'numeric_discrete';
  return ['first', 'last', 'mode', 'min', 'max'].includes(aggregation) ? source : 'numeric_continuous';
}
