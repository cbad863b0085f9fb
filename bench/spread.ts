/** Several measurements of the same thing. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** How many measurements there were. */
  readonly n: number;
}

/**
 * The median of some values with the smallest and the largest of them; of an even number of values, the mean of the
 * middle two.
 */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('There is no median of nothing');
  const ascending = [...values].sort((a, b) => a - b);
  const middle = ascending.length / 2;
  const median = (ascending[Math.ceil(middle) - 1]! + ascending[Math.floor(middle)]!) / 2;
  return { median, min: ascending[0]!, max: ascending.at(-1)!, n: ascending.length };
}

/** Spreads of the same property of several measurements. */
export function spreadOf<T>(measurements: readonly T[], property: (measurement: T) => number): Spread {
  return spread(measurements.map(property));
}

/**
 * Pairs of measurements that were taken in turn, as ratios: what the machine did meanwhile touched both of a pair
 * alike.
 */
export function ratioSpread(over: readonly number[], under: readonly number[]): Spread {
  return spread(over.map((value, i) => value / under[i]!));
}

/** A number as a table shows it: three significant digits, thousands grouped. */
export function figure(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** `0.81 (0.79–0.83)`; only the value where there is one measurement. */
export function spreadText({ median, min, max, n }: Spread): string {
  return n === 1 ? figure(median) : `${figure(median)} (${figure(min)}–${figure(max)})`;
}
