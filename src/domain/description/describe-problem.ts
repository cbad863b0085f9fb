import type { ErrorObject } from 'ajv';
import { closest, distance } from 'fastest-levenshtein';
import { quotedValue } from '../quoted-value.ts';
import { quartzSchedule } from '../schedule/quartz.ts';
import { plural } from '../wording.ts';
import { TEXT_FORMATS } from './formats.ts';

/** The greatest distance between a mistyped key and the one that was meant. */
const NEAR = 3;

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a group of settings',
  array: 'a list',
};

/** What a breach of the schema means, as one phrase that names the setting. Needs errors with their schemas (`verbose`). */
export function describeProblem({ keyword, instancePath, params, data, parentSchema }: ErrorObject): string {
  const name = instancePath.slice(1).replaceAll('/', '.');
  const value = `${name}: ${quotedValue(String(data))}`;
  switch (keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty);
      const full = name === '' ? key : `${name}.${key}`;
      return `${quotedValue(full, 80)} is not a setting${advice(key, Object.keys(parentSchema?.properties ?? {}))}`;
    }
    case 'type': {
      const types: readonly string[] = [params.type as string | string[]].flat();
      const wanted = types.filter((type) => type !== 'null').map((type) => TYPES[type] ?? type);
      return `${name === '' ? 'the file' : name} is not ${wanted.join(' or ')}`;
    }
    case 'enum':
      return `${value} is not one of ${(params.allowedValues as unknown[]).join(', ')}`;
    case 'const':
      return `${value} is not ${String(params.allowedValue)}, the only version that this program knows`;
    case 'format':
      return `${value} is not ${TEXT_FORMATS[String(params.format)]?.what}${whyNot(String(params.format), String(data))}`;
    case 'minimum':
    case 'maximum': {
      const { minimum, maximum } = parentSchema as { minimum: number; maximum: number };
      return `${value} is not a number from ${minimum} to ${maximum}`;
    }
    case 'required':
      return `${String(params.missingProperty)} is missing`;
    case 'minLength':
      return `${name} is empty`;
    case 'minProperties':
      return `${name} names no target: it needs at least ${plural(params.limit as number, 'target')}`;
    case 'uniqueItems':
      return `${name} has an entry twice`;
    default:
      return `${name} is wrong`;
  }
}

/** Cron expressions are refused for reasons of their own. */
function whyNot(format: string, text: string): string {
  if (format !== 'cron') return '';
  const schedule = quartzSchedule(text);
  return 'refusal' in schedule ? `: ${schedule.refusal}` : '';
}

function advice(key: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(key.toLowerCase(), [...known]);
  return distance(key.toLowerCase(), nearest) <= NEAR
    ? `; did you mean ${nearest}?`
    : `; there are ${known.join(', ')}`;
}
