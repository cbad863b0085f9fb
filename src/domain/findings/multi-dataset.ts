import type { Granularity, RelationshipType } from './column-types.ts';
import type { Recommendation } from './recommendation.ts';

/** A dataset as `multi_dataset_findings.yaml` lists it. */
export interface DatasetInfo {
  /** Relative to the folder of the file that names it, or absolute. */
  readonly findings_path: string;
  readonly source_path: string;
  readonly granularity: Granularity;
  readonly row_count?: number;
  readonly column_count?: number;
  readonly entity_column?: string;
  readonly time_column?: string;
  readonly target_column?: string;
  /** Nothing is built for it. */
  readonly excluded: boolean;
}

/** Two datasets that share a key. The lists of columns are equally long, and correspond by position. */
export interface Relationship {
  readonly left_dataset: string;
  readonly right_dataset: string;
  readonly left_columns: readonly string[];
  readonly right_columns: readonly string[];
  readonly relationship_type: RelationshipType;
  /** 0 to 1. */
  readonly confidence: number;
  /** 0 to 1: how many of the left keys occur on the right, and the other way round. */
  readonly left_coverage?: number;
  readonly right_coverage?: number;
}

/** All datasets together, as `multi_dataset_findings.yaml` describes them. */
export interface MultiFindings {
  /** By name. */
  readonly datasets: Readonly<Record<string, DatasetInfo>>;
  readonly relationships: readonly Relationship[];
  readonly primary_entity_dataset?: string;
  readonly event_datasets: readonly string[];
  /** `24h`, `7d`, `all_time`. */
  readonly aggregation_windows: readonly string[];
  /** Of the silver and gold layers, in the order in which they apply. */
  readonly recommendations: readonly Recommendation[];
}

/** The longest window of all: every event up to the point in time. */
export const ALL_TIME = 'all_time';

/** What a window may look like. */
export const WINDOW_PATTERN = '^([1-9][0-9]{0,4}[hd]|all_time)$';
