import { type DateParts, instantOf } from './calendar-instant.ts';

/** One way to write a date. */
export interface DatePattern {
  /** The date-fns pattern. */
  readonly pattern: string;
  /** The instant as epoch milliseconds; null when the text is not written so, or is no real date. */
  readonly read: (text: string, timeZone: string) => number | null;
}

type Part = keyof DateParts;

/** What each token stands for: a part of the date, and what is accepted in its place. */
const TOKENS: Readonly<Record<string, readonly [part: Part, source: string]>> = {
  yyyy: ['year', '[0-9]{4}'],
  yy: ['year', '[0-9][0-9]'],
  MMMM: ['month', '[A-Za-z]{3,9}'],
  MMM: ['month', '[A-Za-z]{3,4}'],
  MM: ['month', '[0-9]{2}'],
  M: ['month', '[0-9]{1,2}'],
  dd: ['day', '[0-9]{2}'],
  d: ['day', '[0-9]{1,2}'],
  HH: ['hour', '[0-9]{2}'],
  H: ['hour', '[0-9]{1,2}'],
  hh: ['hour', '[0-9]{2}'],
  h: ['hour', '[0-9]{1,2}'],
  mm: ['minute', '[0-9]{2}'],
  m: ['minute', '[0-9]{1,2}'],
  ss: ['second', '[0-9]{2}'],
  s: ['second', '[0-9]{1,2}'],
  SSS: ['fraction', '[0-9]{3}'],
  a: ['meridiem', '[AP]M'],
  XXX: ['zone', '(?:Z|[+-][0-9][0-9]:[0-9][0-9])'],
  X: ['zone', '(?:Z|[+-][0-9][0-9](?:[0-9][0-9])?)'],
};

/** The tokens that a pattern may have, as the documentation and error messages list them. */
export const PATTERN_TOKENS = Object.keys(TOKENS).join(' ');

const PIECES = /'(?:''|[^'])+'|([A-Za-z])\1*|''|\s+|[^A-Za-z'\s]/g;

/**
 * Makes a reader of a date-fns pattern (contract section 1, "Dates"): `d/M/yyyy H:mm`, `yyyyMMdd`,
 * `yyyy-MM-dd'T'HH:mm`. As in date-fns, `dd` takes one digit too, unless numbers stand together.
 * @returns undefined when the pattern has another token or one twice, lacks year, month or day, has `h` without `a` or
 * the reverse, or has `M` beside another number, where its beginning would be open.
 */
export function compileDatePattern(pattern: string): DatePattern | undefined {
  const pieces = pattern.match(PIECES) ?? [];
  if (pieces.join('') !== pattern) return undefined;
  const parts: Part[] = [];
  let source = '';
  for (const [i, piece] of pieces.entries()) {
    if (!/^[A-Za-z]/.test(piece)) {
      source += literal(piece);
      continue;
    }
    const [part, accepted] = TOKENS[piece] ?? [];
    if (part === undefined || parts.includes(part)) return undefined;
    const isBesideNumber = isNumber(piece) && (isNumber(pieces[i - 1]) || isNumber(pieces[i + 1]));
    if (isBesideNumber && piece.length === 1) return undefined;
    parts.push(part);
    source += `(${isBesideNumber ? accepted : accepted!.replace('{2}', '{1,2}')})`;
  }
  const has = (part: Part) => parts.includes(part);
  const isTwelveHours = pieces.some((piece) => piece.startsWith('h'));
  if (!(has('year') && has('month') && has('day')) || has('meridiem') !== isTwelveHours) return undefined;
  const expression = new RegExp(`^${source}$`, 'i');
  const read: DatePattern['read'] = (text, timeZone) => {
    const match = expression.exec(text);
    if (match === null) return null;
    const found = Object.fromEntries(parts.map((part, i) => [part, match[i + 1]]));
    return instantOf(found as unknown as DateParts, timeZone);
  };
  return { pattern, read };
}

/**
 * Makes readers of several patterns, separated by `;`, in the order in which they are tried. Undefined when one of them
 * is none.
 */
export function parseDatePatterns(text: string): readonly DatePattern[] | undefined {
  const patterns = text.split(';').map((pattern) => compileDatePattern(pattern.trim()));
  return patterns.every((pattern) => pattern !== undefined) ? patterns : undefined;
}

/**
 * Text between tokens, without its quotes. Blanks stand for as many blanks as there are; everything else for itself.
 */
function literal(piece: string): string {
  const text = piece === "''" ? "'" : piece.replace(/^'(.+)'$/s, '$1').replaceAll("''", "'");
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/\s+/g, '\\s+');
}

function isNumber(piece: string | undefined): boolean {
  return TOKENS[piece ?? '']?.[1].startsWith('[0-9]') ?? false;
}
