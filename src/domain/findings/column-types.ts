/** What a column is for, as explore infers it and people correct it. */
export const COLUMN_TYPES = [
  'identifier',
  'target',
  'feature_timestamp',
  'label_timestamp',
  'numeric_continuous',
  'numeric_discrete',
  'categorical_nominal',
  'categorical_ordinal',
  'categorical_cyclical',
  'datetime',
  'binary',
  'text',
  'unknown',
] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** Whether a dataset has one row for each entity, or one for each event. */
export const GRANULARITIES = ['entity_level', 'event_level', 'unknown'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/** How many rows of the right dataset belong to one row of the left one, and the other way round. */
export const RELATIONSHIP_TYPES = ['one_to_one', 'one_to_many', 'many_to_one', 'many_to_many'] as const;
export type RelationshipType = (typeof RELATIONSHIP_TYPES)[number];

/** Where rows are read from. `json` and `parquet` may be folders of the public original; explore writes the others. */
export const SOURCE_FORMATS = ['csv', 'parquet', 'jsonl', 'json', 'delta', 'sqlite', 'databricks'] as const;
export type SourceFormat = (typeof SOURCE_FORMATS)[number];

/** A data type as Spark SQL spells it; `decimal(p,s)` with its precision. */
export type DataType = string;

/** What a data type may look like. */
export const DATA_TYPE_PATTERN =
  '^(string|bigint|double|boolean|date|timestamp|binary|decimal\\((3[0-8]|[12]?[0-9]),(3[0-8]|[12]?[0-9])\\))$';

/** A single value as YAML can hold it. Whole numbers beyond 2^53 are written as text. */
export type Scalar = string | number | boolean;

/** Types whose values can be computed with. */
export const NUMERIC_TYPES: readonly ColumnType[] = ['numeric_continuous', 'numeric_discrete'];
/** Types with few values, each of which means something. */
export const CATEGORY_TYPES: readonly ColumnType[] = [
  'categorical_nominal',
  'categorical_ordinal',
  'categorical_cyclical',
  'binary',
];
/** Types whose values are instants or days. */
export const TIME_TYPES: readonly ColumnType[] = ['datetime', 'feature_timestamp', 'label_timestamp'];

/** The data type that a column of a file without declared types has, when nothing else says it. */
export function usualDataType(type: ColumnType): DataType {
  if (type === 'numeric_continuous') return 'double';
  if (type === 'numeric_discrete') return 'bigint';
  return TIME_TYPES.includes(type) ? 'timestamp' : 'string';
}
