import { type Engine, numberOf, optionalNumber } from '../engine.ts';
import { type OpenSource, viewColumn } from '../sources/source.ts';
import type { ColumnProfile } from './column-profile.ts';
import { numberSql } from './first-pass.ts';

/** How often a value occurs. */
export interface ValueCount {
  readonly value: string;
  readonly count: number;
}

/** What needs the first pass to be asked. */
export interface SecondLook {
  readonly outliers?: number;
  /** Every value, the most frequent first, of a column with few. */
  readonly values?: readonly ValueCount[];
  /** Exactly, where a double would round them. */
  readonly least?: string;
  readonly greatest?: string;
  /** Of ln(value + 1), for a skewed column. */
  readonly logMean?: number;
  readonly logStd?: number;
  /** 0 to 1: how well the column alone tells the label. */
  readonly tellsLabel?: number;
  /** The mean of the label for each value, where the label is a number. */
  readonly labelMeans?: readonly { readonly value: string; readonly mean: number }[];
}

/** Columns with at most so many values are counted value by value. */
export const MOST_VALUES = 100;
const SAFE = Number.MAX_SAFE_INTEGER;
/** Between the bucket and the label; no text of people holds it. */
const BETWEEN = '\u001f';
/** With fewer rows, chance tells the label. */
const LEAST_ROWS = 50;

/** Looks at every column again, with what the first pass found. @param label its position. */
export async function secondPass(
  engine: Engine,
  { columns: sourceColumns }: OpenSource,
  relation: string,
  { rows, columns }: { readonly rows: number; readonly columns: readonly ColumnProfile[] },
  label: number | undefined,
): Promise<readonly SecondLook[]> {
  const computed = columns.map((profile) => {
    const sql = numberSql(profile.guess, sourceColumns[profile.position]!.physical, viewColumn(profile.position));
    return `${sql ?? 'NULL'} AS n${profile.position}`;
  });
  const names = columns.map(({ position }) => `${viewColumn(position)}::VARCHAR AS ${viewColumn(position)}`);
  const from = `(SELECT ${[...names, ...computed].join(', ') || '1'} FROM ${relation})`;
  const labelOf = (profile: ColumnProfile) => {
    const target = label === undefined || label === profile.position ? undefined : columns[label];
    return target !== undefined && canTell(profile, target, rows) ? label : undefined;
  };
  const looks: SecondLook[] = [];
  for (let start = 0; start < columns.length; start += 80) {
    const some = columns.slice(start, start + 80);
    const aggregates = some.flatMap((profile) =>
      Object.entries(aggregatesOf(profile, labelOf(profile))).map(
        ([name, sql]) => `${sql} AS ${name}_${profile.position}`,
      ),
    );
    const [row] = aggregates.length === 0 ? [] : await engine.rows(`SELECT ${aggregates.join(', ')} FROM ${from}`);
    looks.push(...some.map((profile) => lookOf((name) => row?.[`${name}_${profile.position}`])));
  }
  return looks;
}

/** Whether logarithms make the values of a column more even. */
export function isSkewed({ numbers, guess }: ColumnProfile): boolean {
  const isNumber = guess.kind === 'whole' || guess.kind === 'number';
  return isNumber && numbers !== undefined && numbers.min >= 0 && (numbers.skewness ?? 0) > 1;
}

/** The limits of 1.5 interquartile ranges. */
export function iqrLimits({ numbers }: ColumnProfile): readonly [lower: number, upper: number] | undefined {
  if (numbers === undefined) return undefined;
  const [, , q1 = 0, , q3 = 0] = numbers.quantiles;
  return [q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)];
}

function aggregatesOf(profile: ColumnProfile, label: number | undefined): Record<string, string> {
  const { position, guess, distinct, filled, numbers } = profile;
  const name = viewColumn(position);
  const n = `n${position}`;
  const all: Record<string, string> = {};
  const isNumber = guess.kind === 'whole' || guess.kind === 'number';
  const limits = iqrLimits(profile);
  if (isNumber && limits !== undefined && limits[0] < limits[1])
    all.outliers = `count_if(${n} < ${limits[0]} OR ${n} > ${limits[1]})`;
  const isCounted = filled > 0 && distinct <= MOST_VALUES && guess.kind !== 'date' && guess.kind !== 'timestamp';
  if (isCounted) all.hist = `histogram(${name})`;
  if (isNumber && numbers !== undefined && Math.max(Math.abs(numbers.min), Math.abs(numbers.max)) > SAFE)
    Object.assign(all, {
      exactmin: `min(TRY_CAST(${name} AS HUGEINT))::VARCHAR`,
      exactmax: `max(TRY_CAST(${name} AS HUGEINT))::VARCHAR`,
    });
  if (isSkewed(profile)) Object.assign(all, { logmean: `avg(ln(${n} + 1))`, logstd: `stddev_samp(ln(${n} + 1))` });
  if (label !== undefined) {
    const target = viewColumn(label);
    const bucket = isCounted ? name : bucketOf(profile);
    if (bucket !== undefined)
      all.joint = `histogram(coalesce(${bucket}, '') || chr(31) || ${target}) FILTER (${target} IS NOT NULL)`;
  }
  return all;
}

/** The number of the quantiles that a value reaches, as a text; nothing for a column of texts with many values. */
function bucketOf({ position, numbers }: ColumnProfile): string | undefined {
  if (numbers === undefined) return undefined;
  const steps = [...new Set(fineSteps(numbers.quantiles))].map(
    (step) => `CASE WHEN n${position} >= ${step} THEN 1 ELSE 0 END`,
  );
  return `CAST(CASE WHEN n${position} IS NOT NULL THEN ${steps.join(' + ')} END AS STRING)`;
}

/** The quantiles with five steps between two of them. */
function fineSteps(quantiles: readonly number[]): number[] {
  return quantiles.flatMap((low, index) => {
    const high = quantiles[index + 1];
    return high === undefined ? [low] : [0, 1, 2, 3, 4].map((step) => low + ((high - low) * step) / 5);
  });
}

function lookOf(cell: (name: string) => unknown): SecondLook {
  const joint = cell('joint') === undefined ? undefined : countsOf(cell('joint'));
  const found = {
    outliers: optionalNumber(cell('outliers')),
    values: cell('hist') === undefined ? undefined : countsOf(cell('hist')),
    least: textOf(cell('exactmin')),
    greatest: textOf(cell('exactmax')),
    logMean: optionalNumber(cell('logmean')),
    logStd: optionalNumber(cell('logstd')),
    tellsLabel: joint === undefined ? undefined : tellsLabel(joint),
    labelMeans: joint === undefined ? undefined : labelMeans(joint),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** What a column says of the label. */
export type LabelLook = Pick<SecondLook, 'tellsLabel' | 'labelMeans'>;

/** How a column is put beside the label: the SQL of its bucket, and what the counts of bucket and label say. */
export function labelLook(
  profile: ColumnProfile,
  isCounted: boolean,
  label: ColumnProfile,
  rows: number,
): { readonly bucket: string; readonly read: (joint: readonly ValueCount[]) => LabelLook } | undefined {
  const bucket = isCounted ? viewColumn(profile.position) : bucketOf(profile);
  if (bucket === undefined || !canTell(profile, label, rows)) return undefined;
  return {
    bucket,
    read: (joint) => {
      const means = labelMeans(joint);
      return { tellsLabel: tellsLabel(joint), ...(means === undefined ? {} : { labelMeans: means }) };
    },
  };
}

/** Whether a label of few values can be told by a column, and there are rows enough for more than chance. */
function canTell({ filled }: ColumnProfile, label: ColumnProfile, rows: number): boolean {
  return filled > 0 && label.distinct <= MOST_VALUES && rows >= LEAST_ROWS;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A map of DuckDB, the most frequent value first. */
function countsOf(map: unknown): ValueCount[] {
  if (!Array.isArray(map)) return [];
  return (map as readonly { readonly key: unknown; readonly value: unknown }[])
    .map(({ key, value }) => ({ value: String(key), count: numberOf(value) }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

/** Goodman and Kruskal's lambda: by how much fewer wrong guesses the label has when the bucket is known. */
export function tellsLabel(joint: readonly ValueCount[]): number {
  const buckets = new Map<string, number>();
  const labels = new Map<string, number>();
  let all = 0;
  for (const { value, count } of joint) {
    const [bucket = '', label = ''] = splitJoint(value);
    buckets.set(bucket, Math.max(buckets.get(bucket) ?? 0, count));
    labels.set(label, (labels.get(label) ?? 0) + count);
    all += count;
  }
  const best = Math.max(0, ...labels.values());
  if (all === best) return 0;
  const right = [...buckets.values()].reduce((sum, count) => sum + count, 0);
  return (right - best) / (all - best);
}

function labelMeans(joint: readonly ValueCount[]): SecondLook['labelMeans'] {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { value, count } of joint) {
    const [bucket = '', label = ''] = splitJoint(value);
    const number = Number(label);
    if (label.trim() === '' || !Number.isFinite(number)) return undefined;
    const { sum = 0, count: before = 0 } = sums.get(bucket) ?? {};
    sums.set(bucket, { sum: sum + number * count, count: before + count });
  }
  return [...sums].map(([value, { sum, count }]) => ({ value, mean: sum / count }));
}

function splitJoint(text: string): readonly [string, string] {
  const at = text.lastIndexOf(BETWEEN);
  return [text.slice(0, at), text.slice(at + 1)];
}
