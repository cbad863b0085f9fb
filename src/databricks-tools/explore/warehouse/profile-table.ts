import { literal, numberOf, optionalNumber, type RowReader } from '../engine.ts';
import { type ColumnProfile, type NumberProfile, PERCENTS } from '../profile/column-profile.ts';
import { type Guess, guessOf, guessOfTexts, MISSING_WORDS } from '../profile/guess.ts';
import type { DatasetProfile } from '../profile/profile-dataset.ts';
import {
  iqrLimits,
  isSkewed,
  type LabelLook,
  labelLook,
  MOST_VALUES,
  type SecondLook,
  type ValueCount,
} from '../profile/second-pass.ts';
import { type OpenSource, type SourceColumn, viewColumn } from '../sources/source.ts';

/** Rows of texts that are looked at, to see JSON. */
const LOOKED_AT = 100;
const WORDS = MISSING_WORDS.map(literal).join(', ');

/** The first pass, by the warehouse in one aggregation of all columns. The rows stay there. */
export async function profileTable(reader: RowReader, { columns, relation }: OpenSource): Promise<DatasetProfile> {
  const guesses = await guessesOf(reader, columns, relation);
  const aggregates = columns.flatMap(({ physical }, position) =>
    Object.entries(aggregatesOf(physical, position)).map(([name, sql]) => `${sql} AS ${name}_${position}`),
  );
  const [row] = await reader.rows(
    `SELECT ${['count(*) AS row_count', ...aggregates].join(', ')} FROM ${withNumbers(columns, relation)}`,
  );
  const rows = numberOf(row?.row_count);
  return {
    rows,
    columns: columns.map((_, position) =>
      profileOf(position, guesses[position]!, (name) => row?.[`${name}_${position}`]),
    ),
  };
}

/** The second pass: an aggregation, and the values of columns with few of them, by label. */
export async function lookAtTable(
  reader: RowReader,
  { columns: declared, relation }: OpenSource,
  { rows, columns }: DatasetProfile,
  label: number | undefined,
): Promise<readonly SecondLook[]> {
  const from = withNumbers(declared, relation);
  const aggregates = columns.flatMap((profile) =>
    Object.entries(outlierAggregates(profile)).map(([name, sql]) => `${sql} AS ${name}_${profile.position}`),
  );
  const [row] = aggregates.length === 0 ? [] : await reader.rows(`SELECT ${aggregates.join(', ')} FROM ${from}`);
  const counted = columns.filter(
    ({ filled, distinct, guess }) => filled > 0 && distinct <= MOST_VALUES && !isTime(guess) && guess.kind !== 'other',
  );
  const values = new Map<number, ValueCount[]>();
  const selects = counted.map(
    ({ position }) =>
      `SELECT ${position} AS p, CAST(${viewColumn(position)} AS STRING) AS v, count(*) AS n FROM ${relation} WHERE ${viewColumn(position)} IS NOT NULL GROUP BY CAST(${viewColumn(position)} AS STRING)`,
  );
  for (const { p, v, n } of selects.length === 0 ? [] : await reader.rows(selects.join(' UNION ALL ')))
    values.set(numberOf(p), [...(values.get(numberOf(p)) ?? []), { value: String(v), count: numberOf(n) }]);
  const labels = await labelLooks(reader, from, columns, counted, rows, label);
  return columns.map(({ position }): SecondLook => {
    const own = values.get(position)?.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
    const found = {
      outliers: optionalNumber(row?.[`outliers_${position}`]),
      logMean: optionalNumber(row?.[`logmean_${position}`]),
      logStd: optionalNumber(row?.[`logstd_${position}`]),
      values: own,
      ...labels.get(position),
    };
    return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  });
}

async function labelLooks(
  reader: RowReader,
  from: string,
  columns: readonly ColumnProfile[],
  counted: readonly ColumnProfile[],
  rows: number,
  label: number | undefined,
): Promise<ReadonlyMap<number, LabelLook>> {
  const found = new Map<number, LabelLook>();
  if (label === undefined) return found;
  const looks = columns.flatMap((profile) => {
    const look =
      profile.position === label ? undefined : labelLook(profile, counted.includes(profile), columns[label]!, rows);
    return look === undefined ? [] : [{ ...look, position: profile.position }];
  });
  if (looks.length === 0) return found;
  const target = `CAST(${viewColumn(label)} AS STRING)`;
  const selects = looks.map(
    ({ position, bucket }) =>
      `SELECT ${position} AS p, coalesce(CAST(${bucket} AS STRING), '') AS b, ${target} AS l, count(*) AS n FROM ${from} WHERE ${viewColumn(label)} IS NOT NULL GROUP BY coalesce(CAST(${bucket} AS STRING), ''), ${target}`,
  );
  const joint = new Map<number, ValueCount[]>();
  for (const { p, b, l, n } of await reader.rows(selects.join(' UNION ALL ')))
    joint.set(numberOf(p), [
      ...(joint.get(numberOf(p)) ?? []),
      { value: `${String(b)}\u001f${String(l)}`, count: numberOf(n) },
    ]);
  for (const { position, read } of looks) found.set(position, read(joint.get(position) ?? []));
  return found;
}

/** The declared type decides; texts are looked at only to see JSON. */
async function guessesOf(reader: RowReader, columns: readonly SourceColumn[], relation: string): Promise<Guess[]> {
  const texts = columns.flatMap(({ physical }, position) => (physical === 'text' ? [viewColumn(position)] : []));
  const rows =
    texts.length === 0 ? [] : await reader.rows(`SELECT ${texts.join(', ')} FROM ${relation} LIMIT ${LOOKED_AT}`);
  return columns.map((column, position) => {
    if (column.physical !== 'text') return guessOf(column, []);
    const values = rows.map((row) => row[viewColumn(position)]);
    const { isJson } = guessOfTexts(values.map((value) => (typeof value === 'string' ? value : null)));
    return { kind: 'text', formats: [], isJson, decimalComma: false };
  });
}

/** The relation with `n<position>` for numbers and times, as the first pass of files has it. */
function withNumbers(columns: readonly SourceColumn[], relation: string): string {
  const numbers = columns.flatMap(({ physical }, position) => {
    const name = viewColumn(position);
    if (physical === 'whole' || physical === 'number')
      return [`CASE WHEN abs(CAST(${name} AS DOUBLE)) < 1e90 THEN CAST(${name} AS DOUBLE) END AS n${position}`];
    if (physical !== 'date' && physical !== 'timestamp') return [];
    return [`CAST(unix_seconds(CAST(${name} AS TIMESTAMP)) AS DOUBLE) AS n${position}`];
  });
  return `(SELECT ${[...columns.map((_, position) => viewColumn(position)), ...numbers].join(', ')} FROM ${relation})`;
}

function aggregatesOf(physical: SourceColumn['physical'], position: number): Record<string, string> {
  const name = viewColumn(position);
  const n = `n${position}`;
  const all: Record<string, string> = { filled: `count(${name})` };
  if (physical === 'other') return all;
  all.different = `approx_count_distinct(${name})`;
  if (physical === 'text')
    return {
      ...all,
      ...{
        least: `min(${name})`,
        greatest: `max(${name})`,
        padded: `count(CASE WHEN ${name} <> trim(${name}) THEN 1 END)`,
      },
      ...{ minlen: `min(length(${name}))`, maxlen: `max(length(${name}))`, avglen: `avg(length(${name}))` },
      words: `count(CASE WHEN trim(${name}) IN (${WORDS}) THEN 1 END)`,
    };
  if (physical === 'boolean') return all;
  const numbers = {
    ...{ fit: `count(${n})`, min: `min(${n})`, max: `max(${n})` },
    ...Object.fromEntries(PERCENTS.map((percent) => [`q${percent}`, `percentile_approx(${n}, ${percent / 100})`])),
  };
  if (physical === 'date' || physical === 'timestamp') return { ...all, ...numbers };
  return {
    ...all,
    ...numbers,
    ...{ mean: `avg(${n})`, std: `stddev_samp(${n})`, skew: `skewness(${n})` },
    ...{ zeros: `count(CASE WHEN ${n} = 0 THEN 1 END)`, neg: `count(CASE WHEN ${n} < 0 THEN 1 END)` },
    wholes: `count(CASE WHEN ${n} = floor(${n}) THEN 1 END)`,
    ...{ least: `CAST(min(${name}) AS STRING)`, greatest: `CAST(max(${name}) AS STRING)` },
  };
}

function outlierAggregates(profile: ColumnProfile): Record<string, string> {
  const n = `n${profile.position}`;
  const limits = isTime(profile.guess) ? undefined : iqrLimits(profile);
  return {
    ...(limits !== undefined && limits[0] < limits[1]
      ? { outliers: `count(CASE WHEN ${n} < ${limits[0]} OR ${n} > ${limits[1]} THEN 1 END)` }
      : {}),
    ...(isSkewed(profile) ? { logmean: `avg(ln(${n} + 1))`, logstd: `stddev_samp(ln(${n} + 1))` } : {}),
  };
}

function isTime({ kind }: Guess): boolean {
  return kind === 'date' || kind === 'timestamp';
}

function profileOf(position: number, guess: Guess, cell: (name: string) => unknown): ColumnProfile {
  const filled = numberOf(cell('filled'));
  const numbers = numbersOf(cell);
  const [least, greatest] = [cell('least'), cell('greatest')];
  const lengths = {
    minLength: optionalNumber(cell('minlen')),
    maxLength: optionalNumber(cell('maxlen')),
    meanLength: optionalNumber(cell('avglen')),
  };
  return {
    ...{ position, guess, filled, distinct: Math.min(filled, numberOf(cell('different'))), distinctExact: false },
    misfits: cell('fit') === undefined ? 0 : filled - numberOf(cell('fit')),
    ...{ misfitExamples: [], missingWords: numberOf(cell('words')), padded: numberOf(cell('padded')) },
    ...{ leadingZeros: 0, pointed: 0, scaled: 0, byFormat: [] },
    ...(numbers === undefined ? {} : { numbers }),
    ...Object.fromEntries(Object.entries(lengths).filter(([, value]) => value !== undefined)),
    ...(typeof least === 'string' && typeof greatest === 'string' ? { least, greatest } : {}),
  };
}

function numbersOf(cell: (name: string) => unknown): NumberProfile | undefined {
  const fitting = numberOf(cell('fit'));
  if (fitting === 0) return undefined;
  const optional = {
    mean: optionalNumber(cell('mean')),
    std: optionalNumber(cell('std')),
    skewness: corrected(optionalNumber(cell('skew')), fitting),
  };
  return {
    ...{ fitting, min: numberOf(cell('min')), max: numberOf(cell('max')) },
    quantiles: PERCENTS.map((percent) => numberOf(cell(`q${percent}`))),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    ...{ zeros: numberOf(cell('zeros')), negatives: numberOf(cell('neg')), wholes: numberOf(cell('wholes')) },
  };
}

/** Spark's skewness is that of the rows alone; findings correct it for their number, as for files. */
function corrected(skewness: number | undefined, n: number): number | undefined {
  return skewness === undefined || n < 3 ? undefined : (skewness * Math.sqrt(n * (n - 1))) / (n - 2);
}
