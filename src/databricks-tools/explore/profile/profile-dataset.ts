import type { Engine } from '../engine.ts';
import type { OpenSource } from '../sources/source.ts';
import type { ColumnProfile } from './column-profile.ts';
import { type Asked, firstPass, firstTexts } from './first-pass.ts';
import { type Guess, guessOf, guessOfTexts, refined } from './guess.ts';
import { neededFormats } from './needed-formats.ts';

/** All columns of a dataset after the first pass. */
export interface DatasetProfile {
  /** Rows of the relation that was profiled. */
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
}

/** Rows that the guess looks at. */
const GUESS_ROWS = 4_000;

/**
 * Profiles every column of a relation. The kind of a column is guessed from its first rows and checked on all: where
 * other rows show another kind or further formats, the column is profiled again.
 */
export async function profileDataset(engine: Engine, source: OpenSource, relation: string): Promise<DatasetProfile> {
  const texts = await firstTexts(engine, { columns: source.columns, relation }, GUESS_ROWS);
  const asked = source.columns.map((column, position): Asked => {
    const values = texts[position] ?? [];
    return { position, column, guess: guessOf(column, values), middle: middleOf(values) };
  });
  const first = await firstPass(engine, relation, asked);
  const again = asked.flatMap((one, index) => {
    const { guess, misfits, misfitExamples, filled } = first.profiles[index]!;
    if (one.column.physical !== 'text') return [];
    if (guess.kind === 'empty')
      return filled === 0 ? [] : [{ ...one, guess: guessOfTexts(misfitExamples), middle: middleOf(misfitExamples) }];
    const better = misfits === 0 ? guess : refined(guess, misfitExamples);
    const meant = better === guess ? meantOf(first.profiles[index]!) : better;
    return meant === guess ? [] : [{ ...one, guess: meant }];
  });
  if (again.length === 0) return { rows: first.rows, columns: first.profiles };
  const second = await firstPass(engine, relation, again);
  const better = new Map(second.profiles.map((profile) => [profile.position, profile]));
  return { rows: first.rows, columns: first.profiles.map((profile) => better.get(profile.position) ?? profile) };
}

/** Without the formats that no value needs: of day first and month first, what fits more values is meant. */
function meantOf(profile: ColumnProfile): Guess {
  const { guess } = profile;
  if (guess.formats.length < 2) return guess;
  const needed = neededFormats(profile);
  const formats = guess.formats.filter(({ pattern }) => needed.includes(pattern));
  return formats.length === guess.formats.length || formats.length === 0 ? guess : { ...guess, formats };
}

function middleOf(values: readonly (string | null)[]): number {
  const numbers = values
    .flatMap((value) => (value === null || value.trim() === '' ? [] : [Number(value)]))
    .filter((number) => Number.isFinite(number) && Math.abs(number) < 1e90)
    .sort((a, b) => a - b);
  return numbers[Math.floor(numbers.length / 2)] ?? 0;
}
