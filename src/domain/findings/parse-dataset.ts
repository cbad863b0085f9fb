import { didYouMean } from '../description/describe-problem.ts';
import type { Path, Problem } from '../description/problem.ts';
import { quotedValue } from '../quoted-value.ts';
import { columnProblem, type KnownColumns, type Placed, recommendationProblems } from './check-recommendations.ts';
import type { ColumnFindings, DatasetFindings } from './dataset.ts';
import { upgradedDataset } from './earlier-shape.ts';
import { bronzeColumns } from './merged-columns.ts';
import { placedRecommendations, readWritten, refuse, schemaCheck, withoutNulls } from './read-written.ts';
import type { Recommendation } from './recommendation.ts';
import { orderProblems } from './recommendation-order.ts';
import { DATASET_SCHEMA } from './schema.ts';
import { SHORT_FORMS, shortForm } from './short-forms.ts';

/** The findings of a dataset, and what of the file is not used, for people. */
export interface ReadDataset {
  readonly findings: DatasetFindings;
  readonly notices: readonly string[];
}

type WrittenColumn = Partial<ColumnFindings> &
  Pick<ColumnFindings, 'data_type' | 'inferred_type'> & {
    readonly cleaning_recommendations?: readonly string[];
    readonly transformation_recommendations?: readonly string[];
  };

const check = schemaCheck(DATASET_SCHEMA);

/**
 * Reads findings of one dataset, in this version's shape or in that of earlier tools.
 * @param file as messages name it.
 * @param name of the dataset, where the file does not say it.
 * @throws BtcFakeError FINDINGS_INVALID, whose `lines` hold everything that is wrong, as `FILE:LINE: what`.
 */
export function parseDatasetFindings(text: string, file: string, name: string): ReadDataset {
  const written = readWritten(text, file);
  const { value, notices } =
    'version' in written.value
      ? { value: withoutNulls(written.value), notices: [] }
      : upgradedDataset(written.value, name);
  refuse(written, check(value));
  const raw = value as unknown as DatasetFindings & { readonly columns: Readonly<Record<string, WrittenColumn>> };
  const { placed, problems } = placedRecommendations(raw.recommendations);
  const cleaning = shortRecommendations(raw, 'bronze', problems);
  const gold = shortRecommendations(raw, 'gold', problems);
  const all = [...placed, ...cleaning.filter((short) => !isSaid(short, placed))];
  const findings: DatasetFindings = {
    ...raw,
    columns: Object.fromEntries(
      Object.entries(raw.columns).map(([column, one], position) => [column, completeColumn(one, position)]),
    ),
    recommendations: all.map(({ recommendation }) => recommendation),
    short_gold: gold.map(({ recommendation }) => recommendation),
  };
  const known: KnownColumns = { types: everyColumn(findings), where: 'the dataset' };
  refuse(written, [
    ...problems,
    ...namedColumnProblems(findings, known),
    ...all.flatMap((one) => recommendationProblems(one, known)),
    ...gold.flatMap((one) => recommendationProblems(one, known)),
    ...orderProblems([...all, ...gold]),
  ]);
  return { findings, notices };
}

/** The columns of the source and those that bronze adds; a dropped one can still be named by what comes before. */
function everyColumn(findings: DatasetFindings): KnownColumns['types'] {
  const own = Object.entries(findings.columns).map(([name, { inferred_type }]) => [name, inferred_type] as const);
  return new Map([...own, ...bronzeColumns(findings)]);
}

function completeColumn(
  { cleaning_recommendations: _, transformation_recommendations: __, ...column }: WrittenColumn,
  position: number,
): ColumnFindings {
  return {
    position,
    confidence: 1,
    evidence: [],
    universal_metrics: {},
    type_metrics: {},
    quality_issues: [],
    quality_score: 100,
    ...column,
  };
}

/** The short forms of every column as recommendations; those that are not known are problems. */
function shortRecommendations(
  { name, columns }: { readonly name: string; readonly columns: Readonly<Record<string, WrittenColumn>> },
  layer: 'bronze' | 'gold',
  problems: Problem[],
): Placed[] {
  const setting = layer === 'bronze' ? 'cleaning_recommendations' : 'transformation_recommendations';
  return Object.entries(columns).flatMap(([column, one], position) =>
    (one[setting] ?? []).flatMap((text, index): Placed[] => {
      const path: Path = ['columns', column, setting, index];
      const short = shortForm(layer, text);
      if (short === undefined) {
        const word = text.split(':')[0]!;
        problems.push({
          path,
          what: `${setting}: ${quotedValue(text)} is not known${didYouMean(word, SHORT_FORMS[layer])}`,
        });
        return [];
      }
      const [, category, action] = short.kind.split('.');
      const id = `short.${name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 100)}.${layer}.${position}.${index}`;
      const rationale = `${column}: ${text}`;
      const recommendation = {
        ...{ ...short, id, layer, category, action, rationale, target_column: column },
        ...{ priority: 1, dependencies: [] },
      } as unknown as Recommendation;
      return [{ path, recommendation }];
    }),
  );
}

/** Whether the same is said in full. */
function isSaid({ recommendation: { kind, target_column: column } }: Placed, placed: readonly Placed[]): boolean {
  return placed.some(({ recommendation: said }) => said.kind === kind && said.target_column === column);
}

/** The columns that the dataset's own settings name. */
function namedColumnProblems(findings: DatasetFindings, known: KnownColumns): Problem[] {
  const single = (['entity_column', 'time_column', 'target_column'] as const).flatMap((setting) => {
    const name = findings[setting];
    return name === undefined ? [] : columnProblem(name, known, [setting]);
  });
  const lists = (['identifier_columns', 'datetime_columns', 'constant_columns'] as const).flatMap(
    (setting) => findings[setting]?.flatMap((name, index) => columnProblem(name, known, [setting, index])) ?? [],
  );
  const keys = findings.candidate_keys.flatMap((key, index) =>
    key.flatMap((name) => columnProblem(name, known, ['candidate_keys', index])),
  );
  return [...single, ...lists, ...keys];
}
