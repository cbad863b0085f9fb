import convict from 'convict';
import { BtcFakeError } from '../src/domain/errors.ts';
import { quotedValue } from '../src/domain/quoted-value.ts';
import { readEnvFile } from './env-file.ts';
import { parseAs } from './formats.ts';
import { type GivenText, gather, type Source, type Texts } from './given.ts';
import { isLoopback } from './loopback.ts';
import { problemLine, type SettingProblem } from './problem.ts';
import { brokenRules, doubts, missing } from './rules.ts';
import { SCHEMA, SETTING_NAMES, type SettingName, type Values } from './schema.ts';
import { type RecommenderSettings, type Settings, shapeSettings } from './settings.ts';

/** Where settings are read from. Everything can be left out. */
export interface LoadOptions {
  /** The environment; default `process.env`. */
  readonly env?: Texts;
  /**
   * The environment file; default `.env` in the working directory, which need not exist. A file that is named here
   * must. `false` reads none.
   */
  readonly envFile?: string | false;
  /** Texts by setting name that win over everything else: the options of a command. Undefined and blank are not set. */
  readonly overrides?: { readonly [N in SettingName]?: string | undefined };
}

/** Settings with what a person may want to know of them. */
export interface LoadedSettings {
  readonly settings: Settings;
  /** What is allowed but perhaps a mistake, one line each; never holds a secret. */
  readonly warnings: readonly string[];
  /** The parsed values by name (secrets among them), for `describeSettings`. */
  readonly values: Values;
  /** Where each value that is not a default comes from. */
  readonly sources: ReadonlyMap<SettingName, Exclude<Source, 'default'>>;
}

const REMEDY = 'Correct them in .env or in the environment; docs/configuration.md explains every setting.';
const SHOWN_LENGTH = 60;

/**
 * A value that is no secret, fit for a message: short, on one line, and without a password that an address may hold.
 */
function quote(text: string): string {
  return quotedValue(text.replace(/\/\/.*@/s, '//…@'), SHOWN_LENGTH);
}

function wronglyWritten(name: SettingName, { text, where }: GivenText): SettingProblem {
  const { format, example, sensitive } = SCHEMA[name];
  const shown = sensitive ? 'the value' : quote(text);
  return { subject: name, what: `${shown} is not ${format}, for example ${example} (${where})` };
}

/** One error for all problems; its message names the settings at fault, its `lines` say what is wrong with each. */
function invalid(problems: readonly SettingProblem[]): BtcFakeError {
  const names = [...new Set(problems.map(({ subject }) => subject))];
  const count = problems.length === 1 ? 'One error' : `${problems.length} errors`;
  return new BtcFakeError('CONFIG_INVALID', `${count} in the settings: ${names.join(', ')}.`, {
    remedy: REMEDY,
    lines: problems.map(problemLine),
  });
}

/**
 * Reads all settings. The command line wins over the environment, then the environment file, then the defaults. Blank
 * texts count as not set.
 * @throws BtcFakeError CONFIG_INVALID; its `lines` hold everything that is wrong, one line each: the setting, what is
 * wrong (never a secret), an example, and in brackets where the value stands.
 */
export function loadSettings(options: LoadOptions = {}): LoadedSettings {
  const { env = process.env, envFile, overrides = {} } = options;
  const path = envFile === undefined ? '.env' : envFile;
  const file = path === false ? { entries: [], problems: [] } : readEnvFile(path, envFile !== undefined);
  const given = gather(file, path === false ? '' : path, env, overrides);

  const readable: Record<string, string> = {};
  const unreadable: SettingProblem[] = [];
  for (const name of SETTING_NAMES) {
    const found = given.texts.get(name);
    if (found === undefined) continue;
    if (parseAs<unknown>(SCHEMA[name].format, found.text) === undefined) unreadable.push(wronglyWritten(name, found));
    else readable[name] = found.text;
  }
  // convict joins its errors into one text with the values in it, so it only ever gets to see texts that are right.
  // Its types do not know that a default may be the text of a value.
  const schema = SCHEMA as unknown as convict.Schema<Values>;
  const config = convict<Values>(schema, { env: readable, args: [] }).validate({ allowed: 'strict' });
  const values = config.getProperties();

  const problems = [...file.problems, ...unreadable, ...brokenRules(given.texts, values), ...given.problems];
  if (problems.length > 0) throw invalid(problems);
  return {
    settings: shapeSettings(values),
    warnings: [...given.warnings, ...doubts(given.texts)],
    values,
    sources: new Map([...given.texts].map(([name, { source }]) => [name, source])),
  };
}

/** The recommender's settings, for commands that call it. Throws BtcFakeError `CONFIG_INVALID` when there are none. */
export function requireRecommender(settings: Settings): RecommenderSettings {
  if (settings.recommender !== undefined) return settings.recommender;
  throw invalid([missing('API_BASE_URL', 'the recommender is called')]);
}

/**
 * Checks that a dashboard which others can reach asks who they are. Throws BtcFakeError `CONFIG_INVALID` when it would
 * listen on another address than this machine's own without a login.
 */
export function requireLogin({ dashboard }: Settings): void {
  if (dashboard.login !== undefined || isLoopback(dashboard.host)) return;
  const why = `the dashboard would be open to everybody who reaches ${dashboard.host}`;
  throw invalid([missing('DASHBOARD_USER', why), missing('DASHBOARD_PASSWORD', why)]);
}
