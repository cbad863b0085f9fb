import type { Granularity } from '../../../domain/findings/column-types.ts';
import type { ColumnFindings, DatasetFindings } from '../../../domain/findings/dataset.ts';
import type { DatasetProfile } from '../profile/profile-dataset.ts';
import { timeText } from './column-findings.ts';

type Columns = readonly (readonly [name: string, ColumnFindings])[];

/** Names of those whom rows are about. */
const ENTITY_NAME =
  /(customer|client|user|employee|account|member|person|patient|student|device|sensor|machine|subscriber|ba_?id)/i;
/** Fewer are categories rather than entities. */
const LEAST_ENTITIES = 20;
const WINDOWS: readonly (readonly [name: string, days: number])[] = [
  ['24h', 1],
  ['7d', 7],
  ['30d', 30],
  ['90d', 90],
  ['180d', 180],
  ['365d', 365],
];

/**
 * Whom rows are about and when. A dataset whose ids of entities repeat and which has times is one of events; with a key
 * of its own and no such id it has a row for each entity.
 */
export function entityAndTime(
  columns: Columns,
  keys: readonly string[],
  rows: number,
): { readonly granularity: Granularity; readonly entity?: string; readonly time?: string } {
  const time = columns.find(([, one]) => one.inferred_type === 'datetime')?.[0];
  const repeated = columns.filter(([name, one]) => {
    const { distinct_count: distinct = 0, null_count: empty = 0 } = one.universal_metrics;
    const isId = one.inferred_type === 'identifier' || (ENTITY_NAME.test(name) && one.inferred_type !== 'target');
    const enough = distinct >= LEAST_ENTITIES || ENTITY_NAME.test(name);
    return isId && !keys.includes(name) && enough && distinct * 1.05 < rows - empty;
  });
  const key = keys.find((name) => ENTITY_NAME.test(name)) ?? keys[0];
  const entity = repeated.find(([name]) => ENTITY_NAME.test(name)) ?? repeated[0];
  const isOwnKey = key !== undefined && ENTITY_NAME.test(key) && !(entity !== undefined && ENTITY_NAME.test(entity[0]));
  if (entity !== undefined && time !== undefined && !isOwnKey)
    return { granularity: 'event_level', entity: entity[0], time };
  if (key !== undefined) return { granularity: 'entity_level', entity: key, ...(time === undefined ? {} : { time }) };
  return {
    granularity: 'unknown',
    ...(entity === undefined ? {} : { entity: entity[0] }),
    ...(time === undefined ? {} : { time }),
  };
}

/** The windows that fit into so many days. */
export function windowsFor(days: number): string[] {
  return [...WINDOWS.filter(([, length]) => length <= Math.max(days, 1)).map(([name]) => name), 'all_time'];
}

/** What the times of a dataset say, for the findings. */
export function timeSeries(
  granularity: Granularity,
  entity: string | undefined,
  time: string | undefined,
  columns: Columns,
  profile: DatasetProfile,
  keepValues: boolean,
): Pick<DatasetFindings, 'time_series_metadata'> {
  const position = columns.find(([name]) => name === time)?.[1].position;
  const numbers = position === undefined ? undefined : profile.columns[position]?.numbers;
  if (time === undefined || numbers === undefined) return {};
  const days = (numbers.max - numbers.min) / 86_400;
  const entities = columns.find(([name]) => name === entity)?.[1].universal_metrics.distinct_count;
  return {
    time_series_metadata: {
      granularity,
      ...(entity === undefined ? {} : { entity_column: entity }),
      time_column: time,
      ...(keepValues ? { first: timeText(numbers.min, 'timestamp'), last: timeText(numbers.max, 'timestamp') } : {}),
      span_days: Math.round(days * 10) / 10,
      ...(entities === undefined || entities === 0
        ? {}
        : { unique_entities: entities, avg_events_per_entity: Math.round((profile.rows / entities) * 100) / 100 }),
      ...(granularity === 'event_level' ? { suggested_aggregations: windowsFor(days) } : {}),
    },
  };
}
