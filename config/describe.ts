import type { Source } from './given.ts';
import type { LoadedSettings } from './load.ts';
import { SCHEMA, SETTING_NAMES, type SettingName } from './schema.ts';

/** A setting for people to look at. Safe to print: of a secret it only tells whether it is set. */
export interface SettingDescription {
  readonly name: SettingName;
  /** The value as text; `(set)` for a secret; `(not set)`. */
  readonly value: string;
  readonly source: Source;
  readonly doc: string;
}

/** Every setting, in the order of the documentation. */
export function describeSettings({ values, sources }: LoadedSettings): SettingDescription[] {
  return SETTING_NAMES.map((name) => {
    const value = values[name];
    const { sensitive, doc } = SCHEMA[name];
    const shown = value === null ? '(not set)' : sensitive ? '(set)' : String(value);
    return { name, value: shown, source: sources.get(name) ?? 'default', doc };
  });
}
