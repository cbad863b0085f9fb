import type { EnvFile } from './env-file.ts';
import { meantInEnvironment, meantInFile } from './mistyped.ts';
import type { SettingProblem } from './problem.ts';
import { isSettingName, SETTING_NAMES, type SettingName, settingOf } from './schema.ts';

/** Where a setting's value comes from. */
export type Source = 'default' | '.env' | 'environment' | 'command line';

/** A setting's text as somebody gave it; `where` is how messages name the place (`.env:12`). */
export interface GivenText {
  readonly text: string;
  readonly source: Exclude<Source, 'default'>;
  readonly where: string;
}

/** Settings given as text, by name: environment variables, or the options of a command. */
export type Texts = Readonly<Record<string, string | undefined>>;

/** All that was given, and what is wrong with the names. */
export interface Given {
  readonly texts: ReadonlyMap<SettingName, GivenText>;
  readonly problems: readonly SettingProblem[];
  readonly warnings: readonly string[];
}

/** Unset, empty and blank are the same. */
function isBlank(text: string | undefined): text is undefined {
  return text === undefined || text.trim() === '';
}

/** A name that nobody wrote as one may be a piece of a secret that was pasted in, such as the last line of a key. */
function shownName(name: string): string {
  return name === name.toUpperCase() || name === name.toLowerCase() ? name : 'A name';
}

/**
 * Puts together what the environment file, the environment and the command line give, later ones before earlier ones. A
 * blank text counts as not set wherever it stands, so an empty environment variable does not hide the file's value.
 */
export function gather(file: EnvFile, fileLabel: string, environment: Texts, overrides: Texts): Given {
  const texts = new Map<SettingName, GivenText>();
  const problems: SettingProblem[] = [];
  const warnings: string[] = [];
  const seenOn = new Map<string, number>();

  for (const { name: written, text, line, replaces } of file.entries) {
    const name = settingOf(written) ?? written;
    const where = `${fileLabel}:${line}`;
    const earlier = seenOn.get(name);
    if (earlier !== undefined && !replaces)
      warnings.push(`${shownName(name)}: set on line ${earlier} and again; the last counts (${where})`);
    seenOn.set(name, line);
    if (isSettingName(name)) {
      texts.delete(name);
      if (!isBlank(text)) texts.set(name, { text, source: '.env', where });
    } else {
      const verdict = meantInFile(name);
      const what = `${verdict.advice} (${where})`;
      if (verdict.mistyped) problems.push({ subject: name, what });
      else warnings.push(`${shownName(name)}: ${what}`);
    }
  }
  for (const name of SETTING_NAMES) {
    const own = environment[name];
    const small = settingOf(name.toLowerCase()) === name ? environment[name.toLowerCase()] : undefined;
    const fromEnvironment = isBlank(small) ? own : small;
    if (!isBlank(fromEnvironment)) {
      texts.set(name, { text: fromEnvironment, source: 'environment', where: 'environment' });
    }
    if (!isBlank(small) && !isBlank(own) && small !== own) {
      warnings.push(`${name}: differs from ${name.toLowerCase()}; the one in small letters counts (environment)`);
    }
    const override = overrides[name];
    if (!isBlank(override)) texts.set(name, { text: override, source: 'command line', where: 'command line' });
  }
  for (const [name, text] of Object.entries(environment)) {
    const meant = isBlank(text) ? undefined : meantInEnvironment(name);
    if (meant === undefined || texts.has(meant)) continue;
    problems.push({ subject: name, what: `not a setting; did you mean ${meant}? (environment)` });
  }
  return { texts, problems, warnings };
}
