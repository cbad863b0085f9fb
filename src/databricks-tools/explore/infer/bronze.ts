import { CATEGORY_TYPES, NUMERIC_TYPES, TIME_TYPES } from '../../../domain/findings/column-types.ts';
import { type ColumnFindings, columnsInOrder, type DatasetFindings } from '../../../domain/findings/dataset.ts';
import {
  type Kind,
  type Recommendation,
  type RecommendationOf,
  WHOLE_ROW,
} from '../../../domain/findings/recommendation.ts';
import { idMaker, recommendationOf } from '../../../domain/findings/suggest-silver.ts';
import { MISSING_WORDS } from '../profile/guess.ts';
import type { SecondLook } from '../profile/second-pass.ts';
import { caseVariants } from './column-findings.ts';

/** Values that are outliers in more than this share are no outliers but a long tail. */
const MOST_OUTLIERS = 0.05;

type Content<K extends Kind> = Pick<RecommendationOf<K>, 'target_column' | 'parameters' | 'rationale'>;

/** What to do in the bronze layer, each with its reason. @param looks by position. */
export function bronzeRecommendations(
  findings: DatasetFindings,
  looks: readonly SecondLook[],
  repeatedRows: boolean,
): Recommendation[] {
  const idOf = idMaker();
  const found: Recommendation[] = [];
  const add = <K extends Kind>(kind: K, content: Content<K>) =>
    found.push(
      recommendationOf(
        kind,
        idOf(findings.name, content.target_column, kind.split('.')[2]!),
        content,
      ) as unknown as Recommendation,
    );
  if (repeatedRows)
    add('bronze.deduplication.drop_exact', {
      target_column: WHOLE_ROW,
      parameters: {},
      rationale: 'Some rows are equal in every column.',
    });
  for (const [name, column] of columnsInOrder(findings)) {
    const look = looks[column.position] ?? {};
    consistency(name, column, look, findings.values_kept, add);
    conversion(name, column, add);
    outliers(name, column, findings, add);
    missing(name, column, look, findings, add);
    if (column.inferred_type === 'text' && !hasIssue(column, 'json'))
      add('bronze.text.clean', {
        target_column: name,
        parameters: { collapse_spaces: true, remove_control: true },
        rationale: 'Texts of people have stray blanks and characters that cannot be seen.',
      });
  }
  return found;
}

type Add = <K extends Kind>(kind: K, content: Content<K>) => unknown;

function consistency(name: string, column: ColumnFindings, look: SecondLook, keepsValues: boolean, add: Add): void {
  const words = issueOf(column, 'missing_words');
  if (words !== undefined)
    add('bronze.consistency.missing_words', {
      target_column: name,
      parameters: { words: wordsIn(look, keepsValues) },
      rationale: `${words.message}. Take out the words that are values here.`,
    });
  const isText =
    column.data_type === 'string' && [...CATEGORY_TYPES, 'text', 'identifier'].includes(column.inferred_type);
  const padded = issueOf(column, 'surrounding_blanks');
  if (padded !== undefined && isText)
    add('bronze.consistency.trim', { target_column: name, parameters: {}, rationale: `${padded.message}.` });
  const cases = issueOf(column, 'case_variants');
  if (cases !== undefined && isText && caseVariants(look.values) > 0)
    add('bronze.consistency.change_case', {
      target_column: name,
      parameters: { case: 'lower' },
      rationale: `${cases.message}.`,
    });
}

function wordsIn({ values }: SecondLook, keepsValues: boolean): readonly string[] {
  const own = (values ?? []).map(({ value }) => value.trim()).filter((value) => MISSING_WORDS.includes(value));
  return keepsValues && own.length > 0 ? [...new Set(own)] : MISSING_WORDS;
}

function conversion(name: string, column: ColumnFindings, add: Add): void {
  const { inferred_type: type, data_type: dataType, date_formats: formats } = column;
  if (hasIssue(column, 'ambiguous_dates')) return;
  const misfits = issueOf(column, 'misfits');
  if (TIME_TYPES.includes(type) && formats !== undefined && formats.length > 0) {
    const to =
      dataType === 'string' ? (formats.some((format) => format.includes('H')) ? 'timestamp' : 'date') : dataType;
    add('bronze.type.convert', {
      target_column: name,
      parameters: { to, formats },
      rationale: `Its texts are dates in ${formats.length === 1 ? 'one format' : `${formats.length} formats`}; ${misfits ? `${misfits.message} and become rejects` : 'all of them fit'}.`,
    });
  } else if (hasIssue(column, 'decimal_comma'))
    add('bronze.type.convert', {
      target_column: name,
      parameters: { to: 'double', decimal_separator: ',', thousands_separator: '.' },
      rationale: 'Numbers are written with a decimal comma. Check that 1.250 is meant as 1250.',
    });
  else if (misfits !== undefined && NUMERIC_TYPES.includes(type))
    add('bronze.type.convert', {
      target_column: name,
      parameters: { to: type === 'numeric_discrete' ? 'bigint' : 'double' },
      rationale: `${misfits.message}; they become rejects.`,
    });
}

function outliers(
  name: string,
  column: ColumnFindings,
  { row_count: rows, sampled_rows: sampled }: DatasetFindings,
  add: Add,
): void {
  const { outlier_count: outside = 0, quantiles } = column.type_metrics;
  if (!NUMERIC_TYPES.includes(column.inferred_type) || outside === 0) return;
  if (outside > (sampled ?? rows) * MOST_OUTLIERS) return;
  const { p25: q1, p75: q3 } = quantiles ?? {};
  const limits =
    q1 === undefined || q3 === undefined ? {} : { lower: q1 - 1.5 * (q3 - q1), upper: q3 + 1.5 * (q3 - q1) };
  add('bronze.outlier.cap', {
    target_column: name,
    parameters: { method: 'iqr', factor: 1.5, ...limits },
    rationale: `${issueOf(column, 'outliers')?.message ?? 'Some values lie far outside'}.`,
  });
}

function missing(name: string, column: ColumnFindings, look: SecondLook, findings: DatasetFindings, add: Add): void {
  const { null_count: empty = 0, null_percentage: percentage = 0 } = column.universal_metrics;
  const { inferred_type: type } = column;
  if (hasIssue(column, 'all_missing')) {
    add('bronze.text.drop', { target_column: name, parameters: {}, rationale: 'Every value is missing.' });
    return;
  }
  if (empty === 0) return;
  if (type === 'target' || name === findings.entity_column || name === findings.time_column) {
    add('bronze.null.drop_rows', {
      target_column: name,
      parameters: {},
      rationale: `${percentage} % are missing, and a row without this value cannot be used.`,
    });
    return;
  }
  const isNumber = NUMERIC_TYPES.includes(type);
  if (!isNumber && !CATEGORY_TYPES.includes(type)) return;
  if (percentage >= 5)
    add('bronze.null.flag', {
      target_column: name,
      parameters: {},
      rationale: `${percentage} % are missing; that a value is missing may mean something.`,
    });
  const learned = !findings.values_kept
    ? undefined
    : isNumber
      ? column.type_metrics.quantiles?.p50
      : look.values?.[0]?.value;
  add('bronze.null.impute', {
    target_column: name,
    parameters: { strategy: isNumber ? 'median' : 'mode', ...(learned === undefined ? {} : { value: learned }) },
    rationale: `${percentage} % are missing; the ${isNumber ? 'median is not moved by outliers' : 'most frequent value stands for them'}.`,
  });
}

function issueOf({ quality_issues: issues }: ColumnFindings, name: string) {
  return issues.find(({ issue }) => issue === name);
}

function hasIssue(column: ColumnFindings, name: string): boolean {
  return issueOf(column, name) !== undefined;
}
