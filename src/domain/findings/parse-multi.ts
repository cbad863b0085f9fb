import { didYouMean } from '../description/describe-problem.ts';
import type { Path, Problem } from '../description/problem.ts';
import { quotedValue } from '../quoted-value.ts';
import { columnProblem, type KnownColumns, type Placed, recommendationProblems } from './check-recommendations.ts';
import type { DatasetFindings } from './dataset.ts';
import { upgradedMulti } from './earlier-shape.ts';
import { bronzeColumns, mergedColumns, mergedName } from './merged-columns.ts';
import type { MultiFindings } from './multi-dataset.ts';
import {
  isGroup,
  placedRecommendations,
  readWritten,
  refuse,
  schemaCheck,
  type WrittenFindings,
  withoutNulls,
} from './read-written.ts';
import type { Recommendation } from './recommendation.ts';
import { orderProblems } from './recommendation-order.ts';
import { MULTI_DATASET_SCHEMA } from './schema.ts';
import { suggestedSilver } from './suggest-silver.ts';

/** Findings over all datasets that are right by themselves, not yet compared with those of the datasets. */
export interface ParsedMulti {
  readonly findings: MultiFindings;
  readonly notices: readonly string[];
  readonly written: WrittenFindings;
  /** The shape of earlier tools has no recommendations of the silver layer: they follow from what it says. */
  readonly suggests: boolean;
}

const check = schemaCheck(MULTI_DATASET_SCHEMA);

/** Reads `multi_dataset_findings.yaml`, in the shape of earlier tools too. @throws BtcFakeError FINDINGS_INVALID. */
export function parseMultiFindings(text: string, file: string): ParsedMulti {
  const written = readWritten(text, file);
  const { value, notices } =
    'version' in written.value ? { value: withNullsOut(written.value), notices: [] } : upgradedMulti(written.value);
  refuse(written, check(value));
  const { placed, problems } = placedRecommendations(value.recommendations);
  refuse(written, problems);
  const findings = {
    ...(value as unknown as MultiFindings),
    recommendations: placed.map(({ recommendation }) => recommendation),
  };
  return { findings, notices, written, suggests: !('version' in written.value) };
}

/**
 * Findings over all datasets that fit those of each dataset, with the datasets' short forms of the gold layer among the
 * recommendations.
 * @param datasets by name; excluded ones may be absent.
 * @throws BtcFakeError FINDINGS_INVALID, whose `lines` hold everything that is wrong.
 */
export function multiFindings(
  { findings, written, suggests }: ParsedMulti,
  datasets: ReadonlyMap<string, DatasetFindings>,
): MultiFindings {
  const primary = findings.primary_entity_dataset;
  const short = [...datasets].flatMap(([name, { short_gold }]) =>
    findings.event_datasets.includes(name)
      ? []
      : short_gold.map(
          (one): Recommendation => ({
            ...one,
            target_column: mergedName(name, one.target_column, primary),
          }),
        ),
  );
  const suggested = suggests ? suggestedSilver(findings, datasets) : [];
  const whole = { ...findings, recommendations: [...findings.recommendations, ...suggested, ...short] };
  const placed = findings.recommendations.map((recommendation, index) => ({
    recommendation,
    path: ['recommendations', index],
  }));
  const merged: KnownColumns = {
    types: new Map([...mergedColumns(whole, datasets)].map(([name, { type }]) => [name, type])),
    where: 'the merged table',
  };
  const bronzeIds = [...datasets.values()].flatMap(({ recommendations }) => recommendations.map(({ id }) => id));
  refuse(written, [
    ...datasetProblems(findings, datasets),
    ...relationshipProblems(findings, datasets),
    ...placed.flatMap((one) => layerProblems(one, findings, datasets, merged)),
    ...orderProblems(placed, new Set(bronzeIds)),
  ]);
  return whole;
}

function withNullsOut(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { datasets, ...more } = withoutNulls(value);
  if (!isGroup(datasets)) return { ...more, ...(datasets === undefined ? {} : { datasets }) };
  const entries = Object.entries(datasets).map(([name, one]) => [name, isGroup(one) ? withoutNulls(one) : one]);
  return { ...more, datasets: Object.fromEntries(entries) };
}

function unknownDataset(name: string, { datasets }: MultiFindings, path: Path): Problem[] {
  if (Object.hasOwn(datasets, name)) return [];
  return [{ path, what: `there is no dataset ${quotedValue(name, 80)}${didYouMean(name, Object.keys(datasets))}` }];
}

/** The columns that bronze leaves of a dataset; undefined for one whose findings were not loaded. */
function columnsOf(name: string, datasets: ReadonlyMap<string, DatasetFindings>): KnownColumns | undefined {
  const findings = datasets.get(name);
  return findings === undefined
    ? undefined
    : { types: bronzeColumns(findings), where: `the dataset ${quotedValue(name, 80)}` };
}

function datasetProblems(findings: MultiFindings, datasets: ReadonlyMap<string, DatasetFindings>): Problem[] {
  const own = Object.entries(findings.datasets).flatMap(([name, info]) => {
    const known = columnsOf(name, datasets);
    if (known === undefined) return [];
    return (['entity_column', 'time_column', 'target_column'] as const).flatMap((setting) => {
      const column = info[setting];
      return column === undefined ? [] : columnProblem(column, known, ['datasets', name, setting]);
    });
  });
  const { primary_entity_dataset: primary } = findings;
  const path = ['primary_entity_dataset'];
  if (primary !== undefined) own.push(...unknownDataset(primary, findings, path));
  if (primary !== undefined && findings.datasets[primary]?.excluded)
    own.push({ path, what: `primary_entity_dataset: ${quotedValue(primary, 80)} is excluded` });
  for (const [index, name] of findings.event_datasets.entries())
    own.push(...unknownDataset(name, findings, ['event_datasets', index]));
  return own;
}

function relationshipProblems(findings: MultiFindings, datasets: ReadonlyMap<string, DatasetFindings>): Problem[] {
  return findings.relationships.flatMap((one, index) =>
    sideProblems(one, ['relationships', index], findings, datasets),
  );
}

interface TwoSides {
  readonly left_dataset: string;
  readonly right_dataset: string;
  readonly left_columns: readonly string[];
  readonly right_columns: readonly string[];
}

function sideProblems(
  sides: TwoSides,
  path: Path,
  findings: MultiFindings,
  datasets: ReadonlyMap<string, DatasetFindings>,
): Problem[] {
  const side = (which: 'left' | 'right') => {
    const name = sides[`${which}_dataset`];
    const known = columnsOf(name, datasets);
    return [
      ...unknownDataset(name, findings, [...path, `${which}_dataset`]),
      ...(known === undefined
        ? []
        : sides[`${which}_columns`].flatMap((column) => columnProblem(column, known, [...path, `${which}_columns`]))),
    ];
  };
  const uneven =
    sides.left_columns.length === sides.right_columns.length
      ? []
      : [{ path: [...path, 'right_columns'], what: 'right_columns has not as many columns as left_columns' }];
  return [...side('left'), ...side('right'), ...uneven];
}

function layerProblems(
  placed: Placed,
  findings: MultiFindings,
  datasets: ReadonlyMap<string, DatasetFindings>,
  merged: KnownColumns,
): Problem[] {
  const { recommendation, path } = placed;
  const parameters = [...path, 'parameters'];
  if (recommendation.kind === 'silver.join.join')
    return [
      ...recommendationProblems(placed, merged),
      ...sideProblems(recommendation.parameters, parameters, findings, datasets),
    ];
  const { category } = recommendation;
  if (category !== 'aggregation' && category !== 'lag') return recommendationProblems(placed, merged);
  const { dataset } = recommendation.parameters as { readonly dataset: string };
  const where = [...parameters, 'dataset'];
  const unknown = unknownDataset(dataset, findings, where);
  const known = columnsOf(dataset, datasets);
  if (unknown.length > 0 || known === undefined) return unknown;
  const missing = (['entity_column', 'time_column'] as const).filter(
    (setting) => (findings.datasets[dataset]?.[setting] ?? datasets.get(dataset)?.[setting]) === undefined,
  );
  return [
    ...missing.map((setting) => ({ path: where, what: `dataset: ${quotedValue(dataset, 80)} has no ${setting}` })),
    ...recommendationProblems(placed, known),
  ];
}
