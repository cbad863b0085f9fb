import type { Scalar } from '../../../domain/findings/column-types.ts';
import type { ColumnFindings, QualityIssue, TypeMetrics, UniversalMetrics } from '../../../domain/findings/dataset.ts';
import { plural } from '../../../domain/wording.ts';
import { type ColumnProfile, PERCENTS } from '../profile/column-profile.ts';
import { isAmbiguous, neededFormats } from '../profile/needed-formats.ts';
import type { SecondLook } from '../profile/second-pass.ts';
import { type ColumnFacts, inferDataType, inferType } from './column-type.ts';

/** How many of the most frequent values are written. */
const SHOWN_VALUES = 10;
const PENALTY = { info: 0, warning: 10, critical: 30 } as const;

/** Everything that is known of a column as findings. @param isLabel whether it is the label to predict. */
export function columnFindings(
  facts: ColumnFacts,
  look: SecondLook,
  isLabel: boolean,
  keepValues: boolean,
): ColumnFindings {
  const { column, profile, rows } = facts;
  const inferred = isLabel
    ? { type: 'target' as const, confidence: 1, evidence: ['named as the label'] }
    : inferType(facts);
  const nullPercentage = rows === 0 ? 0 : rounded(((rows - profile.filled) / rows) * 100);
  const issues = issuesOf(facts, look, nullPercentage);
  const formats = neededFormats(profile);
  const score = 100 - issues.reduce((sum, { severity }) => sum + PENALTY[severity], 0) - nullPercentage * 0.3;
  return {
    ...(column.sourceName === undefined ? {} : { source_name: column.sourceName }),
    position: profile.position,
    data_type: inferDataType(facts),
    ...(formats.length === 0 ? {} : { date_formats: formats }),
    inferred_type: inferred.type,
    confidence: inferred.confidence,
    evidence: inferred.evidence,
    universal_metrics: universalMetrics(facts, look, nullPercentage, keepValues),
    type_metrics: typeMetrics(profile, look, keepValues),
    quality_issues: issues,
    quality_score: rounded(Math.max(0, score)),
  };
}

function universalMetrics(
  { profile, rows, isUnique }: ColumnFacts,
  { values }: SecondLook,
  nullPercentage: number,
  keepValues: boolean,
): UniversalMetrics {
  return {
    null_count: rows - profile.filled,
    null_percentage: nullPercentage,
    distinct_count: profile.distinct,
    distinct_exact: profile.distinctExact,
    ...(keepValues && !isUnique && values !== undefined && values.length > 0
      ? { most_common_values: values.slice(0, SHOWN_VALUES) }
      : {}),
  };
}

/** Numbers computed of values are values too: one row's mean is its value. */
function typeMetrics(profile: ColumnProfile, look: SecondLook, keepValues: boolean): TypeMetrics {
  const { guess, minLength, maxLength, meanLength } = profile;
  const numbers = profile.leadingZeros > 0 ? undefined : profile.numbers;
  const isTime = guess.kind === 'date' || guess.kind === 'timestamp';
  const lengths = {
    ...(minLength === undefined || maxLength === undefined ? {} : { min_length: minLength, max_length: maxLength }),
    ...(meanLength === undefined ? {} : { mean_length: rounded(meanLength) }),
  };
  const counts =
    numbers === undefined || isTime ? {} : { zero_count: numbers.zeros, negative_count: numbers.negatives };
  const safe = {
    ...counts,
    ...(look.outliers === undefined || numbers === undefined ? {} : { outlier_count: look.outliers }),
    ...(numbers?.skewness === undefined ? {} : { skewness: numbers.skewness }),
  };
  if (!keepValues) return safe;
  const extremes = extremesOf({ ...profile, numbers }, look);
  if (numbers === undefined || isTime) return { ...extremes, ...safe, ...lengths };
  return {
    ...extremes,
    ...(numbers.mean === undefined ? {} : { mean: numbers.mean }),
    ...(numbers.std === undefined ? {} : { std: numbers.std }),
    ...safe,
    quantiles: Object.fromEntries(
      PERCENTS.map((percent, index) => [`p${String(percent).padStart(2, '0')}`, numbers.quantiles[index] ?? 0]),
    ),
    ...lengths,
  };
}

const MOST_SHOWN = 200;

type Extremes = Omit<ColumnProfile, 'numbers'> & { readonly numbers: ColumnProfile['numbers'] | undefined };

function extremesOf({ numbers, guess, least, greatest }: Extremes, look: SecondLook): { min?: Scalar; max?: Scalar } {
  if (look.least !== undefined && look.greatest !== undefined) return { min: look.least, max: look.greatest };
  if (guess.kind === 'date' || guess.kind === 'timestamp')
    return numbers === undefined
      ? {}
      : { min: timeText(numbers.min, guess.kind), max: timeText(numbers.max, guess.kind) };
  const isRounded = numbers !== undefined && Math.max(Math.abs(numbers.min), Math.abs(numbers.max)) > 2 ** 53;
  if (numbers !== undefined && !(isRounded && guess.kind === 'whole' && typeof least === 'string'))
    return { min: numbers.min, max: numbers.max };
  if (typeof least !== 'string' || typeof greatest !== 'string') return {};
  return { min: least.slice(0, MOST_SHOWN), max: greatest.slice(0, MOST_SHOWN) };
}

/** Seconds since 1970 as ISO; years beyond those of JavaScript as they are. */
export function timeText(seconds: number, kind: 'date' | 'timestamp'): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return String(seconds);
  return kind === 'date' ? date.toISOString().slice(0, 10) : date.toISOString();
}

function issuesOf(
  { profile, rows, values, column }: ColumnFacts,
  look: SecondLook,
  nullPercentage: number,
): QualityIssue[] {
  const { filled, guess, misfits, missingWords, padded, leadingZeros, numbers } = profile;
  const found: QualityIssue[] = [];
  const add = (issue: string, severity: QualityIssue['severity'], message: string, number?: number) =>
    found.push({ issue, severity, message, ...(number === undefined ? {} : { count: number }) });
  const missing = rows - filled;
  if (filled === 0 && rows > 0) add('all_missing', 'critical', 'every value is missing', missing);
  else if (missing > 0)
    add('missing', severityOfMissing(nullPercentage), `${nullPercentage} % of the values are missing`, missing);
  if (filled > 0 && filled === rows && profile.distinct === 1 && rows > 1)
    add('constant', 'warning', 'every row has the same value');
  if (missingWords > 0)
    add('missing_words', 'warning', `${plural(missingWords, 'value')} may be a word for a missing value`, missingWords);
  if (misfits > missingWords)
    add(
      'misfits',
      'warning',
      `${plural(misfits - missingWords, 'value')} not of the column's kind`,
      misfits - missingWords,
    );
  if (padded > 0) add('surrounding_blanks', 'warning', `${plural(padded, 'value')} with blanks around`, padded);
  if (leadingZeros > 0)
    add(
      'leading_zeros',
      'info',
      `${plural(leadingZeros, 'value')} with leading zeros, which a number would lose`,
      leadingZeros,
    );
  if (isAmbiguous(profile))
    add(
      'ambiguous_dates',
      'critical',
      'day and month could be either way round in every value: say which by its format',
    );
  else if (neededFormats(profile).length > 1)
    add('mixed_date_formats', 'warning', `dates have ${neededFormats(profile).length} formats`);
  const cases = caseVariants(values);
  if (cases > 0)
    add('case_variants', 'warning', `${plural(cases, 'value')} different from another in case or blanks alone`, cases);
  if ((look.outliers ?? 0) > 0)
    add(
      'outliers',
      'info',
      `${plural(look.outliers ?? 0, 'value')} outside of 1.5 interquartile ranges`,
      look.outliers,
    );
  if (guess.isJson) add('json', 'info', 'its values are JSON');
  if (guess.decimalComma) add('decimal_comma', 'warning', 'numbers are written with a decimal comma');
  if (numbers !== undefined && guess.kind === 'whole' && numbers.max > Number.MAX_SAFE_INTEGER)
    add('large_integers', 'info', 'whole numbers beyond 2^53, which many tools round');
  if (column.sourceName !== undefined)
    add('renamed', 'info', 'its header is empty, occurs twice or has blanks around it');
  return found;
}

function severityOfMissing(percentage: number): QualityIssue['severity'] {
  if (percentage >= 50) return 'critical';
  return percentage >= 5 ? 'warning' : 'info';
}

/** How many values are another one but for case and blanks around. */
export function caseVariants(values: ColumnFacts['values']): number {
  if (values === undefined) return 0;
  const seen = new Set(values.map(({ value }) => value.trim().toLowerCase()));
  return values.length - seen.size;
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100;
}
