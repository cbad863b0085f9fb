import type { SchemaNode } from '../description/schema-node.ts';
import {
  CATEGORY_TYPES,
  type ColumnType,
  DATA_TYPE_PATTERN,
  NUMERIC_TYPES,
  RELATIONSHIP_TYPES,
  TIME_TYPES,
} from './column-types.ts';
import { WINDOW_PATTERN } from './multi-dataset.ts';
import {
  AGGREGATIONS,
  type Aggregation,
  FILTER_OPERATORS,
  type Kind,
  type Layer,
  TEXT_FEATURES,
} from './recommendation.ts';

/** What a kind of recommendation needs. */
export interface KindRule {
  /** What its target column names. */
  readonly target: 'column' | 'row' | 'new';
  /** The types that its target column may have; absent: any. */
  readonly types?: readonly ColumnType[];
  readonly parameters: SchemaNode;
}

const scalar: SchemaNode = { type: ['string', 'number', 'boolean'] };
const number: SchemaNode = { type: 'number' };
const text: SchemaNode = { type: 'string', minLength: 1 };
const list = (items: SchemaNode, more: object = {}): SchemaNode => ({ type: 'array', minItems: 1, items, ...more });
const range = (minimum: number, maximum: number): SchemaNode => ({ type: 'number', minimum, maximum });
const oneOf = (words: readonly unknown[]): SchemaNode => ({ enum: words });
const group = (properties: Readonly<Record<string, SchemaNode>>, required: readonly string[] = []): SchemaNode => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});
const pair = (other: string, node: SchemaNode): SchemaNode => group({ value: scalar, [other]: node }, ['value', other]);

const NOTHING = group({});
const WINDOWS = list({ type: 'string', pattern: WINDOW_PATTERN });
const DEDUPLICATION = group({ key_columns: list(text), order_by: list(text) }, ['key_columns', 'order_by']);
const FILTER = group({ operator: oneOf(FILTER_OPERATORS), value: scalar, values: list(scalar) }, ['operator']);
const OUTLIER = group(
  {
    method: oneOf(['iqr', 'zscore', 'winsorize']),
    factor: range(0, 1000),
    threshold: range(0, 1000),
    lower_quantile: range(0, 1),
    upper_quantile: range(0, 1),
    segment_column: text,
    lower: number,
    upper: number,
    segments: list(group({ value: scalar, lower: number, upper: number }, ['value', 'lower', 'upper'])),
  },
  ['method'],
);

const CATEGORIES_OR_COUNTS: readonly ColumnType[] = [...CATEGORY_TYPES, 'numeric_discrete', 'target'];
const ANY_NUMBER: readonly ColumnType[] = [...NUMERIC_TYPES, 'binary', 'target'];
const TEXTS: readonly ColumnType[] = ['text', ...CATEGORY_TYPES, 'identifier', 'target', 'unknown'];
const outlier: KindRule = { target: 'column', types: NUMERIC_TYPES, parameters: OUTLIER };
const AGGREGATION = group({ dataset: text, windows: WINDOWS }, ['dataset', 'windows']);
const ANY_AGGREGATION: readonly Aggregation[] = ['count', 'nunique', 'first', 'last', 'mode', 'entropy'];
const ORDERED_AGGREGATION: readonly Aggregation[] = ['max', 'min'];

function typesOfAggregation(name: Aggregation): { readonly types?: readonly ColumnType[] } {
  if (ANY_AGGREGATION.includes(name)) return {};
  return { types: ORDERED_AGGREGATION.includes(name) ? [...ANY_NUMBER, ...TIME_TYPES] : ANY_NUMBER };
}

const aggregations = Object.fromEntries(
  AGGREGATIONS.map((name) => [
    `silver.aggregation.${name}`,
    { target: 'column', ...typesOfAggregation(name), parameters: AGGREGATION },
  ]),
) as unknown as Readonly<Record<`silver.aggregation.${Aggregation}`, KindRule>>;

/** Every kind of recommendation, by `layer.category.action`. The published schemas are made from it. */
export const KINDS: Readonly<Record<Kind, KindRule>> = {
  'bronze.null.impute': {
    target: 'column',
    parameters: group({ strategy: oneOf(['mean', 'median', 'mode', 'constant']), value: scalar }, ['strategy']),
  },
  'bronze.null.drop_rows': { target: 'column', parameters: NOTHING },
  'bronze.null.flag': { target: 'column', parameters: NOTHING },
  'bronze.outlier.cap': outlier,
  'bronze.outlier.reject': outlier,
  'bronze.outlier.flag': outlier,
  'bronze.type.convert': {
    target: 'column',
    parameters: group(
      {
        to: { type: 'string', pattern: DATA_TYPE_PATTERN },
        formats: list(text),
        decimal_separator: oneOf(['.', ',']),
        thousands_separator: oneOf([',', '.', ' ', "'"]),
      },
      ['to'],
    ),
  },
  'bronze.deduplication.drop_exact': { target: 'row', parameters: NOTHING },
  'bronze.deduplication.keep_first': { target: 'column', parameters: DEDUPLICATION },
  'bronze.deduplication.keep_last': { target: 'column', parameters: DEDUPLICATION },
  'bronze.filtering.keep': { target: 'column', parameters: FILTER },
  'bronze.filtering.reject': { target: 'column', parameters: FILTER },
  'bronze.consistency.trim': { target: 'column', types: TEXTS, parameters: NOTHING },
  'bronze.consistency.change_case': {
    target: 'column',
    types: TEXTS,
    parameters: group({ case: oneOf(['lower', 'upper']) }, ['case']),
  },
  'bronze.consistency.map_values': {
    target: 'column',
    parameters: group(
      {
        mapping: list(group({ from: scalar, to: { type: ['string', 'number', 'boolean', 'null'] } }, ['from', 'to'])),
      },
      ['mapping'],
    ),
  },
  'bronze.consistency.missing_words': { target: 'column', parameters: group({ words: list(text) }, ['words']) },
  'bronze.text.clean': {
    target: 'column',
    types: TEXTS,
    parameters: group({
      lowercase: { type: 'boolean' },
      collapse_spaces: { type: 'boolean' },
      remove_control: { type: 'boolean' },
    }),
  },
  'bronze.text.features': {
    target: 'column',
    types: TEXTS,
    parameters: group({ features: list(oneOf(TEXT_FEATURES)) }, ['features']),
  },
  'bronze.text.drop': { target: 'column', parameters: NOTHING },
  'silver.join.join': {
    target: 'row',
    parameters: group(
      {
        left_dataset: text,
        right_dataset: text,
        left_columns: list(text),
        right_columns: list(text),
        relationship_type: oneOf(RELATIONSHIP_TYPES),
        join_type: oneOf(['left', 'inner']),
      },
      ['left_dataset', 'right_dataset', 'left_columns', 'right_columns', 'relationship_type', 'join_type'],
    ),
  },
  ...aggregations,
  'silver.derived.ratio': {
    target: 'new',
    parameters: group({ numerator: text, denominator: text }, ['numerator', 'denominator']),
  },
  'silver.derived.interaction': {
    target: 'new',
    parameters: group({ features: list(text, { minItems: 2 }) }, ['features']),
  },
  'silver.derived.expression': { target: 'new', parameters: group({ expression: text }, ['expression']) },
  'silver.lag.lag': {
    target: 'column',
    parameters: group({ dataset: text, periods: list({ type: 'integer', minimum: 0, maximum: 1000 }) }, [
      'dataset',
      'periods',
    ]),
  },
  'gold.encoding.one_hot': {
    target: 'column',
    types: CATEGORIES_OR_COUNTS,
    parameters: group({ categories: list(scalar), max_categories: { type: 'integer', minimum: 1, maximum: 10_000 } }),
  },
  'gold.encoding.ordinal': {
    target: 'column',
    types: CATEGORIES_OR_COUNTS,
    parameters: group({ order: list(scalar) }),
  },
  'gold.encoding.target': {
    target: 'column',
    types: CATEGORIES_OR_COUNTS,
    parameters: group({ smoothing: range(0, 1_000_000), prior: number, means: list(pair('mean', number)) }),
  },
  'gold.encoding.frequency': {
    target: 'column',
    types: [...CATEGORIES_OR_COUNTS, 'identifier', 'text'],
    parameters: group({ frequencies: list(pair('frequency', range(0, 1))) }),
  },
  'gold.encoding.cyclical': {
    target: 'column',
    types: ['categorical_cyclical', 'numeric_discrete', 'numeric_continuous', ...TIME_TYPES],
    parameters: group(
      { period: range(1e-9, 1e9), offset: number, part: oneOf(['hour', 'day_of_week', 'day_of_month', 'month']) },
      ['period'],
    ),
  },
  'gold.scaling.standard': {
    target: 'column',
    types: ANY_NUMBER,
    parameters: group({ mean: number, std: range(0, 1e308) }),
  },
  'gold.scaling.min_max': { target: 'column', types: ANY_NUMBER, parameters: group({ min: number, max: number }) },
  'gold.scaling.robust': {
    target: 'column',
    types: ANY_NUMBER,
    parameters: group({ median: number, q1: number, q3: number }),
  },
  'gold.transformation.log': { target: 'column', types: NUMERIC_TYPES, parameters: group({ offset: number }) },
  'gold.transformation.sqrt': { target: 'column', types: NUMERIC_TYPES, parameters: group({ offset: number }) },
  'gold.transformation.yeo_johnson': { target: 'column', types: NUMERIC_TYPES, parameters: group({ lambda: number }) },
  'gold.feature_selection.drop': { target: 'column', parameters: group({ reason: text }) },
  'gold.feature_selection.drop_multicollinear': {
    target: 'column',
    parameters: group({ correlated_with: text, correlation: range(-1, 1) }, ['correlated_with']),
  },
  'gold.feature_selection.drop_weak': {
    target: 'column',
    parameters: group({ effect_size: number, correlation: range(-1, 1) }),
  },
  'gold.feature_selection.keep': { target: 'column', parameters: group({ reason: text }) },
};

/** The names of all kinds. */
export const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];

/** The categories of each layer, in the order in which they apply. */
export const CATEGORY_ORDER: Readonly<Record<Layer, readonly string[]>> = {
  bronze: ['consistency', 'type', 'filtering', 'deduplication', 'outlier', 'null', 'text'],
  silver: ['join', 'aggregation', 'lag', 'derived'],
  gold: ['transformation', 'encoding', 'scaling', 'feature_selection'],
};
