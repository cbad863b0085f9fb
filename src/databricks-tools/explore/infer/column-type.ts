import type { ColumnType, DataType } from '../../../domain/findings/column-types.ts';
import { plural } from '../../../domain/wording.ts';
import type { ColumnProfile } from '../profile/column-profile.ts';
import { isAmbiguous } from '../profile/needed-formats.ts';
import { MOST_VALUES, type ValueCount } from '../profile/second-pass.ts';
import type { SourceColumn } from '../sources/source.ts';

/** What a column is taken for. */
export interface InferredType {
  readonly type: ColumnType;
  readonly confidence: number;
  readonly evidence: readonly string[];
}

/** What the inference looks at. */
export interface ColumnFacts {
  readonly column: SourceColumn;
  readonly profile: ColumnProfile;
  readonly rows: number;
  readonly isUnique: boolean;
  readonly values: readonly ValueCount[] | undefined;
}

const ID_NAME = /(^|[_\s.-])(id|ids|uuid|guid|key|code|nr|no|number|ref|sku)$|[a-z](Id|ID|Key|Code|Uuid)$/i;
const CYCLES: readonly { readonly name: RegExp; readonly least: number; readonly most: number }[] = [
  { name: /month/i, least: 1, most: 12 },
  { name: /hour/i, least: 0, most: 23 },
  { name: /(week_?day|day_?of_?week|dow)$/i, least: 0, most: 7 },
];
const CYCLE_WORDS = /^(mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*$/i;
const ORDER_WORDS =
  /^(very )?(low|medium|middle|high|small|large|poor|fair|good|excellent|never|rarely|sometimes|often|always|none|few|many)$/i;

/** What a column is for, how sure that is, and why. The first rule that holds decides. */
export function inferType(facts: ColumnFacts): InferredType {
  const { profile, rows, isUnique, column, values } = facts;
  const { guess, filled, misfits, numbers } = profile;
  const share = filled === 0 ? 0 : (filled - misfits) / filled;
  const isIdName = ID_NAME.test(column.name);
  if (filled === 0) return { type: 'unknown', confidence: 1, evidence: ['every value is missing'] };
  if (guess.kind === 'other')
    return { type: 'unknown', confidence: 1, evidence: [`its data type is ${column.dataType}`] };
  if (guess.kind === 'date' || guess.kind === 'timestamp')
    return {
      type: 'datetime',
      confidence: rounded(isAmbiguous(profile) ? 0.6 : share),
      evidence: [`${percent(share)} of its values are ${guess.kind === 'date' ? 'days' : 'times'}`],
    };
  if (isUnique && (isIdName || guess.kind === 'text' || isSequence(profile, rows)) && !isProse(profile))
    return {
      type: 'identifier',
      confidence: isIdName ? 0.99 : 0.85,
      evidence: ['every value occurs once (checked in all rows)', ...(isIdName ? ['its name is that of a key'] : [])],
    };
  if (profile.leadingZeros > 0)
    return {
      type: 'identifier',
      confidence: 0.9,
      evidence: [`${plural(profile.leadingZeros, 'value')} with leading zeros`],
    };
  if (isIdName && guess.kind !== 'number' && profile.distinct > 20)
    return { type: 'identifier', confidence: 0.8, evidence: ['its name is that of a key'] };
  if (guess.kind === 'boolean' || (values?.length === 2 && guess.kind !== 'number'))
    return { type: 'binary', confidence: 0.95, evidence: ['it has two values'] };
  const cycle = CYCLES.find(({ name }) => name.test(column.name));
  if (guess.kind === 'whole' && cycle && numbers && numbers.min >= cycle.least && numbers.max <= cycle.most)
    return { type: 'categorical_cyclical', confidence: 0.9, evidence: ['its name and range are those of a cycle'] };
  if (guess.kind === 'number' || guess.kind === 'whole') return numericType(profile, share, rows);
  return textType(facts);
}

function numericType({ numbers, filled, misfits, distinct }: ColumnProfile, share: number, rows: number): InferredType {
  const isWhole = numbers !== undefined && numbers.wholes === filled - misfits;
  if (!isWhole) return { type: 'numeric_continuous', confidence: rounded(share), evidence: ['numbers with fractions'] };
  const isScale = numbers !== undefined && distinct <= 10 && numbers.min >= 0 && numbers.max <= 10 && rows >= 100;
  if (isScale)
    return {
      type: 'categorical_ordinal',
      confidence: 0.6,
      evidence: [`only ${distinct} whole numbers up to 10`],
    };
  return { type: 'numeric_discrete', confidence: rounded(share), evidence: ['whole numbers'] };
}

function textType({ profile, values, rows }: ColumnFacts): InferredType {
  const { filled, distinct, guess } = profile;
  if (guess.isJson) return { type: 'text', confidence: 0.95, evidence: ['its values are JSON'] };
  const few =
    values !== undefined && values.length <= MOST_VALUES && (values.length <= 20 || values.length < filled / 5);
  if (few && filled > values.length) {
    const words = values.map(({ value }) => value.trim());
    const evidence = [`${values.length} values in ${rows} rows`];
    if (words.every((word) => CYCLE_WORDS.test(word)) && words.length > 2)
      return { type: 'categorical_cyclical', confidence: 0.9, evidence: [...evidence, 'they are days or months'] };
    if (words.every((word) => ORDER_WORDS.test(word)) && words.length > 2)
      return { type: 'categorical_ordinal', confidence: 0.8, evidence: [...evidence, 'they are words with an order'] };
    return { type: 'categorical_nominal', confidence: 0.9, evidence };
  }
  const uniform = profile.minLength === profile.maxLength && (profile.minLength ?? 0) >= 6;
  if (uniform && !isProse(profile))
    return { type: 'identifier', confidence: 0.7, evidence: [`all values have ${profile.minLength} characters`] };
  return { type: 'text', confidence: 0.8, evidence: [`about ${distinct} different texts`] };
}

/** Long texts are not keys, even if all differ. */
function isProse({ meanLength = 0, guess }: ColumnProfile): boolean {
  return guess.kind === 'text' && (meanLength > 40 || guess.isJson);
}

function isSequence({ numbers }: ColumnProfile, rows: number): boolean {
  return numbers !== undefined && numbers.max - numbers.min === rows - 1 && rows > 2;
}

/** The data type for the column, as Spark spells it: what all values convert to, else text. */
export function inferDataType({ column, profile }: ColumnFacts): DataType {
  if (column.physical !== 'text') return column.dataType;
  const { guess, filled, misfits, missingWords, leadingZeros, pointed, numbers, scaled } = profile;
  if (misfits > missingWords || leadingZeros > 0 || numbers === undefined)
    return guess.kind === 'boolean' ? 'boolean' : 'string';
  if (guess.kind === 'date' || guess.kind === 'timestamp') return isAmbiguous(profile) ? 'string' : guess.kind;
  if (guess.kind === 'whole') return pointed > 0 ? 'double' : wholeType(numbers.min, numbers.max);
  const digits = String(Math.trunc(Math.max(Math.abs(numbers.min), Math.abs(numbers.max)))).length;
  if (guess.scale !== undefined && scaled === filled - misfits && digits + guess.scale <= 18)
    return `decimal(18,${guess.scale})`;
  return 'double';
}

function wholeType(least: number, most: number): DataType {
  return Math.max(Math.abs(least), Math.abs(most)) < 9.2e18 ? 'bigint' : 'decimal(38,0)';
}

function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`;
}

function rounded(share: number): number {
  return Math.floor(share * 100) / 100;
}
