import { NUMERIC_TYPES, TIME_TYPES } from './column-types.ts';
import { columnsInOrder, type DatasetFindings } from './dataset.ts';
import type { MultiFindings } from './multi-dataset.ts';
import type { Aggregation, Kind, Recommendation, RecommendationOf } from './recommendation.ts';
import { WHOLE_ROW } from './recommendation.ts';

/** Columns of one dataset of events that get aggregations, at most: a wide one would give thousands of features. */
const MOST_COLUMNS = 40;

/**
 * Joins and aggregations that follow from relationships, datasets of events and windows alone. A dataset is joined
 * once; events are aggregated, never joined row by row.
 */
export function suggestedSilver(
  findings: Omit<MultiFindings, 'recommendations'>,
  datasets: ReadonlyMap<string, DatasetFindings>,
): Recommendation[] {
  return [...suggestedJoins(findings, datasets), ...suggestedAggregations(findings, datasets)];
}

/** A recommendation of a kind, with layer, category and action from its name. */
export function recommendationOf<K extends Kind>(
  kind: K,
  id: string,
  content: Pick<RecommendationOf<K>, 'target_column' | 'parameters' | 'rationale'>,
): RecommendationOf<K> {
  const [layer, category, action] = kind.split('.') as [RecommendationOf<K>['layer'], string, string];
  return { kind, id, layer, category, action, ...content, priority: 1, dependencies: [] };
}

/** An id of these parts: what an id may not hold becomes `_`, and an id that is taken gets a number. */
export function idMaker(): (...parts: readonly (string | number)[]) => string {
  const taken = new Map<string, number>();
  return (...parts) => {
    const id = parts
      .map((part) => String(part).replace(/[^A-Za-z0-9_-]/g, '_'))
      .join('.')
      .slice(0, 180);
    const times = (taken.get(id) ?? 0) + 1;
    taken.set(id, times);
    return times === 1 ? id : `${id}.${times}`;
  };
}

function suggestedJoins(
  { datasets: infos, relationships, event_datasets: events, primary_entity_dataset: primary }: MultiBase,
  datasets: ReadonlyMap<string, DatasetFindings>,
): Recommendation[] {
  const idOf = idMaker();
  const joined = new Set(primary === undefined ? [] : [primary]);
  const usable = (name: string) => datasets.has(name) && infos[name]?.excluded !== true && !events.includes(name);
  const joins: Recommendation[] = [];
  for (let before = -1; before !== joins.length; ) {
    before = joins.length;
    for (const one of relationships) {
      const forwards = joined.has(one.left_dataset);
      const [from, to] = forwards ? (['left', 'right'] as const) : (['right', 'left'] as const);
      const [near, far] = [one[`${from}_dataset`], one[`${to}_dataset`]];
      if (!joined.has(near) || joined.has(far) || !usable(far)) continue;
      joined.add(far);
      joins.push(
        recommendationOf('silver.join.join', idOf('join', far), {
          target_column: WHOLE_ROW,
          parameters: {
            left_dataset: near,
            right_dataset: far,
            left_columns: one[`${from}_columns`],
            right_columns: one[`${to}_columns`],
            relationship_type: forwards ? one.relationship_type : turned(one.relationship_type),
            join_type: 'left',
          },
          rationale: `${near} and ${far} share a key; a left join loses no row of ${near}.`,
        }),
      );
    }
  }
  return joins;
}

type MultiBase = Omit<MultiFindings, 'recommendations'>;

function turned(type: MultiFindings['relationships'][number]['relationship_type']) {
  if (type === 'one_to_many') return 'many_to_one';
  return type === 'many_to_one' ? 'one_to_many' : type;
}

function suggestedAggregations(
  { datasets: infos, event_datasets: events, aggregation_windows: windows }: MultiBase,
  datasets: ReadonlyMap<string, DatasetFindings>,
): Recommendation[] {
  const idOf = idMaker();
  if (windows.length === 0) return [];
  return events.flatMap((dataset) => {
    const findings = datasets.get(dataset);
    const info = infos[dataset];
    const entity = info?.entity_column ?? findings?.entity_column;
    const time = info?.time_column ?? findings?.time_column;
    if (findings === undefined || info?.excluded || entity === undefined || time === undefined) return [];
    const columns = columnsInOrder(findings).filter(([name]) => name !== entity && name !== time);
    const make = (column: string, action: Aggregation, rationale: string) =>
      recommendationOf(`silver.aggregation.${action}`, idOf('aggregate', dataset, column, action), {
        target_column: column,
        parameters: { dataset, windows },
        rationale,
      }) as Recommendation;
    return [
      make(entity, 'count', `How many events of ${dataset} an entity has.`),
      ...columns.slice(0, MOST_COLUMNS).flatMap(([name, { inferred_type: type }]) => {
        if (NUMERIC_TYPES.includes(type))
          return (['sum', 'mean', 'max'] as const).map((action) =>
            make(name, action, `${name} is a number: its ${action} for each entity.`),
          );
        const isCategory = type.startsWith('categorical') || type === 'binary';
        return isCategory && !TIME_TYPES.includes(type)
          ? (['nunique', 'mode'] as const).map((action) => make(name, action, `${name} has few values.`))
          : [];
      }),
    ];
  });
}
