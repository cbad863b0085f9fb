import { NUMERIC_TYPES, TIME_TYPES } from '../../../domain/findings/column-types.ts';
import { type ColumnFindings, columnsInOrder, type DatasetFindings } from '../../../domain/findings/dataset.ts';
import { mergedName } from '../../../domain/findings/merged-columns.ts';
import type { MultiFindings } from '../../../domain/findings/multi-dataset.ts';
import type { Kind, Recommendation, RecommendationOf } from '../../../domain/findings/recommendation.ts';
import { idMaker, recommendationOf } from '../../../domain/findings/suggest-silver.ts';
import type { SecondLook } from '../profile/second-pass.ts';

/** A dataset with what was looked at beyond its findings. */
export interface LookedAt {
  readonly findings: DatasetFindings;
  readonly looks: readonly SecondLook[];
}

/** With more categories than that, a column for each would be too many. */
const MOST_ONE_HOT = 12;

type Add = <K extends Kind>(kind: K, content: Pick<RecommendationOf<K>, 'parameters' | 'rationale'>) => void;

/** What to do in the gold layer with the columns of datasets of entities. */
export function goldRecommendations(
  multi: Omit<MultiFindings, 'recommendations'>,
  datasets: ReadonlyMap<string, LookedAt>,
): Recommendation[] {
  const idOf = idMaker();
  const found: Recommendation[] = [];
  for (const [dataset, { findings, looks }] of datasets) {
    if (multi.event_datasets.includes(dataset)) continue;
    const dropped = new Set(
      findings.recommendations.filter(({ kind }) => kind === 'bronze.text.drop').map((one) => one.target_column),
    );
    for (const [column, one] of columnsInOrder(findings)) {
      if (dropped.has(column) || one.inferred_type === 'target') continue;
      const target = mergedName(dataset, column, multi.primary_entity_dataset);
      const add: Add = (kind, content) => {
        const [, , action = ''] = kind.split('.');
        const id = idOf('gold', target, action);
        found.push(
          recommendationOf(kind, id, { target_column: target, ...content } as never) as unknown as Recommendation,
        );
      };
      const reason = dropReason(column, findings, one);
      if (reason !== undefined) add('gold.feature_selection.drop', { parameters: { reason }, rationale: reason });
      else columnRecommendations(one, cleaned(looks[one.position] ?? {}, column, findings), findings.values_kept, add);
    }
  }
  return found;
}

/** The values of a column as the bronze layer leaves them. */
function cleaned(look: SecondLook, column: string, { recommendations }: DatasetFindings): SecondLook {
  if (look.values === undefined) return look;
  const own = recommendations.filter(({ target_column: target }) => target === column);
  const counts = new Map<string, number>();
  for (const { value, count } of look.values) {
    let left: string | undefined = value;
    for (const one of own) {
      if (one.kind === 'bronze.consistency.trim') left = left?.trim();
      if (one.kind === 'bronze.consistency.change_case') left = left?.toLowerCase();
      if (one.kind === 'bronze.consistency.missing_words' && one.parameters.words.includes((left ?? '').trim()))
        left = undefined;
    }
    if (left !== undefined) counts.set(left, (counts.get(left) ?? 0) + count);
  }
  const values = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
  return { ...look, values };
}

function dropReason(name: string, findings: DatasetFindings, column: ColumnFindings): string | undefined {
  if (name === findings.entity_column || name === findings.time_column) return undefined;
  const leak = findings.leakage_suspects.find((one) => one.column === name);
  if (leak !== undefined) return `It may know the label: ${leak.reason}.`;
  if (findings.constant_columns.includes(name)) return 'Every row has the same value.';
  const twin = findings.duplicate_columns.find((one) => one.column === name);
  if (twin !== undefined) return `It equals ${twin.same_as} in every row.`;
  if (column.inferred_type === 'identifier') return 'It is an id: it tells rows apart and says nothing about them.';
  if (column.inferred_type === 'text' || column.inferred_type === 'unknown') return 'A model cannot use it as it is.';
  return undefined;
}

function columnRecommendations(column: ColumnFindings, look: SecondLook, keepsValues: boolean, add: Add): void {
  const { inferred_type: type } = column;
  if (NUMERIC_TYPES.includes(type)) numeric(column, look, keepsValues, add);
  else if (type === 'categorical_cyclical') cyclical(column, keepsValues, add);
  else if (type === 'categorical_ordinal' || type === 'binary') ordinal(column, look, keepsValues, add);
  else if (type === 'categorical_nominal') nominal(look, keepsValues, add);
  else if (TIME_TYPES.includes(type))
    add('gold.encoding.cyclical', {
      parameters: { period: 12, part: 'month' },
      rationale: 'December is next to January.',
    });
}

function numeric({ type_metrics: metrics }: ColumnFindings, look: SecondLook, keepsValues: boolean, add: Add): void {
  const { skewness = 0, mean, std } = metrics;
  if (look.logMean !== undefined) {
    add('gold.transformation.log', {
      parameters: { offset: 1 },
      rationale: `Its skewness is ${skewness.toFixed(2)} and no value is negative.`,
    });
    const learned = keepsValues && look.logStd !== undefined ? { mean: look.logMean, std: look.logStd } : {};
    add('gold.scaling.standard', {
      parameters: learned,
      rationale: 'Of the logarithms: mean 0 and standard deviation 1.',
    });
    return;
  }
  if (Math.abs(skewness) > 2) {
    add('gold.transformation.yeo_johnson', { parameters: {}, rationale: `Its skewness is ${skewness.toFixed(2)}.` });
    add('gold.scaling.standard', { parameters: {}, rationale: 'Of the transformed values.' });
    return;
  }
  const { p25: q1, p50: median, p75: q3 } = metrics.quantiles ?? {};
  if ((metrics.outlier_count ?? 0) > 0 && q1 !== q3)
    add('gold.scaling.robust', {
      parameters: median === undefined || q1 === undefined || q3 === undefined ? {} : { median, q1, q3 },
      rationale: 'Its outliers would move mean and standard deviation.',
    });
  else
    add('gold.scaling.standard', {
      parameters: mean === undefined || std === undefined ? {} : { mean, std },
      rationale: 'Mean 0 and standard deviation 1.',
    });
}

function cyclical({ type_metrics: { max }, universal_metrics }: ColumnFindings, keepsValues: boolean, add: Add): void {
  const most = typeof max === 'number' ? max : (universal_metrics.distinct_count ?? 0);
  const period = [7, 12, 24].find((one) => most <= one) ?? 24;
  if (typeof max === 'number' || !keepsValues)
    add('gold.encoding.cyclical', {
      parameters: { period },
      rationale: 'The end of its cycle is next to the beginning.',
    });
  else add('gold.encoding.one_hot', { parameters: {}, rationale: 'Few values of a cycle, as words.' });
}

function ordinal(
  { inferred_type: type }: ColumnFindings,
  { values }: SecondLook,
  keepsValues: boolean,
  add: Add,
): void {
  const texts = (values ?? []).map(({ value }) => value);
  const isNumeric = texts.length > 0 && texts.every((value) => value.trim() !== '' && Number.isFinite(Number(value)));
  const order = isNumeric
    ? [...texts].sort((a, b) => Number(a) - Number(b))
    : type === 'binary'
      ? [...texts].sort()
      : texts;
  const isKnown = keepsValues && order.length > 0;
  add('gold.encoding.ordinal', {
    parameters: isKnown ? { order } : {},
    rationale: isNumeric || type === 'binary' ? 'Few values, which have an order.' : 'Words with an order: check it.',
  });
}

function nominal({ values = [] }: SecondLook, keepsValues: boolean, add: Add): void {
  if (values.length > 0 && values.length <= MOST_ONE_HOT) {
    const parameters = keepsValues ? { categories: values.map(({ value }) => value) } : {};
    add('gold.encoding.one_hot', { parameters, rationale: 'Few values without an order.' });
    return;
  }
  const all = values.reduce((sum, { count }) => sum + count, 0);
  const frequencies = values.map(({ value, count }) => ({ value, frequency: count / all }));
  add('gold.encoding.frequency', {
    parameters: keepsValues && frequencies.length > 0 ? { frequencies } : {},
    rationale: 'Too many values for a column each.',
  });
}
