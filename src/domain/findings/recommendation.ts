import type { DataType, RelationshipType, Scalar } from './column-types.ts';

/** How many standard deviations, interquartile ranges or which quantiles make an outlier, and what was learned. */
export interface OutlierParameters {
  readonly method: 'iqr' | 'zscore' | 'winsorize';
  /** For `iqr`: interquartile ranges beyond the quartiles. Default 1.5. */
  readonly factor?: number;
  /** For `zscore`: standard deviations from the mean. Default 3. */
  readonly threshold?: number;
  /** For `winsorize`: default 0.01 and 0.99. */
  readonly lower_quantile?: number;
  readonly upper_quantile?: number;
  /** Limits are learned for each value of this column. */
  readonly segment_column?: string;
  /** Learned: the limits themselves. Absent: they are to be learned. */
  readonly lower?: number;
  readonly upper?: number;
  readonly segments?: readonly { readonly value: Scalar; readonly lower: number; readonly upper: number }[];
}

/** How a filter compares; `values` for `in`, `not_in` and `between`, none for `is_null` and `is_not_null`. */
export interface FilterParameters {
  readonly operator: (typeof FILTER_OPERATORS)[number];
  readonly value?: Scalar;
  readonly values?: readonly Scalar[];
}

export const FILTER_OPERATORS = [
  'equals',
  'not_equals',
  'less_than',
  'at_most',
  'greater_than',
  'at_least',
  'in',
  'not_in',
  'between',
  'is_null',
  'is_not_null',
] as const;

/** One row of each key stays: the first or last by these columns. */
export interface DeduplicationParameters {
  readonly key_columns: readonly string[];
  readonly order_by: readonly string[];
}

/** Events of `dataset` in windows that end at the point in time. */
export interface AggregationParameters {
  readonly dataset: string;
  readonly windows: readonly string[];
}

/** The functions of `silver.aggregation`. */
export const AGGREGATIONS = [
  'sum',
  'mean',
  'max',
  'min',
  'count',
  'std',
  'median',
  'first',
  'last',
  'mode',
  'nunique',
  'entropy',
] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

/** What each kind of recommendation is told. What is optional and named "learned" is computed where it is absent. */
export interface ParametersOfKind extends Readonly<Record<`silver.aggregation.${Aggregation}`, AggregationParameters>> {
  /** Learned: `value`, except for `constant`, which needs it. */
  readonly 'bronze.null.impute': {
    readonly strategy: 'mean' | 'median' | 'mode' | 'constant';
    readonly value?: Scalar;
  };
  /** Rows without a value are rejects. */
  readonly 'bronze.null.drop_rows': Readonly<Record<string, never>>;
  /** Adds `<column>_missing`, a boolean. */
  readonly 'bronze.null.flag': Readonly<Record<string, never>>;
  readonly 'bronze.outlier.cap': OutlierParameters;
  /** Rows with outliers are rejects. */
  readonly 'bronze.outlier.reject': OutlierParameters;
  /** Adds `<column>_outlier`, a boolean. */
  readonly 'bronze.outlier.flag': OutlierParameters;
  /** What does not convert is a reject. `formats` are Spark's date patterns, tried in this order. */
  readonly 'bronze.type.convert': {
    readonly to: DataType;
    readonly formats?: readonly string[];
    readonly decimal_separator?: '.' | ',';
    readonly thousands_separator?: ',' | '.' | ' ' | "'";
  };
  /** Rows that are equal in every column; the target column is `*`. */
  readonly 'bronze.deduplication.drop_exact': Readonly<Record<string, never>>;
  readonly 'bronze.deduplication.keep_first': DeduplicationParameters;
  readonly 'bronze.deduplication.keep_last': DeduplicationParameters;
  /** Rows that do not match are rejects. */
  readonly 'bronze.filtering.keep': FilterParameters;
  /** Rows that match are rejects. */
  readonly 'bronze.filtering.reject': FilterParameters;
  readonly 'bronze.consistency.trim': Readonly<Record<string, never>>;
  readonly 'bronze.consistency.change_case': { readonly case: 'lower' | 'upper' };
  readonly 'bronze.consistency.map_values': {
    readonly mapping: readonly { readonly from: Scalar; readonly to: Scalar | null }[];
  };
  /** Texts that stand for a missing value become null. */
  readonly 'bronze.consistency.missing_words': { readonly words: readonly string[] };
  readonly 'bronze.text.clean': {
    readonly lowercase?: boolean;
    readonly collapse_spaces?: boolean;
    readonly remove_control?: boolean;
  };
  /** Adds `<column>_<feature>`, whole numbers. */
  readonly 'bronze.text.features': { readonly features: readonly (typeof TEXT_FEATURES)[number][] };
  readonly 'bronze.text.drop': Readonly<Record<string, never>>;
  /** The target column is `*`. The relationship's cardinality decides how; `left` keeps rows without a partner. */
  readonly 'silver.join.join': {
    readonly left_dataset: string;
    readonly right_dataset: string;
    readonly left_columns: readonly string[];
    readonly right_columns: readonly string[];
    readonly relationship_type: RelationshipType;
    readonly join_type: 'left' | 'inner';
  };
  /** The target column is the new one; a zero denominator gives null. */
  readonly 'silver.derived.ratio': { readonly numerator: string; readonly denominator: string };
  /** The product of the features. */
  readonly 'silver.derived.interaction': { readonly features: readonly string[] };
  /** Arithmetic over columns; see `parseExpression`. */
  readonly 'silver.derived.expression': { readonly expression: string };
  /** The value so many events before the last event up to the point in time (0 is that last one). */
  readonly 'silver.lag.lag': { readonly dataset: string; readonly periods: readonly number[] };
  readonly 'gold.encoding.one_hot': { readonly categories?: readonly Scalar[]; readonly max_categories?: number };
  readonly 'gold.encoding.ordinal': { readonly order?: readonly Scalar[] };
  readonly 'gold.encoding.target': {
    readonly smoothing?: number;
    readonly prior?: number;
    readonly means?: readonly { readonly value: Scalar; readonly mean: number }[];
  };
  readonly 'gold.encoding.frequency': {
    readonly frequencies?: readonly { readonly value: Scalar; readonly frequency: number }[];
  };
  /** Sine and cosine of (value - offset) / period; for times, of the named part. */
  readonly 'gold.encoding.cyclical': {
    readonly period: number;
    readonly offset?: number;
    readonly part?: 'hour' | 'day_of_week' | 'day_of_month' | 'month';
  };
  readonly 'gold.scaling.standard': { readonly mean?: number; readonly std?: number };
  readonly 'gold.scaling.min_max': { readonly min?: number; readonly max?: number };
  readonly 'gold.scaling.robust': { readonly median?: number; readonly q1?: number; readonly q3?: number };
  /** ln(value + offset); default 1. */
  readonly 'gold.transformation.log': { readonly offset?: number };
  readonly 'gold.transformation.sqrt': { readonly offset?: number };
  readonly 'gold.transformation.yeo_johnson': { readonly lambda?: number };
  readonly 'gold.feature_selection.drop': { readonly reason?: string };
  readonly 'gold.feature_selection.drop_multicollinear': {
    readonly correlated_with: string;
    readonly correlation?: number;
  };
  readonly 'gold.feature_selection.drop_weak': { readonly effect_size?: number; readonly correlation?: number };
  /** Stays whatever else says. */
  readonly 'gold.feature_selection.keep': { readonly reason?: string };
}

/** What `bronze.text.features` can count. */
export const TEXT_FEATURES = ['length', 'word_count', 'digit_count', 'upper_count'] as const;

/** `layer.category.action`. */
export type Kind = keyof ParametersOfKind;
export type Layer = 'bronze' | 'silver' | 'gold';

/** A recommendation of one kind. */
export interface RecommendationOf<K extends Kind> {
  /** Layer, category and action in one, to choose by. */
  readonly kind: K;
  /** Unique over all files that are loaded together, of letters, digits, `_`, `-` and `.`. */
  readonly id: string;
  readonly layer: Layer;
  readonly category: string;
  readonly action: string;
  /** A column of the dataset (bronze, aggregation, lag) or of the merged table (gold); the new one of `derived`. */
  readonly target_column: string;
  readonly parameters: ParametersOfKind[K];
  readonly rationale: string;
  /** 1 comes before 2. */
  readonly priority: number;
  /** Ids of recommendations that apply before. */
  readonly dependencies: readonly string[];
}

/** Any recommendation; `kind` tells which. */
export type Recommendation = { [K in Kind]: RecommendationOf<K> }[Kind];

/** The target column of what concerns whole rows. */
export const WHOLE_ROW = '*';
