import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadSettings } from '../../config/load.ts';
import { SETTING_NAMES } from '../../config/schema.ts';
import { BtcFakeError } from '../../src/domain/errors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'btc-fake-names-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The error lines and warnings of names in the environment, or in a file when `file` is given. */
function verdict(
  env: Record<string, string>,
  file?: string,
): { lines: readonly string[]; warnings: readonly string[] } {
  const path = join(folder, 'e');
  if (file !== undefined) writeFileSync(path, file);
  try {
    const { warnings } = loadSettings({ env, envFile: file === undefined ? false : path });
    return { lines: [], warnings };
  } catch (error) {
    if (!(error instanceof BtcFakeError)) throw error;
    return { lines: error.lines.map((line) => line.replace(path, '.env')), warnings: [] };
  }
}

describe('a name in .env', () => {
  test.each([
    ['SFTP_INBOUND_HOTS', 'SFTP_INBOUND_HOST'],
    ['STFP_INBOUND_HOST', 'SFTP_INBOUND_HOST'],
    ['API_BASE_URI', 'API_BASE_URL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['sftp_inbound_password', 'SFTP_INBOUND_PASSWORD'],
    ['SFTP_INBOUND_USERNAME', 'SFTP_INBOUND_USER'],
    ['sftp_inbound_username', 'SFTP_INBOUND_USER'],
    ['sftp_inbound_hots', 'SFTP_INBOUND_HOST'],
  ])('%s is an error that asks for %s', (name, meant) => {
    expect(verdict({}, `\n${name}=x`).lines).toEqual([`${name}: not a setting; did you mean ${meant}? (.env:2)`]);
  });

  test('that begins as ours alone do is an error even when it is near nothing', () => {
    expect(verdict({}, 'SFTP_INBOUND_COMPRESSION=x').lines).toEqual([
      'SFTP_INBOUND_COMPRESSION: not a setting; docs/configuration.md lists them all (.env:1)',
    ]);
  });

  test('that is near nothing is a warning', () => {
    const { lines, warnings } = verdict({}, 'NODE_ENV=production');
    expect(lines).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/^NODE_ENV: not a setting; .*e:1\)$/)]);
  });

  test('that may be a piece of a pasted key is not repeated', () => {
    const { warnings } = verdict({}, 'MIIEvQIBADANBgkqhkiG9w0BAQ==');
    expect(warnings).toEqual([expect.stringMatching(/^A name: not a setting/)]);
  });
});

describe('a name in the environment', () => {
  test.each([
    ['SFTP_INBOUND_HOTS', 'SFTP_INBOUND_HOST'],
    ['STFP_INBOUND_HOST', 'SFTP_INBOUND_HOST'],
    ['DATABRICKS_HOSTS', 'DATABRICKS_HOST'],
    ['EMPLOYEES_FILES', 'EMPLOYEES_FILE'],
  ])('%s is an error that asks for %s', (name, meant) => {
    expect(verdict({ [name]: 'x' }).lines).toEqual([`${name}: not a setting; did you mean ${meant}? (environment)`]);
  });

  test('is left alone when the setting that it resembles is set too', () => {
    expect(verdict({ EMPLOYEES_FILES: 'x', EMPLOYEES_FILE: 'y' }).lines).toEqual([]);
  });

  test('that belongs to another program is left alone', () => {
    const others = [
      ...['PATH', 'HOME', 'TZ', 'PORT', 'NODE_ENV', 'NO_COLOR', 'LOGLEVEL', 'LOG_LEVELS', 'REDIS_URI', 'REDIS_TLS_URL'],
      ...['API_KEYS', 'API_BASE_URI', 'APP_BASE_URL', 'APP_TIMEOUT', 'DATABASE_HOST', 'DATABRICKS_CONFIG_PROFILE'],
      ...['DATABRICKS_HOST_2', 'DATABRICKS_TOKEN2', 'DATABRICKS_CLUSTER_ID', 'npm_config_user_agent', 'MY_SFTP_HOST'],
    ];
    expect(verdict(Object.fromEntries(others.map((name) => [name, 'x'])))).toEqual({ lines: [], warnings: [] });
  });

  test('that differs in one letter behind its prefix is found, for every long setting', () => {
    for (const name of SETTING_NAMES.filter(({ length }) => length >= 14)) {
      const slip = `${name.slice(0, -1)}Q`;
      expect(verdict({ [slip]: 'x' }).lines).toEqual([expect.stringContaining(`${slip}: not a setting; did you mean`)]);
    }
  });
});
