import type { DatasetFindings } from './dataset.ts';
import type { MultiFindings } from './multi-dataset.ts';
import type { Recommendation } from './recommendation.ts';
import { inOrder } from './recommendation-order.ts';

/** The recommendations of one source, each list in the order in which it applies. */
export interface BronzeRecommendations {
  /** As the findings name the source. */
  readonly source_file: string;
  readonly consistency: readonly Recommendation[];
  readonly type_conversions: readonly Recommendation[];
  readonly filtering: readonly Recommendation[];
  readonly deduplication: readonly Recommendation[];
  readonly outlier_handling: readonly Recommendation[];
  readonly null_handling: readonly Recommendation[];
  readonly text_processing: readonly Recommendation[];
  /** All of them, in the order in which they apply. */
  readonly all: readonly Recommendation[];
}

/** The recommendations of the silver layer. */
export interface SilverRecommendations {
  readonly entity_column?: string;
  readonly time_column?: string;
  readonly joins: readonly Recommendation[];
  readonly aggregations: readonly Recommendation[];
  readonly lags: readonly Recommendation[];
  readonly derived_columns: readonly Recommendation[];
  readonly all: readonly Recommendation[];
}

/** The recommendations of the gold layer. */
export interface GoldRecommendations {
  readonly target_column?: string;
  readonly transformations: readonly Recommendation[];
  readonly encoding: readonly Recommendation[];
  readonly scaling: readonly Recommendation[];
  readonly feature_selection: readonly Recommendation[];
  readonly all: readonly Recommendation[];
}

/** Every recommendation, by layer, source and step. */
export interface RecommendationRegistry {
  /** By dataset; excluded datasets have none. */
  readonly sources: Readonly<Record<string, BronzeRecommendations>>;
  readonly silver: SilverRecommendations;
  readonly gold: GoldRecommendations;
}

/** The recommendations of findings in the order in which they apply. Nothing is left out but excluded datasets. */
export function recommendationRegistry(
  findings: MultiFindings,
  datasets: ReadonlyMap<string, DatasetFindings>,
): RecommendationRegistry {
  const sources = [...datasets].filter(([name]) => findings.datasets[name]?.excluded !== true);
  const primary = findings.primary_entity_dataset;
  const info = primary === undefined ? undefined : findings.datasets[primary];
  const own = primary === undefined ? undefined : datasets.get(primary);
  const entity = info?.entity_column ?? own?.entity_column;
  const time = info?.time_column ?? own?.time_column;
  const target = info?.target_column ?? own?.target_column;
  const silver = steps(findings.recommendations.filter(({ layer }) => layer === 'silver'));
  const gold = steps(findings.recommendations.filter(({ layer }) => layer === 'gold'));
  return {
    sources: Object.fromEntries(sources.map(([name, dataset]) => [name, bronzeOf(dataset)])),
    silver: {
      ...(entity === undefined ? {} : { entity_column: entity }),
      ...(time === undefined ? {} : { time_column: time }),
      joins: silver.of('join'),
      aggregations: silver.of('aggregation'),
      lags: silver.of('lag'),
      derived_columns: silver.of('derived'),
      all: silver.all,
    },
    gold: {
      ...(target === undefined ? {} : { target_column: target }),
      transformations: gold.of('transformation'),
      encoding: gold.of('encoding'),
      scaling: gold.of('scaling'),
      feature_selection: gold.of('feature_selection'),
      all: gold.all,
    },
  };
}

function bronzeOf({ source_path: source, recommendations }: DatasetFindings): BronzeRecommendations {
  const { all, of } = steps(recommendations);
  return {
    source_file: source,
    consistency: of('consistency'),
    type_conversions: of('type'),
    filtering: of('filtering'),
    deduplication: of('deduplication'),
    outlier_handling: of('outlier'),
    null_handling: of('null'),
    text_processing: of('text'),
    all,
  };
}

function steps(recommendations: readonly Recommendation[]) {
  const all = inOrder(recommendations);
  return { all, of: (category: string) => all.filter((one) => one.category === category) };
}
