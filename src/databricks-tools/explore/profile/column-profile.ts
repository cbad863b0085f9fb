import type { Scalar } from '../../../domain/findings/column-types.ts';
import type { Guess } from './guess.ts';

/** Numbers of a column, or seconds since 1970 for times. */
export interface NumberProfile {
  /** Values that are finite numbers below 1e90; greater ones would spoil every sum. */
  readonly fitting: number;
  readonly min: number;
  readonly max: number;
  readonly mean?: number;
  readonly std?: number;
  readonly skewness?: number;
  /** At 1, 5, 25, 50, 75, 95 and 99 percent. */
  readonly quantiles: readonly number[];
  readonly zeros: number;
  readonly negatives: number;
  /** Values without a fraction. */
  readonly wholes: number;
}

/** What the first pass over all rows (or the sample) finds of a column. */
export interface ColumnProfile {
  readonly position: number;
  readonly guess: Guess;
  readonly filled: number;
  readonly distinct: number;
  readonly distinctExact: boolean;
  /** Values that are not of the guessed kind, and some of them. */
  readonly misfits: number;
  readonly misfitExamples: readonly string[];
  readonly missingWords: number;
  readonly padded: number;
  readonly leadingZeros: number;
  /** Numbers that are written with a point or an exponent. */
  readonly pointed: number;
  /** Values with exactly as many digits after the point as the guess says. */
  readonly scaled: number;
  readonly numbers?: NumberProfile;
  /** Values by each format, in the order of the guess. */
  readonly byFormat: readonly number[];
  /** Whether any value has a time of day. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly meanLength?: number;
  /** As the source has them: numbers as texts where a JavaScript number would round them. */
  readonly least?: Scalar;
  readonly greatest?: Scalar;
}

/** The percents of `quantiles`. */
export const PERCENTS = [1, 5, 25, 50, 75, 95, 99] as const;
