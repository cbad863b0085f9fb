import type { ErrorObject } from 'ajv';
import { distance } from 'fastest-levenshtein';
import { printable, quotedValue } from '../quoted-value.ts';
import { quartzSchedule } from '../schedule/quartz.ts';
import { plural } from '../wording.ts';
import { TEXT_FORMATS } from './formats.ts';

/** The greatest distance between a mistyped key and the intended key. */
const NEAR = 3;

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a group of settings',
  array: 'a list',
};

/**
 * What a breach of the schema means, as one phrase that names the setting. Needs errors with their schemas (`verbose`).
 */
export function describeProblem(error: ErrorObject): string {
  const name = error.instancePath.slice(1).replaceAll('/', '.');
  return PHRASES[error.keyword]?.(error, name) ?? `${name} is wrong (${error.keyword})`;
}

/** The phrases by the schema's keyword. */
const PHRASES: Readonly<Record<string, (error: ErrorObject, name: string) => string>> = {
  additionalProperties: ({ params, parentSchema }, name) => {
    const key = String(params.additionalProperty);
    const full = name === '' ? key : `${name}.${key}`;
    return `${quotedValue(full, 80)} is not a setting${advice(key, Object.keys(parentSchema?.properties ?? {}))}`;
  },
  type: ({ params }, name) => {
    const types: readonly string[] = [params.type as string | string[]].flat();
    const wanted = types.filter((type) => type !== 'null').map((type) => TYPES[type] ?? type);
    return `${name === '' ? 'the file' : name} is not ${wanted.join(' or ')}`;
  },
  enum: ({ data, params }, name) => {
    const allowed = (params.allowedValues as unknown[]).map(String);
    return `${given(name, data)} is not one of ${allowed.join(', ')}${didYouMean(String(data), allowed)}`;
  },
  const: ({ data, params }, name) =>
    `${given(name, data)} is not ${String(params.allowedValue)}, the only version that this program knows`,
  format: ({ data, params }, name) => {
    const format = String(params.format);
    return `${given(name, data)} is not ${TEXT_FORMATS[format]?.what}${whyNot(format, String(data))}`;
  },
  minimum: outsideRange,
  maximum: outsideRange,
  required: ({ params }) => `${String(params.missingProperty)} is missing`,
  minLength: (_, name) => `${name} is empty`,
  minItems: (_, name) => `${name} is empty`,
  minProperties: ({ params }, name) =>
    `${name} names no target: it needs at least ${plural(params.limit as number, 'target')}`,
  uniqueItems: (_, name) => `${name} has an entry twice`,
};

function outsideRange({ data, parentSchema }: ErrorObject, name: string): string {
  const { minimum, maximum } = parentSchema as { minimum: number; maximum: number };
  return `${given(name, data)} is not a number from ${minimum} to ${maximum}`;
}

function given(name: string, data: unknown): string {
  return `${name}: ${quotedValue(String(data))}`;
}

/** Cron expressions are refused for reasons of their own. */
function whyNot(format: string, text: string): string {
  if (format !== 'cron') return '';
  const schedule = quartzSchedule(text);
  return 'refusal' in schedule ? `: ${schedule.refusal}` : '';
}

function advice(key: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const near = didYouMean(key, known);
  return near === '' ? `; there are ${known.join(', ')}` : near;
}

/** `; did you mean NAME?` for a name that is close to a known one, else nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const far = NEAR + 1;
  const nearest = known
    .map((candidate) => ({ candidate, far: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .reduce((best, next) => (next.far < best.far ? next : best), { candidate: '', far });
  return nearest.far < far ? `; did you mean ${printable(nearest.candidate)}?` : '';
}
