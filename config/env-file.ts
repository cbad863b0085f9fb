import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { systemCode } from '../src/domain/errors.ts';
import type { SettingProblem } from './problem.ts';

/** One `NAME=value` of an environment file, with its line number, counted from 1. */
export interface EnvFileEntry {
  readonly name: string;
  readonly text: string;
  readonly line: number;
  /** Stands below `REPLACES_ABOVE`: that the name stands above too is meant. */
  readonly replaces: boolean;
}

/** The comment line below which settings are meant to replace those above, as `btc-fake sandbox` appends them. */
export const REPLACES_ABOVE = '# The settings below replace those above.';

/** What an environment file holds: its entries in order, and everything that is wrong with it. */
export interface EnvFile {
  readonly entries: readonly EnvFileEntry[];
  readonly problems: readonly SettingProblem[];
}

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)$/;
const QUOTED = /^(["'`])(.*?)\1(.*)$/;

/**
 * Why `parseEnv` would read something else than is written, or undefined. It cuts an unquoted value at any `#`, drops
 * what stands behind a closing quote and continues over the following lines when a quote is not closed.
 */
function misreading(raw: string): string | undefined {
  if (/^["'`]/.test(raw)) {
    const rest = QUOTED.exec(raw)?.[3];
    if (rest === undefined) return 'the quote is not closed on this line';
    return /^\s*(#.*)?$/.test(rest) ? undefined : 'there is text behind the closing quote';
  }
  return /\S#/.test(raw.replace(/(^|\s)#.*$/, '')) ? 'a value with # in it needs single quotes around it' : undefined;
}

/**
 * Reads an environment file with Node's own `parseEnv`, one line at a time: each value has its line number, and a line
 * that is not an assignment cannot swallow the next.
 * @param label names the file in problems (`.env:12: …`), which never quote the line: it may hold a secret.
 */
export function parseEnvFile(content: string, label: string): EnvFile {
  const entries: EnvFileEntry[] = [];
  const problems: SettingProblem[] = [];
  let replaces = false;
  const lines = content.split(/\r\n|\n|\r/);
  for (const [index, untrimmed] of lines.entries()) {
    const line = index + 1;
    const trimmed = untrimmed.trim(); // takes off a byte-order mark too
    if (trimmed === REPLACES_ABOVE) replaces = true;
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [, name, raw] = ASSIGNMENT.exec(trimmed) ?? [];
    if (name === undefined || raw === undefined) {
      problems.push({ subject: `${label}:${line}`, what: 'this line is not NAME=value' });
      continue;
    }
    const problem = misreading(raw);
    if (problem !== undefined) problems.push({ subject: name, what: `${problem} (${label}:${line})` });
    entries.push({ name, text: parseEnv(`${name}=${raw}`)[name] ?? '', line, replaces });
  }
  return { entries, problems };
}

/**
 * Reads an environment file. A file that is not there is an empty one, unless it is `required`; any other reason why it
 * cannot be read is a problem of the result.
 */
export function readEnvFile(path: string, required: boolean): EnvFile {
  try {
    return parseEnvFile(readFileSync(path, 'utf8'), path);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const isMissing = code === 'ENOENT';
    if (isMissing && !required) return { entries: [], problems: [] };
    const what = isMissing ? 'there is no such file' : `cannot be read (${code})`;
    return { entries: [], problems: [{ subject: path, what }] };
  }
}
