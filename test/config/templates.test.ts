import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseEnvFile } from '../../config/env-file.ts';
import { loadSettings } from '../../config/load.ts';
import { SCHEMA, SETTING_NAMES } from '../../config/schema.ts';

const root = join(import.meta.dirname, '../..');
const template = (environment: string) => join(root, `.env.${environment}.example`);

describe.each(['dev', 'qa', 'prod'])('the template for %s', (environment) => {
  const { entries } = parseEnvFile(readFileSync(template(environment), 'utf8'), 'template');

  test('names every setting once, and nothing else', () => {
    expect(entries.map(({ name }) => name).sort()).toEqual([...SETTING_NAMES].sort());
  });

  test('is valid as it is, without a warning', () => {
    const { settings, warnings } = loadSettings({ env: {}, envFile: template(environment) });
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({ recommender: {}, publish: { enabled: false } });
    expect(settings).not.toHaveProperty('sftpInbound');
    expect(settings).not.toHaveProperty('databricks');
  });

  test('holds no secret', () => {
    const given = entries.filter(({ text }) => text !== '').map(({ name }) => name);
    expect(given.filter((name) => SETTING_NAMES.some((own) => own === name && SCHEMA[own].sensitive))).toEqual([]);
  });

  test('points to its own catalog and remote folder, and is complete once the secrets are filled in', () => {
    const secrets = {
      SFTP_INBOUND_PASSWORD: 'x',
      DATABRICKS_TOKEN: 'x',
      DATABRICKS_HOST: 'x',
      DATABRICKS_HTTP_PATH: 'x',
    };
    const { settings } = loadSettings({ env: secrets, envFile: template(environment) });
    expect(settings.databricks).toMatchObject({ catalog: `retail_systems_${environment}`, schema: 'store_enablement' });
    expect(settings.sftpInbound?.remotePath).toMatch(new RegExp(`^/inbound/BTC/retailData/${environment}/vendor/`));
  });

  test('says the default where the environments do not differ', () => {
    const own = ['API_BASE_URL', 'DATABRICKS_CATALOG', 'USER_COMPLETION_TEMPLATE_FILE'];
    const same = entries.filter(({ name, text }) => text !== '' && !own.includes(name) && !/^SFTP_INBOUND_/.test(name));
    const defaults = Object.fromEntries(SETTING_NAMES.map((name) => [name, SCHEMA[name].default]));
    expect(same.map(({ name, text }) => [name, text])).toEqual(same.map(({ name }) => [name, defaults[name]]));
  });
});

test('the names of the company and its hosts stand in no program, test or script', () => {
  const { settings } = loadSettings({ env: { SFTP_INBOUND_PASSWORD: 'x' }, envFile: template('prod') });
  const company = settings.sftpInbound!.host.split('.').at(-2)!;
  const apiHost = new URL(settings.recommender!.baseUrl).hostname.split('.')[0]!;
  const words = new RegExp([company, apiHost, settings.sftpInbound!.username].join('|'), 'i');
  const files = ['config', 'src', 'test', 'bench', 'scripts', '.ci', 'input'].flatMap((tree) =>
    readdirSync(join(root, tree), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => words.test(readFileSync(file, 'latin1')))).toEqual([]);
});
