import type { DatasetFindings } from '../../../domain/findings/dataset.ts';
import type { DatasetInfo, MultiFindings, Relationship } from '../../../domain/findings/multi-dataset.ts';
import { suggestedSilver } from '../../../domain/findings/suggest-silver.ts';
import type { ExploredDataset } from '../explore-dataset.ts';
import { goldRecommendations } from './gold.ts';
import { windowsFor } from './granularity.ts';

/** Findings over all datasets, and those of each with the entity that the relationships show. */
export interface Joined {
  readonly multi: MultiFindings;
  readonly datasets: readonly ExploredDataset[];
}

/** Puts datasets and relationships together. @param fileOf the name of the findings file of a dataset. */
export function joinDatasets(
  explored: readonly ExploredDataset[],
  relationships: readonly Relationship[],
  fileOf: (name: string) => string,
): Joined {
  const primary = primaryOf(explored, relationships);
  const datasets = explored.map((one) => withEntity(one, primary, relationships));
  const events = datasets.filter(({ findings }) => findings.granularity === 'event_level' && findings.name !== primary);
  const days = Math.max(0, ...events.map(({ findings }) => findings.time_series_metadata?.span_days ?? 0));
  const base: Omit<MultiFindings, 'recommendations'> = {
    datasets: Object.fromEntries(
      datasets.map(({ findings }) => [findings.name, infoOf(findings, fileOf(findings.name))]),
    ),
    relationships,
    ...(primary === undefined ? {} : { primary_entity_dataset: primary }),
    event_datasets: events.map(({ findings }) => findings.name),
    aggregation_windows: events.length === 0 ? [] : windowsFor(days),
  };
  const byName = new Map(datasets.map((one) => [one.findings.name, one]));
  const silver = suggestedSilver(base, new Map(datasets.map(({ findings }) => [findings.name, findings])));
  const merged = new Set([
    primary,
    ...silver.flatMap((one) => (one.kind === 'silver.join.join' ? [one.parameters.right_dataset] : [])),
  ]);
  const inGold = new Map([...byName].filter(([name]) => merged.has(name)));
  return { multi: { ...base, recommendations: [...silver, ...goldRecommendations(base, inGold)] }, datasets };
}

/** The dataset with the label, else that of entities which most others refer to, else the first of entities. */
function primaryOf(explored: readonly ExploredDataset[], relationships: readonly Relationship[]): string | undefined {
  const labelled = explored.find(({ findings }) => findings.target_column !== undefined);
  if (labelled !== undefined) return labelled.findings.name;
  const entities = explored.filter(({ findings }) => findings.granularity === 'entity_level');
  const isEvents = (name: string) =>
    explored.some(({ findings }) => findings.name === name && findings.granularity === 'event_level');
  const referred = (name: string) =>
    relationships.filter((one) => one.left_dataset === name && isEvents(one.right_dataset)).length;
  const [most] = [...entities].sort((a, b) => referred(b.findings.name) - referred(a.findings.name));
  return most?.findings.name;
}

/** Events are about the entities of the primary dataset, where they refer to them. */
function withEntity(
  one: ExploredDataset,
  primary: string | undefined,
  relationships: readonly Relationship[],
): ExploredDataset {
  const { findings } = one;
  const reference = relationships.find(
    ({ left_dataset: left, right_dataset: right, relationship_type: type }) =>
      left === primary && right === findings.name && type === 'one_to_many',
  );
  const entity = reference?.right_columns[0];
  if (entity === undefined || findings.granularity !== 'event_level' || entity === findings.entity_column) return one;
  return { ...one, findings: { ...findings, entity_column: entity } };
}

function infoOf(findings: DatasetFindings, file: string): DatasetInfo {
  const { entity_column: entity, time_column: time, target_column: target } = findings;
  return {
    findings_path: file,
    source_path: findings.source_path,
    granularity: findings.granularity,
    row_count: findings.row_count,
    column_count: findings.column_count,
    ...(entity === undefined ? {} : { entity_column: entity }),
    ...(time === undefined ? {} : { time_column: time }),
    ...(target === undefined ? {} : { target_column: target }),
    excluded: false,
  };
}
