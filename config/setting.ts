import { proxyName } from '../src/domain/connections/proxy-name.ts';
import type { Format } from './formats.ts';

/** One variable in the schema, as convict takes it. Defaults are texts, as a person would write them. */
export interface Setting<T, Default extends string | null> {
  readonly doc: string;
  readonly format: Format<T>;
  readonly default: Default;
  /** A value that would be right, invented. */
  readonly example: string;
  /** Its value is never printed, logged or put into an error. */
  readonly sensitive: boolean;
  readonly nullable: boolean;
  /** What of a sensitive value may be shown in its place; absent: nothing. */
  readonly shown?: (value: string) => string;
}

/** A setting that always has a value. */
export function withDefault<T>(format: Format<T>, value: string, doc: string, example = value): Setting<T, string> {
  return { doc, format, default: value, example, sensitive: false, nullable: false };
}

/** A setting that may be left out. */
export function optional<T>(format: Format<T>, example: string, doc: string): Setting<T, null> {
  return { doc, format, default: null, example, sensitive: false, nullable: true };
}

/** A setting that may be left out and whose value nobody may see. */
export function secret<T>(format: Format<T>, example: string, doc: string): Setting<T, null> {
  return { ...optional(format, example, doc), sensitive: true };
}

/** An address that may be left out and that may hold a login: nobody may see that. */
export function withLogin(format: Format<string>, example: string, doc: string): Setting<string, null> {
  return { ...secret(format, example, doc), shown: addressWithoutLogin };
}

function addressWithoutLogin(address: string): string {
  const { username, password } = new URL(address);
  return `${proxyName(address)}${username === '' && password === '' ? '' : ' (with a login)'}`;
}
