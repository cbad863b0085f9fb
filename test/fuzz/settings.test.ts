// Proves that settings of any text are taken or refused by name, each on one line, and that no secret is told.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadSettings } from '../../config/load.ts';
import { SCHEMA, SETTING_NAMES, type SettingName } from '../../config/schema.ts';
import { secretsOf } from '../../config/secrets.ts';
import { BtcFakeError } from '../../src/domain/errors.ts';
import { expectPlain, fuzz, mutated } from '../support/fuzz.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const CANARY = 'canary-3Kq8';
const home = temporaryFolder('fuzz-settings');

type Options = Parameters<typeof loadSettings>[0];

/** Loads them: what came, or the lines of the refusal, which must be one of ours. */
function load(options: Options): { settings?: ReturnType<typeof loadSettings>['settings']; lines: readonly string[] } {
  try {
    const { settings, warnings } = loadSettings(options);
    return { settings, lines: warnings };
  } catch (error) {
    if (!(error instanceof BtcFakeError)) throw error;
    expect(error.code).toBe('CONFIG_INVALID');
    expectPlain(error.message.slice(0, 1_000));
    expect(error.lines.length).toBeGreaterThan(0);
    return { lines: error.lines };
  }
}

const anyText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\t',
    '__proto__',
    'undefined',
    'null',
    'NaN',
    '0',
    '-1',
    '1e9',
    '٣',
    'true',
    'x'.repeat(1_000),
    '😀',
    '\0',
    '\u009B31m',
    '\u2028',
    'a\nb',
    '$(id)',
  ),
  fc.constantFrom(...SETTING_NAMES.map((name) => SCHEMA[name].example)),
  fc.webUrl(),
  fc.string({ unit: 'binary' }),
);

test('an environment of any texts is taken or refused by the names of the settings, each on a line', () =>
  fuzz(fc.dictionary(fc.constantFrom(...SETTING_NAMES), anyText), (env) => {
    const { settings, lines } = load({ env, envFile: false });
    if (settings) expect(Object.isFrozen(settings)).toBe(true);
    for (const line of lines) {
      expectPlain(line);
      expect(SETTING_NAMES).toContain(line.replace(/: .*$/s, ''));
    }
  }));

const SECRET_NAMES = SETTING_NAMES.filter((name) => SCHEMA[name].sensitive);

test('no text of a secret is told, rightly or wrongly written', () =>
  fuzz(
    fc.tuple(
      fc.constantFrom<SettingName>(...SECRET_NAMES),
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    ([name, before, after]) => {
      const { settings, lines } = load({ env: { [name]: `${before}${CANARY}${after}` }, envFile: false });
      expect(lines.join()).not.toContain(CANARY);
      if (settings) for (const secret of secretsOf(settings)) expect(secret).toContain(CANARY);
    },
  ));

const templates = ['.env.dev.example', '.env.qa.example', '.env.prod.example'].map((name) =>
  readFileSync(join(ROOT, name)),
);

test('a real environment file with edits is taken or refused, each problem on a line', () =>
  fuzz(mutated(...templates), (bytes) => {
    const envFile = join(home.path, 'fuzzed.env');
    writeFileSync(envFile, bytes);
    for (const line of load({ env: {}, envFile }).lines) expectPlain(line);
  }));
