import { Ajv, type ValidateFunction } from 'ajv';
import { BtcFakeError } from '../../domain/errors.ts';

/** A JSON Schema. Fields that it does not name are allowed: a later version may write more. */
type Schema = Readonly<Record<string, unknown>>;

export const TEXT: Schema = { type: 'string' };
export const NUMBER: Schema = { type: 'number' };
export const FLAG: Schema = { type: 'boolean' };

export function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

export function oneOf(words: readonly string[]): Schema {
  return { enum: words };
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

/** A list of so many values, each of its own kind. */
export function tuple(...items: readonly Schema[]): Schema {
  return { type: 'array', items, minItems: items.length, additionalItems: false };
}

/** An object with these fields, and perhaps some more. */
export function objectOf(fields: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>> = {}) {
  return { type: 'object', required: Object.keys(fields), properties: { ...fields, ...optional } } satisfies Schema;
}

/** Reads a text that Redis keeps. @param place the key, then the field. @throws BtcFakeError REDIS_RECORD. */
export type RecordReader<T> = (text: string, place: string) => T;

let ajv: Ajv | undefined;

/** Compiling takes milliseconds, which a command that reads nothing does not spend. */
function compiled<T>(schema: Schema): ValidateFunction<T> {
  ajv ??= new Ajv({ strict: false });
  return ajv.compile<T>(schema);
}

const REMEDY =
  'Another version of BTC Fake wrote it, or something else did: update this process, or remove the run with "btc-fake delete".';

/**
 * A reader of one kind of record: it parses and checks what Redis has, so that a damaged record is told by its key and
 * never taken for another value.
 * @param what the record, as a message names it.
 */
export function recordReader<T>(what: string, schema: Schema): RecordReader<T> {
  let validate: ValidateFunction<T> | undefined;
  return (text, place) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw unreadable(what, place, 'it is no JSON');
    }
    validate ??= compiled<T>(schema);
    if (validate(value)) return value;
    const [error] = validate.errors ?? [];
    throw unreadable(what, place, `${error?.instancePath || 'it'} ${error?.message ?? 'is wrong'}`);
  };
}

/** A record that this process cannot read: BtcFakeError REDIS_RECORD. */
export function unreadable(what: string, place: string, why: string): BtcFakeError {
  return new BtcFakeError('REDIS_RECORD', `Redis holds ${what} that cannot be read at ${place}: ${why}`, {
    remedy: REMEDY,
  });
}
