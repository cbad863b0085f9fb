import { didYouMean } from '../description/describe-problem.ts';
import type { Path, Problem } from '../description/problem.ts';
import { quotedValue } from '../quoted-value.ts';
import { type ColumnType, NUMERIC_TYPES } from './column-types.ts';
import { columnsOfExpression, parseExpression } from './expression.ts';
import { KIND_NAMES, KINDS } from './kinds.ts';
import { type Kind, type Recommendation, WHOLE_ROW } from './recommendation.ts';

/** A recommendation with its place in its file. */
export interface Placed {
  readonly recommendation: Recommendation;
  readonly path: Path;
}

/** The columns that a recommendation may name, with their types, and how a message speaks of where they are. */
export interface KnownColumns {
  readonly types: ReadonlyMap<string, ColumnType>;
  readonly where: string;
}

/** What is wrong with the name of a kind; undefined for a kind that exists. */
export function kindProblem(layer: string, category: string, action: string): string | undefined {
  if (KIND_NAMES.includes(`${layer}.${category}.${action}` as Kind)) return undefined;
  const actions = KIND_NAMES.filter((kind) => kind.startsWith(`${layer}.${category}.`)).map(
    (kind) => kind.split('.')[2]!,
  );
  const advice = didYouMean(action, actions) || `; there ${actions.length === 1 ? 'is' : 'are'} ${actions.join(', ')}`;
  if (actions.length > 0) return `there is no action ${quotedValue(action)} of ${layer}.${category}${advice}`;
  return `${layer} has no category ${quotedValue(category)}`;
}

/** A column that is not there, as a problem; nothing for a column that is there. */
export function columnProblem(name: string, { types, where }: KnownColumns, path: Path): Problem[] {
  if (types.has(name)) return [];
  return [{ path, what: `${where} has no column ${quotedValue(name, 80)}${didYouMean(name, [...types.keys()])}` }];
}

/** What is wrong with one recommendation, given the columns that its target and its parameters may name. */
export function recommendationProblems({ recommendation, path }: Placed, known: KnownColumns): Problem[] {
  const { kind, target_column: target } = recommendation;
  const rule = KINDS[kind];
  const targetPath = [...path, 'target_column'];
  const problems: Problem[] = [];
  if (rule.target === 'row' && target !== WHOLE_ROW)
    problems.push({ path: targetPath, what: `target_column: ${kind} is about whole rows, so it is "${WHOLE_ROW}"` });
  if (rule.target === 'column') problems.push(...columnProblem(target, known, targetPath));
  const type = known.types.get(target);
  if (rule.target === 'column' && type !== undefined && rule.types !== undefined && !rule.types.includes(type))
    problems.push({
      path: targetPath,
      what: `${kind} cannot apply to ${quotedValue(target, 80)}: its type is ${type}, not ${rule.types.join(', ')}`,
    });
  problems.push(...parameterProblems(recommendation, [...path, 'parameters'], known, type));
  return problems;
}

/** The columns that the parameters of a recommendation name, by parameter. */
export function namedColumns(
  recommendation: Recommendation,
): readonly (readonly [parameter: string, column: string])[] {
  switch (recommendation.kind) {
    case 'bronze.deduplication.keep_first':
    case 'bronze.deduplication.keep_last':
      return [
        ...recommendation.parameters.key_columns.map((column) => ['key_columns', column] as const),
        ...recommendation.parameters.order_by.map((column) => ['order_by', column] as const),
      ];
    case 'bronze.outlier.cap':
    case 'bronze.outlier.reject':
    case 'bronze.outlier.flag': {
      const { segment_column: column } = recommendation.parameters;
      return column === undefined ? [] : [['segment_column', column]];
    }
    case 'silver.derived.ratio':
      return [
        ['numerator', recommendation.parameters.numerator],
        ['denominator', recommendation.parameters.denominator],
      ];
    case 'silver.derived.interaction':
      return recommendation.parameters.features.map((column) => ['features', column] as const);
    case 'silver.derived.expression': {
      const read = parseExpression(recommendation.parameters.expression);
      return 'problem' in read ? [] : columnsOfExpression(read).map((column) => ['expression', column] as const);
    }
    case 'gold.feature_selection.drop_multicollinear':
      return [['correlated_with', recommendation.parameters.correlated_with]];
    default:
      return [];
  }
}

function parameterProblems(
  recommendation: Recommendation,
  path: Path,
  known: KnownColumns,
  type: ColumnType | undefined,
): Problem[] {
  const columns = namedColumns(recommendation).flatMap(([parameter, column]) =>
    columnProblem(column, known, [...path, parameter]),
  );
  const rules = ruleProblems(recommendation, type).map(([parameter, what]) => ({ path: [...path, parameter], what }));
  return [...columns, ...rules];
}

/** What a schema cannot say. */
function ruleProblems(recommendation: Recommendation, type: ColumnType | undefined): [string, string][] {
  switch (recommendation.kind) {
    case 'bronze.null.impute': {
      const { strategy, value } = recommendation.parameters;
      if (strategy === 'constant' && value === undefined)
        return [['strategy', 'value is missing: strategy is constant']];
      if (type !== undefined && (strategy === 'mean' || strategy === 'median') && !isNumeric(type))
        return [['strategy', `strategy: ${strategy} cannot apply to a column of type ${type}`]];
      return [];
    }
    case 'bronze.outlier.cap':
    case 'bronze.outlier.reject':
    case 'bronze.outlier.flag': {
      const { lower_quantile: least = 0.01, upper_quantile: most = 0.99, lower, upper } = recommendation.parameters;
      if (least >= most) return [['lower_quantile', 'lower_quantile is not below upper_quantile']];
      return lower !== undefined && upper !== undefined && lower > upper ? [['lower', 'lower is above upper']] : [];
    }
    case 'bronze.filtering.keep':
    case 'bronze.filtering.reject':
      return filterProblems(recommendation.parameters);
    case 'silver.derived.expression': {
      const read = parseExpression(recommendation.parameters.expression);
      return 'problem' in read ? [['expression', `expression: ${read.problem}`]] : [];
    }
    default:
      return [];
  }
}

function filterProblems({
  operator,
  value,
  values,
}: {
  operator: string;
  value?: unknown;
  values?: readonly unknown[];
}) {
  const found: [string, string][] = [];
  const needsNone = operator === 'is_null' || operator === 'is_not_null';
  const needsMany = operator === 'in' || operator === 'not_in' || operator === 'between';
  if (needsMany && values === undefined) found.push(['operator', `values is missing: operator is ${operator}`]);
  if (operator === 'between' && values !== undefined && values.length !== 2)
    found.push(['values', 'values: between takes the least and the greatest value']);
  if (!needsMany && !needsNone && value === undefined)
    found.push(['operator', `value is missing: operator is ${operator}`]);
  return found;
}

function isNumeric(type: ColumnType): boolean {
  return NUMERIC_TYPES.includes(type) || type === 'binary' || type === 'target';
}
