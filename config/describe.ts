import type { Source } from './given.ts';
import type { LoadedSettings } from './load.ts';
import { SCHEMA, SETTING_NAMES, type SettingName } from './schema.ts';
import type { Setting } from './setting.ts';

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
    return { name, value: shownValue(name, value), source: sources.get(name) ?? 'default', doc: SCHEMA[name].doc };
  });
}

function shownValue(name: SettingName, value: unknown): string {
  const { sensitive, shown }: Pick<Setting<unknown, null>, 'sensitive' | 'shown'> = SCHEMA[name];
  if (value === null) return '(not set)';
  if (!sensitive) return String(value);
  return shown?.(String(value)) ?? '(set)';
}
