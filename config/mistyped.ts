/**
 * Names that are almost a setting. In an environment file every name is meant for BTC Fake; the environment is full of
 * other programs' variables, so there only a near miss of a long name counts.
 */
import { closest, distance } from 'fastest-levenshtein';
import { isSettingName, SETTING_NAMES, type SettingName } from './schema.ts';

const NEAR = 2;
/** Shorter names are too common: an `API_BASE_URI` may be somebody else's. */
const LONG = 14;
/** Nobody else has settings that begin like this. */
const OURS_ALONE = /^SFTP_(IN|OUT)BOUND_/i;

/** The setting that a name is nearest to, if it is near at all, without regard to case. */
function nearest(name: string): SettingName | undefined {
  const upper = name.toUpperCase();
  const setting = closest(upper, SETTING_NAMES) as SettingName;
  return distance(upper, setting) <= NEAR ? setting : undefined;
}

/** What to say of a name in an environment file that is not a setting; not `mistyped` is a warning only. */
export function meantInFile(name: string): { mistyped: boolean; advice: string } {
  const upper = name.toUpperCase();
  const meant = nearest(name) ?? SETTING_NAMES.find((setting) => setting.length >= LONG && upper.startsWith(setting));
  return meant === undefined
    ? { mistyped: OURS_ALONE.test(name), advice: 'not a setting; docs/configuration.md lists them all' }
    : { mistyped: true, advice: `not a setting; did you mean ${meant}?` };
}

/**
 * The setting that a variable of the environment is a near miss of, or undefined. The two share what stands before the
 * first `_` or much text behind it; a number at the end (`DATABRICKS_HOST_2`) is somebody's intention, not a slip.
 */
export function meantInEnvironment(name: string): SettingName | undefined {
  if (isSettingName(name) || name.length < LONG - NEAR || /[0-9]$/.test(name)) return undefined;
  const meant = nearest(name);
  if (meant === undefined || meant.length < LONG) return undefined;
  const [head, tail] = split(meant);
  const [ownHead, ownTail] = split(name.toUpperCase());
  return head === ownHead || (tail === ownTail && tail.length >= LONG - NEAR) ? meant : undefined;
}

function split(name: string): [head: string, tail: string] {
  const at = name.indexOf('_');
  return [name.slice(0, at), name.slice(at + 1)];
}
