import type { ColumnProfile } from './column-profile.ts';
import { twinOf } from './date-formats.ts';

/** Whether day and month could be either way round in every value. */
export function isAmbiguous({ guess, byFormat, filled, misfits }: ColumnProfile): boolean {
  const fitting = filled - misfits;
  return guess.formats.some(({ pattern }, index) => {
    const twin = guess.formats.findIndex((one) => one.pattern === twinOf(pattern));
    return twin > index && byFormat[index] === byFormat[twin] && byFormat[index]! > 0 && fitting > 0;
  });
}

/** The formats that values need: of two twins those that more values have. */
export function neededFormats({ guess, byFormat }: ColumnProfile): readonly string[] {
  if (guess.formats.length === 1) return [guess.formats[0]!.pattern];
  return guess.formats.flatMap(({ pattern }, index) => {
    const twin = guess.formats.findIndex((one) => one.pattern === twinOf(pattern));
    const count = byFormat[index] ?? 0;
    const isLess = twin >= 0 && count < (byFormat[twin] ?? 0);
    return count === 0 || (isLess && (byFormat[twin] ?? 0) >= count) ? [] : [pattern];
  });
}
