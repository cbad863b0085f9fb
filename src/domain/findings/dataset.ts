import type { ColumnType, DataType, Granularity, Scalar, SourceFormat } from './column-types.ts';
import type { Recommendation } from './recommendation.ts';

/** What was counted of every column, in all rows or in the sample. */
export interface UniversalMetrics {
  readonly null_count?: number;
  /** 0 to 100. */
  readonly null_percentage?: number;
  readonly distinct_count?: number;
  /** Whether `distinct_count` is exact; absent: not known. */
  readonly distinct_exact?: boolean;
  /** Absent with `--no-values`. */
  readonly most_common_values?: readonly { readonly value: Scalar; readonly count: number }[];
}

/** What was computed of a column of its type. Values of people's data are absent with `--no-values`. */
export interface TypeMetrics {
  readonly min?: Scalar;
  readonly max?: Scalar;
  readonly mean?: number;
  readonly std?: number;
  readonly skewness?: number;
  readonly zero_count?: number;
  readonly negative_count?: number;
  /** By percent: `p01`, `p05`, `p25`, `p50`, `p75`, `p95`, `p99`. */
  readonly quantiles?: Readonly<Record<string, number>>;
  /** Values outside of 1.5 interquartile ranges. */
  readonly outlier_count?: number;
  /** Characters. */
  readonly min_length?: number;
  readonly max_length?: number;
  readonly mean_length?: number;
}

/** Something that is wrong with a column or a dataset. `severity` counts against the quality score. */
export interface QualityIssue {
  readonly issue: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  /** Rows that have it. */
  readonly count?: number;
}

/** What is known of one column. */
export interface ColumnFindings {
  /** The header of the file where it differs from the name: duplicate and empty headers get names of their own. */
  readonly source_name?: string;
  /** From 0, in the source. */
  readonly position: number;
  readonly data_type: DataType;
  /** The formats that its values have, as Spark's date patterns, for a text column with dates. */
  readonly date_formats?: readonly string[];
  readonly inferred_type: ColumnType;
  /** 0 to 1. */
  readonly confidence: number;
  readonly evidence: readonly string[];
  readonly universal_metrics: UniversalMetrics;
  readonly type_metrics: TypeMetrics;
  readonly quality_issues: readonly QualityIssue[];
  /** 0 to 100. */
  readonly quality_score: number;
}

/** What a dataset with times says about them. */
export interface TimeSeriesMetadata {
  readonly granularity?: Granularity;
  readonly entity_column?: string;
  readonly time_column?: string;
  /** ISO; absent with `--no-values`. */
  readonly first?: string;
  readonly last?: string;
  readonly span_days?: number;
  readonly unique_entities?: number;
  readonly avg_events_per_entity?: number;
  readonly suggested_aggregations?: readonly string[];
}

/** A column that knows the label too well. */
export interface LeakageSuspect {
  readonly column: string;
  readonly reason: string;
  /** 0 to 1: how well the column alone tells the label. */
  readonly score: number;
}

/** One dataset, as `<name>_findings.yaml` describes it. */
export interface DatasetFindings {
  readonly name: string;
  /** As explore was given it, or `catalog.schema.table`. */
  readonly source_path: string;
  readonly source_format: SourceFormat;
  /** The table of a SQLite file. */
  readonly source_table?: string;
  readonly row_count: number;
  readonly column_count: number;
  /** Set when only some rows were read: how many. */
  readonly sampled_rows?: number;
  /** False: explored with `--no-values`. */
  readonly values_kept: boolean;
  readonly granularity: Granularity;
  readonly entity_column?: string;
  readonly time_column?: string;
  readonly target_column?: string;
  readonly identifier_columns: readonly string[];
  readonly datetime_columns: readonly string[];
  /** Sets of columns that no two rows share, each checked exactly; the smallest first. */
  readonly candidate_keys: readonly (readonly string[])[];
  readonly constant_columns: readonly string[];
  readonly duplicate_columns: readonly { readonly column: string; readonly same_as: string }[];
  readonly leakage_suspects: readonly LeakageSuspect[];
  readonly overall_quality_score: number;
  readonly quality_issues: readonly QualityIssue[];
  readonly time_series_metadata?: TimeSeriesMetadata;
  /** By name, in the order of the source. */
  readonly columns: Readonly<Record<string, ColumnFindings>>;
  /** Of the bronze layer, in the order in which they apply. */
  readonly recommendations: readonly Recommendation[];
  /** Short forms of the gold layer, on columns of this dataset; `multiFindings` puts them among its own. */
  readonly short_gold: readonly Recommendation[];
}

/** The columns of a dataset in the order of its source: names that are whole numbers lose their place as keys. */
export function columnsInOrder({ columns }: DatasetFindings): readonly (readonly [name: string, ColumnFindings])[] {
  return Object.entries(columns).sort(([, a], [, b]) => a.position - b.position);
}
