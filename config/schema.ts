/**
 * Every setting of BTC Fake, once; a file in `groups/` holds those of one kind. Types and checks come from this table,
 * and tests hold templates and docs to it. Formats know the units; `settings.ts` converts them.
 */
import { DATABRICKS } from './groups/databricks.ts';
import { FILES } from './groups/files.ts';
import { LAKEHOUSE } from './groups/lakehouse.ts';
import { NETWORK } from './groups/network.ts';
import { OPERATIONS } from './groups/operations.ts';
import { QUEUES } from './groups/queues.ts';
import { RECOMMENDER } from './groups/recommender.ts';
import { RUN } from './groups/run.ts';
import { SCHEDULE } from './groups/schedule.ts';
import { BOTH_SERVERS, INBOUND, PUBLISHING } from './groups/sftp.ts';
import type { Setting } from './setting.ts';

const SETTINGS = {
  ...RECOMMENDER,
  ...FILES,
  ...DATABRICKS,
  ...INBOUND,
  ...PUBLISHING,
  ...LAKEHOUSE,
  ...BOTH_SERVERS,
  ...RUN,
  ...QUEUES,
  ...SCHEDULE,
  ...OPERATIONS,
  ...NETWORK,
};

/** The parts of the documentation, and the settings of each. */
const GROUPS: readonly (readonly [title: string, settings: object])[] = [
  ['Recommender', RECOMMENDER],
  ['Files', FILES],
  ['Databricks', DATABRICKS],
  ["The vendor's SFTP server", INBOUND],
  ['Publishing', PUBLISHING],
  ['Landing', LAKEHOUSE],
  ['Both SFTP servers', BOTH_SERVERS],
  ['The run', RUN],
  ['Queues and workers', QUEUES],
  ['Schedule', SCHEDULE],
  ['Dashboard, metrics and alerts', OPERATIONS],
  ['Proxies', NETWORK],
];

/** The name of a setting, which is also its environment variable. */
export type SettingName = keyof typeof SETTINGS;
/** All settings by name, parsed, in the units of the schema; null is "not set". */
export type Values = {
  readonly [N in SettingName]: (typeof SETTINGS)[N] extends Setting<infer T, infer Default>
    ? T | (Default extends null ? null : never)
    : never;
};

/** The names of all settings, in the order of the documentation. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** The settings by what they are for: the sections of the documentation, in its order. */
export const SETTING_GROUPS: readonly { readonly title: string; readonly names: readonly SettingName[] }[] = GROUPS.map(
  ([title, settings]) => ({ title, names: Object.keys(settings) as SettingName[] }),
);

/** The convict schema: each setting with the environment variable that it is read from. */
export const SCHEMA = Object.fromEntries(
  SETTING_NAMES.map((name) => [name, { ...SETTINGS[name], env: name }]),
) as unknown as { readonly [N in SettingName]: (typeof SETTINGS)[N] & { readonly env: N } };

/** Whether a text is the name of a setting. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SCHEMA, name);
}

/** Other programs read these in either case, small letters first. */
const IN_EITHER_CASE: readonly SettingName[] = Object.keys(NETWORK) as SettingName[];

/** The setting that a variable's name stands for: its own, or that of a proxy in small letters. */
export function settingOf(name: string): SettingName | undefined {
  if (isSettingName(name)) return name;
  return IN_EITHER_CASE.find((setting) => setting.toLowerCase() === name);
}
