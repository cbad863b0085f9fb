import type { Physical, SourceColumn } from '../sources/source.ts';
import { DATE_FORMATS, type DateFormat, twinOf } from './date-formats.ts';

/** What a column seems to hold, from some of its values. The profile of all rows says whether it does. */
export interface Guess {
  readonly kind: Physical | 'empty';
  readonly formats: readonly DateFormat[];
  /** Digits after the point, where all looked-at values have as many. */
  readonly scale?: number;
  readonly isJson: boolean;
  readonly decimalComma: boolean;
}

/** Texts that may stand for a missing value. NA is also Namibia: replacing them is recommended, never done. */
export const MISSING_WORDS = [
  ...['NA', 'N/A', 'n/a', 'na', 'NaN', 'nan', 'NULL', 'null', 'Null', 'None', 'none', 'NONE'],
  ...['-', '--', '?', '.', '#N/A', 'missing', 'unknown', 'Unknown', 'UNKNOWN'],
];

const WORDS: ReadonlySet<string> = new Set(MISSING_WORDS);
const NUMBER = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i;
const WHOLE = /^\s*[+-]?\d{1,37}\s*$/;
const COMMA_NUMBER = /^\s*[+-]?\d{1,3}(\.\d{3})*,\d+\s*$/;
/** The share of values that a kind must fit; what does not fit is counted in all rows. */
const MOST = 0.9;

/** The guess for a column whose source declares its type, or for its texts. */
export function guessOf(column: SourceColumn, values: readonly (string | null)[]): Guess {
  if (column.physical !== 'text') return { kind: column.physical, formats: [], isJson: false, decimalComma: false };
  return guessOfTexts(values);
}

/** The guess for texts. */
export function guessOfTexts(values: readonly (string | null)[]): Guess {
  const texts = values.filter((value): value is string => value !== null && !WORDS.has(value.trim()));
  const plain = { formats: [], isJson: false, decimalComma: false };
  if (texts.length === 0) return { kind: 'empty', ...plain };
  const most = (test: (text: string) => boolean) => texts.filter(test).length >= texts.length * MOST;
  if (most((text) => NUMBER.test(text))) return numberGuess(texts.filter((text) => NUMBER.test(text)));
  if (texts.every((text) => /^(true|false)$/i.test(text))) return { kind: 'boolean', ...plain };
  const formats = formatsOf(texts);
  if (formats.length > 0 && most((text) => formats.some(({ matches }) => matches.test(text))))
    return { ...plain, kind: formats.some(({ hasTime }) => hasTime) ? 'timestamp' : 'date', formats };
  return { kind: 'text', ...plain, isJson: most(isJson), decimalComma: most((text) => COMMA_NUMBER.test(text)) };
}

/** The same guess with what further values add: formats of dates that the first values do not have. */
export function refined(guess: Guess, misfits: readonly string[]): Guess {
  if (guess.kind === 'whole' && misfits.some((text) => NUMBER.test(text))) return { ...guess, kind: 'number' };
  if (guess.formats.length === 0) return guess;
  const formats = [...new Set([...guess.formats, ...formatsOf(misfits)])];
  if (formats.length === guess.formats.length) return guess;
  return { ...guess, formats, kind: formats.some(({ hasTime }) => hasTime) ? 'timestamp' : 'date' };
}

function numberGuess(texts: readonly string[]): Guess {
  if (texts.every((text) => WHOLE.test(text)))
    return { kind: 'whole', formats: [], isJson: false, decimalComma: false };
  const scales = new Set(texts.map((text) => /^[+-]?\d+\.(\d{1,8})$/.exec(text)?.[1]?.length));
  const [scale] = scales;
  return {
    ...{ kind: 'number', formats: [], isJson: false, decimalComma: false },
    ...(scales.size === 1 && scale !== undefined ? { scale } : {}),
  };
}

/** The formats that values have, with their twins. */
function formatsOf(texts: readonly string[]): DateFormat[] {
  const found = DATE_FORMATS.filter(({ matches }) => texts.some((text) => matches.test(text)));
  const twins = found.flatMap(({ pattern }) => DATE_FORMATS.filter((one) => one.pattern === twinOf(pattern)));
  return DATE_FORMATS.filter((format) => found.includes(format) || twins.includes(format));
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
