import { type Engine, literal, numberOf, optionalNumber } from '../engine.ts';
import { type OpenSource, type SourceColumn, viewColumn } from '../sources/source.ts';
import { type ColumnProfile, type NumberProfile, PERCENTS } from './column-profile.ts';
import { type Guess, MISSING_WORDS } from './guess.ts';

/** What a column is asked for in one pass. */
export interface Asked {
  readonly position: number;
  readonly column: SourceColumn;
  readonly guess: Guess;
  /** A value about the middle: sums of cubes stay small around it. */
  readonly middle: number;
}

/** Columns of one statement: with more, planning takes longer than reading again. */
const COLUMNS_AT_A_TIME = 80;
const WORDS = MISSING_WORDS.map(literal).join(', ');
const LONGEST_WORD = Math.max(...MISSING_WORDS.map(({ length }) => length));
const QUANTILES = `[${PERCENTS.map((percent) => percent / 100).join(', ')}]`;

/** Profiles columns of a relation. @returns the number of rows, and a profile of each column in the order asked. */
export async function firstPass(
  engine: Engine,
  relation: string,
  asked: readonly Asked[],
): Promise<{ readonly rows: number; readonly profiles: readonly ColumnProfile[] }> {
  let rows = 0;
  const profiles: ColumnProfile[] = [];
  for (let from = 0; from < Math.max(asked.length, 1); from += COLUMNS_AT_A_TIME) {
    const some = asked.slice(from, from + COLUMNS_AT_A_TIME);
    const aggregates = some.flatMap((one) =>
      Object.entries(aggregatesOf(one)).map(([name, sql]) => `${sql} AS ${name}_${one.position}`),
    );
    const [row] = await engine.rows(
      `SELECT ${['count(*) AS row_count', ...aggregates].join(', ')} FROM ${computed(relation, some)}`,
    );
    rows = numberOf(row?.row_count);
    profiles.push(...some.map((one) => profileOf(one, (name) => row?.[`${name}_${one.position}`])));
  }
  return { rows, profiles };
}

/** The value of a column as a number (`n<position>`): the number itself, or seconds since 1970. Null for a misfit. */
export function numberSql(
  { kind, formats }: Guess,
  physical: SourceColumn['physical'],
  name: string,
): string | undefined {
  if (kind === 'whole' || kind === 'number')
    return physical === 'text' ? `TRY_CAST(${name} AS DOUBLE)` : `${name}::DOUBLE`;
  if (kind !== 'date' && kind !== 'timestamp') return undefined;
  if (physical !== 'text') return `epoch(${name}::TIMESTAMP)`;
  const tried = formats.map(({ strptime }) => parsedTime(name, strptime));
  return `epoch(${tried.length === 1 ? tried[0] : `coalesce(${tried.join(', ')})`})`;
}

/** DuckDB reads no `Z` by a format, but every ISO time by a cast. */
function parsedTime(name: string, strptime: string): string {
  return strptime.includes('%z')
    ? `TRY_CAST(${name} AS TIMESTAMPTZ)::TIMESTAMP`
    : `try_strptime(${name}, ${literal(strptime)})`;
}

function computed(relation: string, asked: readonly Asked[]): string {
  const names = asked.map(({ position }) => viewColumn(position));
  const numbers = asked.flatMap(({ position, column, guess }) => {
    const sql = numberSql(guess, column.physical, viewColumn(position));
    return sql === undefined ? [] : [{ name: `n${position}`, sql }];
  });
  const casts = numbers.map(({ name, sql }) => `${sql} AS ${name}`);
  const bounded = numbers.map(({ name }) => `CASE WHEN abs(${name}) < 1e90 THEN ${name} END AS ${name}`);
  const inner = `(SELECT ${[...names, ...casts].join(', ') || '1'} FROM ${relation})`;
  return numbers.length === 0 ? inner : `(SELECT ${[...names, ...bounded].join(', ')} FROM ${inner})`;
}

/** The aggregates of a column, by name. */
function aggregatesOf({ position, column, guess, middle }: Asked): Record<string, string> {
  const name = viewColumn(position);
  const n = `n${position}`;
  const isText = column.physical === 'text';
  const all: Record<string, string> = { filled: `count(${name})`, distinct_: `approx_count_distinct(${name})` };
  if (isNumeric(guess)) {
    Object.assign(all, {
      ...{ fit: `count(${n})`, min: `min(${n})`, max: `max(${n})` },
      quant: `approx_quantile(${n}, ${QUANTILES})`,
    });
    if (isText)
      Object.assign(all, {
        examples: `approx_top_k(${name}, 12) FILTER (${n} IS NULL)`,
        words: `count_if(CASE WHEN ${n} IS NULL THEN trim(${name}) IN (${WORDS}) END)`,
      });
  }
  if (guess.kind === 'whole' || guess.kind === 'number')
    Object.assign(all, {
      ...{ mean: `avg(${n})`, std: `stddev_samp(${n})`, skew: `skewness(${n} - ${middle})` },
      ...{ zeros: `count_if(${n} = 0)`, neg: `count_if(${n} < 0)`, wholes: `count_if(${n} = trunc(${n}))` },
      ...(isText
        ? {
            lead: `count_if(${name} >= '00' AND ${name} < '0:')`,
            ...(guess.kind === 'whole'
              ? { point: `count_if(contains(${name}, '.') OR contains(${name}, 'e') OR contains(${name}, 'E'))` }
              : {}),
          }
        : { least: `min(${name})::VARCHAR`, greatest: `max(${name})::VARCHAR` }),
      ...(guess.scale === undefined
        ? {}
        : { scaled: `count_if(strpos(${name}, '.') > 0 AND length(${name}) - strpos(${name}, '.') = ${guess.scale})` }),
    });
  if (isText && guess.formats.length > 1)
    for (const [index, { strptime }] of guess.formats.entries())
      all[`format${index}`] = `count(${parsedTime(name, strptime)})`;
  if (isText && !isNumeric(guess))
    Object.assign(all, {
      words: `count_if(CASE WHEN length(${name}) <= ${LONGEST_WORD} THEN trim(${name}) IN (${WORDS}) END)`,
      padded: `count_if(${name} <> trim(${name}))`,
    });
  if (isText && !isNumeric(guess))
    Object.assign(all, {
      ...{ minlen: `min(length(${name}))`, maxlen: `max(length(${name}))`, avglen: `avg(length(${name}))` },
      ...{ least: `min(${name})`, greatest: `max(${name})` },
    });
  if (guess.kind === 'empty') all.examples = `approx_top_k(${name}, 50)`;
  return all;
}

function isNumeric({ kind }: Guess): boolean {
  return kind === 'whole' || kind === 'number' || kind === 'date' || kind === 'timestamp';
}

function profileOf({ position, guess }: Asked, cell: (name: string) => unknown): ColumnProfile {
  const filled = numberOf(cell('filled'));
  const numbers = isNumeric(guess) ? numbersOf(cell) : undefined;
  const least = cell('least');
  const greatest = cell('greatest');
  const examples = cell('examples');
  const lengths = {
    minLength: optionalNumber(cell('minlen')),
    maxLength: optionalNumber(cell('maxlen')),
    meanLength: optionalNumber(cell('avglen')),
  };
  return {
    ...{ position, guess, filled },
    distinct: Math.min(filled, numberOf(cell('distinct_'))),
    distinctExact: false,
    misfits: isNumeric(guess) ? filled - numberOf(cell('fit')) : 0,
    misfitExamples: Array.isArray(examples) ? examples.map(String) : [],
    ...{ missingWords: numberOf(cell('words')), padded: numberOf(cell('padded')) },
    ...{ leadingZeros: numberOf(cell('lead')), pointed: numberOf(cell('point')), scaled: numberOf(cell('scaled')) },
    ...(numbers === undefined ? {} : { numbers }),
    byFormat: guess.formats.length > 1 ? guess.formats.map((_, index) => numberOf(cell(`format${index}`))) : [],
    ...Object.fromEntries(Object.entries(lengths).filter(([, value]) => value !== undefined)),
    ...(typeof least === 'string' && typeof greatest === 'string' ? { least, greatest } : {}),
  };
}

function numbersOf(cell: (name: string) => unknown): NumberProfile | undefined {
  const fitting = numberOf(cell('fit'));
  const quantiles = cell('quant');
  if (fitting === 0 || !Array.isArray(quantiles)) return undefined;
  const optional = {
    mean: optionalNumber(cell('mean')),
    std: optionalNumber(cell('std')),
    skewness: optionalNumber(cell('skew')),
  };
  return {
    ...{ fitting, min: numberOf(cell('min')), max: numberOf(cell('max')), quantiles: quantiles.map(numberOf) },
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    ...{ zeros: numberOf(cell('zeros')), negatives: numberOf(cell('neg')), wholes: numberOf(cell('wholes')) },
  };
}

/** The rows of a sample as texts, for the guess. @param most rows. */
export async function firstTexts(
  engine: Engine,
  { columns, relation }: Pick<OpenSource, 'columns' | 'relation'>,
  most: number,
): Promise<readonly (readonly (string | null)[])[]> {
  const names = columns.map((_, position) => viewColumn(position));
  if (names.length === 0) return [];
  const rows = await engine.rows(
    `SELECT ${names.map((name) => `CAST(${name} AS VARCHAR) AS ${name}`).join(', ')} FROM ${relation} LIMIT ${most}`,
  );
  return names.map((name) => rows.map((row) => (row[name] === null ? null : String(row[name]))));
}
