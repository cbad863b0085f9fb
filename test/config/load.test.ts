import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeSettings } from '../../config/describe.ts';
import { REPLACES_ABOVE } from '../../config/env-file.ts';
import { type LoadOptions, loadSettings, requireRecommender } from '../../config/load.ts';
import { SCHEMA, SETTING_NAMES, type SettingName } from '../../config/schema.ts';
import { secretsOf } from '../../config/secrets.ts';
import { BtcFakeError } from '../../src/domain/errors.ts';

let folder: string;
let envFile: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'btc-fake-config-'));
  envFile = join(folder, '.env');
});
afterAll(() => rmSync(folder, { recursive: true }));

function load(env: LoadOptions['env'], overrides: NonNullable<LoadOptions['overrides']> = {}) {
  return loadSettings({ env: env ?? {}, envFile: false, overrides });
}

/** The one error of a configuration that must be wrong. */
function errorOf(load: () => unknown): BtcFakeError {
  try {
    load();
  } catch (error) {
    if (error instanceof BtcFakeError) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
}

const linesFor = (env: LoadOptions['env']) => errorOf(() => load(env)).lines;

function withFile(content: string, env: LoadOptions['env'] = {}): LoadOptions {
  writeFileSync(envFile, content);
  return { env, envFile };
}

const EXAMPLES = Object.fromEntries(SETTING_NAMES.map((name) => [name, SCHEMA[name].example]));
const SENSITIVE = SETTING_NAMES.filter((name) => SCHEMA[name].sensitive);

describe('settings', () => {
  test('without anything set, everything has its default and no outside system is configured', () => {
    expect(load({})).toMatchObject({
      settings: {
        files: {
          employeesFile: 'input/employees.csv',
          outputDir: 'generated_files/',
          downloadDir: 'downloaded_files/',
        },
        publish: { enabled: false },
        run: { timeZone: 'UTC', feedDateFormat: 'yyyy_M_d', retentionMs: 30 * 24 * 60 * 60 * 1000 },
        redis: {},
        queues: { jobAttempts: 5, shutdownTimeoutMs: 30_000, concurrency: { 'employee-simulation': 50 } },
        schedule: { cron: '0 6 * * 1', timeZone: 'UTC', catchUpMs: 24 * 60 * 60 * 1000, overlap: 'start' },
        dashboard: { host: '127.0.0.1', port: 3000 },
        telemetry: {},
        alerts: { overdueMs: 6 * 60 * 60 * 1000 },
        proxies: [],
        log: { level: 'info' },
      },
      warnings: [],
    });
    const groups = [
      'files',
      'publish',
      'run',
      'redis',
      'queues',
      'schedule',
      'dashboard',
      'telemetry',
      'alerts',
      'proxies',
      'log',
    ];
    expect(Object.keys(load({}).settings)).toEqual(groups);
  });

  test('with the example of every setting, everything is configured, in milliseconds', () => {
    const { settings } = load(EXAMPLES);
    expect(settings.recommender).toEqual({
      baseUrl: 'https://recommender.example',
      endpoint: '/public/api/v1/mltr/v3/run',
      client: 'got',
      timeoutMs: 30_000,
      outagePatienceMs: 1_800_000,
      caFile: 'certs/private-ca.pem',
      authHeader: { name: 'x-api-key', value: 'key0123456789abcdef' },
      proxyUrl: EXAMPLES.HTTPS_PROXY,
      secrets: expect.arrayContaining(['key0123456789abcdef', 'a2V5MDEyMzQ1Njc4OWFiY2RlZjo=']),
    });
    expect(settings.databricks).toEqual({
      host: EXAMPLES.DATABRICKS_HOST,
      httpPath: EXAMPLES.DATABRICKS_HTTP_PATH,
      catalog: 'retail_systems_dev',
      schema: 'store_enablement',
      token: EXAMPLES.DATABRICKS_TOKEN,
      clientId: EXAMPLES.DATABRICKS_CLIENT_ID,
      clientSecret: EXAMPLES.DATABRICKS_CLIENT_SECRET,
      caFile: 'certs/private-ca.pem',
      proxyUrl: EXAMPLES.HTTPS_PROXY,
      queryTimeoutMs: 600_000,
    });
    const server = {
      host: 'sftp.vendor.example',
      port: 22,
      username: 'btc-reader',
      password: 'correct horse',
      privateKeyFile: '/run/secrets/sftp_key',
      privateKeyPassphrase: 'battery staple',
      hostFingerprint: EXAMPLES.SFTP_INBOUND_HOST_FINGERPRINT,
      stallMs: 30_000,
      transferMs: 1_800_000,
      legacyAlgorithms: ['diffie-hellman-group14-sha1'],
    };
    expect(settings.sftpInbound).toEqual({ ...server, remotePath: '/outgoing/catalogs', settings: 'SFTP_INBOUND' });
    expect(settings.sftpOutbound).toEqual({ ...server, remotePath: '/incoming/feeds', settings: 'SFTP_OUTBOUND' });
    expect(settings.redis.url).toBe(EXAMPLES.REDIS_URL);
    expect(settings.schedule.timeZone).toBe('America/Los_Angeles');
    expect(settings.dashboard.login).toEqual({ user: 'operator', password: 'correct horse' });
    expect(settings.metrics).toEqual({ host: '0.0.0.0', port: 9464 });
    expect(settings.telemetry.otlpEndpoint).toBe('http://collector.example:4318');
    expect(settings.alerts.webhookUrl).toBe(EXAMPLES.ALERT_WEBHOOK_URL);
  });

  test('without SCHEDULE_TIMEZONE, the schedule goes by the business time zone', () => {
    expect(load({ BUSINESS_TIMEZONE: 'Europe/Berlin' }).settings.schedule.timeZone).toBe('Europe/Berlin');
  });

  test('are frozen to the bottom', () => {
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every((inner) => isFrozen(inner)));
    expect(isFrozen(load(EXAMPLES).settings)).toBe(true);
  });
});

describe('precedence', () => {
  test('the command line comes before the environment, that before .env, that before the default; blank is not set', () => {
    const place = fc.constantFrom(undefined, '', ' ', '11', '12', '13');
    fc.assert(
      fc.property(place, place, place, (inFile, inEnvironment, override) => {
        const options = withFile(inFile === undefined ? '' : `API_TIMEOUT=${inFile}`, { API_TIMEOUT: inEnvironment });
        const loaded = loadSettings({ ...options, overrides: { API_TIMEOUT: override } });
        const [text, source] = (
          [
            [override, 'command line'],
            [inEnvironment, 'environment'],
            [inFile, '.env'],
            ['30', 'default'],
          ] as const
        ).find(([candidate]) => candidate?.trim())!;
        expect(describeSettings(loaded).find(({ name }) => name === 'API_TIMEOUT')).toMatchObject({
          value: text,
          source,
        });
      }),
      { numRuns: 60 },
    );
  });

  test('of a name that is set twice in .env the last counts, with a warning', () => {
    const { values, warnings } = loadSettings(withFile('API_TIMEOUT=1\n\nAPI_TIMEOUT=2\n'));
    expect(values.API_TIMEOUT).toBe(2);
    expect(warnings).toEqual([`API_TIMEOUT: set on line 1 and again; the last counts (${envFile}:3)`]);
    expect(loadSettings(withFile('API_TIMEOUT=1\nAPI_TIMEOUT=\n')).values.API_TIMEOUT).toBe(30);
  });

  test('below the line that says so, names that are set above are replaced without a warning', () => {
    const text = `API_TIMEOUT=1\nAPI_CLIENT=got\nAPI_CLIENT=got\n${REPLACES_ABOVE}\nAPI_TIMEOUT=2\n`;
    const { values, warnings } = loadSettings(withFile(text));
    expect(values.API_TIMEOUT).toBe(2);
    expect(warnings).toEqual([`API_CLIENT: set on line 2 and again; the last counts (${envFile}:3)`]);
  });
});

describe('errors', () => {
  test('say what is wrong, give an example and name the place', () => {
    const error = errorOf(() => loadSettings(withFile('\nAPI_TIMEOUT=soon', { SFTP_INBOUND_PORT: '22x' })));
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: '2 errors in the settings: API_TIMEOUT, SFTP_INBOUND_PORT.',
      lines: [
        `API_TIMEOUT: "soon" is not a number of seconds from 1 to 600, for example 30 (${envFile}:2)`,
        'SFTP_INBOUND_PORT: "22x" is not a port from 1 to 65535, for example 22 (environment)',
      ],
    });
    expect(error.remedy).toContain('docs/configuration.md');
  });

  test('are all reported at once, one line for each wrong value', () => {
    fc.assert(
      fc.property(fc.subarray([...SETTING_NAMES], { minLength: 1 }), (wrong) => {
        const lines = linesFor(Object.fromEntries(wrong.map((name) => [name, 'a\u0001b'])));
        const about = lines.filter((line) => line.includes(' is not ') && line.endsWith('(environment)'));
        expect(about.map((line) => line.split(':')[0])).toEqual(wrong);
      }),
    );
  });

  test('cut long values short and leave out a login in an address', () => {
    expect(linesFor({ API_TIMEOUT: '9'.repeat(500) }).join()).toContain(`"${'9'.repeat(60)}…"`);
    const [line] = linesFor({ API_BASE_URL: 'https://me:hunter/2@recommender.example' });
    expect(line).toContain('"https://…@recommender.example"');
  });

  test('of reading a named .env file are configuration errors', () => {
    const path = join(folder, 'none');
    expect(errorOf(() => loadSettings({ env: {}, envFile: path })).lines).toEqual([`${path}: there is no such file`]);
  });
});

describe('secrets', () => {
  const marker = 'MARKER';
  const text = fc.constantFrom(undefined, '', 'x', '1', 'true', 'https://y.example', '/z', '\u0001');

  test('are in no error, warning or description, whatever is set and however wrong it is', () => {
    // Mostly not set, or hardly any environment would be accepted.
    const secretText = fc.oneof(
      { weight: 20, arbitrary: fc.constant(undefined) },
      { weight: 4, arbitrary: fc.constantFrom(marker, `${marker}\n`, `redis://:${marker}@r.example`, `a ${marker}`) },
    );
    const environment = fc.record(
      Object.fromEntries(SETTING_NAMES.map((name) => [name, SCHEMA[name].sensitive ? secretText : text])),
    );
    let accepted = 0;
    fc.assert(
      fc.property(environment, fc.boolean(), (env, publish) => {
        let shown: unknown;
        try {
          // Half of the cases have wrong secrets only, or hardly any would be accepted.
          const given = SENSITIVE.filter((name) => env[name] !== undefined);
          const loaded = load(publish ? env : { ...EXAMPLES, ...pick(env, given) });
          accepted += 1;
          shown = [describeSettings(loaded), loaded.warnings];
        } catch (error) {
          if (!(error instanceof BtcFakeError)) throw error;
          shown = [error.message, error.lines, error.remedy, error.stack];
        }
        expect(JSON.stringify(shown)).not.toContain(marker);
      }),
    );
    expect(accepted).toBeGreaterThan(0);
  });

  test('are all known to secretsOf, the longest first, with the password of REDIS_URL and the key of the recommender in every form', () => {
    const own = {
      ...Object.fromEntries(SENSITIVE.map((name) => [name, `secret-of-${name}`])),
      ALERT_WEBHOOK_URL: 'https://hooks.example/?token=secret',
      API_AUTH_HEADER: 'Authorization: Bearer secret-of-API_AUTH_HEADER',
      HTTPS_PROXY: 'http://svc:secret-of-HTTPS_PROXY@secure.example:1',
      HTTP_PROXY: 'http://svc:secret-of-HTTP_PROXY@plain.example:1',
    };
    const url = 'rediss://user:p%40ss@redis.example:6379/0';
    const secrets = secretsOf(load({ ...EXAMPLES, ...own, REDIS_URL: url }).settings);
    const { REDIS_URL: _, API_AUTH_HEADER: __, ...others } = own as Record<string, string>;
    const basic = 'c2VjcmV0LW9mLUFQSV9LRVk6';
    const key = ['secret-of-API_KEY:', basic, `Basic ${basic}`];
    const logins = ['secret-of-HTTPS_PROXY', 'secret-of-HTTP_PROXY'];
    const basics = logins.map((word) => Buffer.from(`svc:${word}`).toString('base64'));
    const header = ['secret-of-API_AUTH_HEADER', 'Bearer secret-of-API_AUTH_HEADER'];
    expect(new Set(secrets)).toEqual(
      new Set([...Object.values(others), ...key, ...header, ...logins, ...basics, url, 'p%40ss', 'p@ss']),
    );
    expect(secrets.map(({ length }) => length)).toEqual(secrets.map(({ length }) => length).sort((a, b) => b - a));
  });

  test('are none when nothing secret is set', () => {
    expect(secretsOf(load({ REDIS_URL: 'redis://localhost:6379' }).settings)).toEqual([]);
  });

  test('are described as set or not set', () => {
    const descriptions = describeSettings(load({ DATABRICKS_TOKEN: 'dapi1' }));
    const shown = Object.fromEntries(descriptions.map(({ name, value }) => [name, value]));
    expect(shown).toMatchObject({ DATABRICKS_TOKEN: '(set)', REDIS_URL: '(not set)', SFTP_INBOUND_PORT: '22' });
  });
});

describe('the recommender', () => {
  test('is handed over when its address is set', () => {
    expect(requireRecommender(load(EXAMPLES).settings).baseUrl).toBe('https://recommender.example');
  });

  test('is asked for by name when it is needed and not set', () => {
    expect(errorOf(() => requireRecommender(load({}).settings))).toMatchObject({
      code: 'CONFIG_INVALID',
      lines: ['API_BASE_URL: is not set, but the recommender is called, for example https://recommender.example'],
    });
  });
});

function pick(env: Record<string, string | undefined>, names: readonly SettingName[]) {
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}
