import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadSettings } from '../../config/load.ts';
import { SCHEMA, SETTING_NAMES, type SettingName } from '../../config/schema.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { assertSuitableRedis } from '../../src/adapters/redis/suitability.ts';
import { startStandIns } from '../../src/sandbox/stand-ins.ts';
import {
  type ComposeFile,
  composeProblems,
  durationMs,
  readComposeFile,
  readEnvironment,
} from '../support/compose-file.ts';
import { imageEnvironment } from '../support/dockerfile.ts';
import { startTestRedis } from '../support/redis.ts';

// What this file proves: docker-compose.yml is one by the Compose specification, its services get settings that BTC
// Fake takes, its Redis is fit for a queue, and nobody gets more than they need.

const OURS = ['worker', 'simulation', 'dashboard', 'sandbox'];
const DEMO = 'deploy/compose/demo.env';

let file: ComposeFile;
beforeAll(async () => {
  file = await readComposeFile();
});

const service = (name: string) => file.services[name]!;
/** The settings that a service starts with: the image's, then the file's, then the service's own. */
const settingsOf = async (name: string, envFile: Record<string, string>) => {
  const own = Object.entries(service(name).environment ?? {}).map(([key, value]) => [key, String(value)]);
  return loadSettings({
    env: { ...(await imageEnvironment()), ...envFile, ...Object.fromEntries(own) },
    envFile: false,
  });
};

describe('the Compose specification', () => {
  test('takes it', () => {
    expect(composeProblems(file)).toEqual([]);
  });

  test.each([
    ['an option that is none', { comand: ['worker'] }],
    ['a wrong kind of value', { read_only: [true] }],
    ['a duration that is none', { healthcheck: { test: ['CMD', 'true'], interval: 'soon' } }],
    ['a port that is none', { ports: ['dashboard'] }],
  ])('refuses %s', (_what, option) => {
    const broken = { ...file, services: { ...file.services, worker: { ...service('worker'), ...option } } };
    expect(composeProblems(broken)).not.toEqual([]);
  });
});

test('the services are what the documents promise', () => {
  expect(Object.keys(file.services).sort()).toEqual([...OURS, 'redis'].sort());
  expect(service('worker').command).toEqual(['worker']);
  expect(service('simulation').command).toEqual(['worker', '--only', 'employee-simulation']);
  expect(service('dashboard').command).toEqual(['dashboard']);
  const byDefault = Object.entries(file.services).filter(([, { profiles }]) => profiles === undefined);
  expect(byDefault.map(([name]) => name).sort()).toEqual(['dashboard', 'redis', 'simulation', 'worker']);
});

test.each([...OURS, 'redis'])(
  '%s: starts again by itself, writes to nothing but its volumes, may nothing special',
  (name) => {
    expect(service(name)).toMatchObject({
      restart: 'unless-stopped',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    for (const option of ['privileged', 'cap_add', 'pid', 'network_mode'])
      expect(service(name)).not.toHaveProperty(option);
  },
);

test('any number of each can run: only the dashboard is published, on this machine alone', () => {
  for (const [name, { ports, container_name }] of Object.entries(file.services)) {
    expect(container_name).toBeUndefined();
    expect(ports ?? []).toEqual(name === 'dashboard' ? ['127.0.0.1:3000:3000'] : []);
  }
});

test('Redis is reached by those who need it, through a network that leads nowhere else', () => {
  expect(file.networks.queue?.internal).toBe(true);
  expect(service('redis').networks).toEqual(['queue']);
  for (const name of ['worker', 'simulation', 'dashboard']) {
    expect(service(name).networks).toEqual(['default', 'queue']);
    expect(service(name).depends_on).toEqual({ redis: { condition: 'service_healthy' } });
  }
});

test('no secret stands in it', () => {
  const secret = SETTING_NAMES.filter((name) => SCHEMA[name].sensitive);
  for (const { environment = {} } of Object.values(file.services)) {
    const { REDIS_URL = '', ...others } = environment;
    expect(String(REDIS_URL)).not.toContain('@');
    expect(Object.keys(others).filter((name) => secret.includes(name as SettingName))).toEqual([]);
    expect(Object.keys(others).filter((name) => !SETTING_NAMES.includes(name as SettingName))).toEqual([]);
  }
});

test('a filled-in .env makes settings that BTC Fake takes, whichever service reads them', async () => {
  const login = { user: 'u', password: 'correct horse' };
  const given = { DASHBOARD_USER: login.user, DASHBOARD_PASSWORD: login.password };
  const template = { ...(await readEnvironment('.env.prod.example')), ...given };
  for (const name of ['worker', 'simulation', 'dashboard']) {
    const { settings, warnings } = await settingsOf(name, template);
    expect(warnings).toEqual([]);
    expect(settings.redis.url).toBe('redis://redis:6379/0');
    expect(settings.metrics).toEqual({ host: '0.0.0.0', port: 9464 });
    expect(settings.dashboard).toMatchObject({ host: '0.0.0.0', port: 3000, login });
    expect(durationMs(service(name).stop_grace_period)).toBeGreaterThan(settings.queues.shutdownTimeoutMs + 5_000);
  }
});

test('what the settings call files is where the volumes are mounted', async () => {
  const { settings } = await settingsOf('worker', {});
  const { outputDir, downloadDir, employeesFile } = settings.files;
  for (const name of ['worker', 'dashboard']) {
    const mounts = service(name).volumes!.map((mount) => mount.split(':'));
    const written = mounts.filter(([, , mode]) => mode !== 'ro').map(([source, target]) => [source, target]);
    expect(written).toEqual([
      ['generated-files', `/data/${outputDir.replace(/\/$/, '')}`],
      ['downloaded-files', `/data/${downloadDir.replace(/\/$/, '')}`],
    ]);
    expect(mounts).toContainEqual(['./input', `/data/${employeesFile.replace(/\/.*/, '')}`, 'ro']);
  }
  expect(Object.keys(file.volumes).sort()).toEqual(['downloaded-files', 'generated-files', 'redis-data']);
});

test('a Redis with its flags is fit for a queue, and keeps all it is told', async () => {
  const [program, ...flags] = service('redis').command;
  expect(program).toBe('redis-server');
  const pairs = Array.from({ length: flags.length / 2 }, (_, i) => [
    flags[2 * i]!.replace('--', ''),
    flags[2 * i + 1]!,
  ]);
  const server = await startTestRedis(Object.fromEntries(pairs));
  try {
    const redis = await connectRedis(server.url, 'command');
    await expect(assertSuitableRedis(redis)).resolves.toMatchObject({ evictionPolicy: 'noeviction' });
    const config = async (name: string) => ((await redis.config('GET', name)) as string[])[1];
    expect(await config('appendonly')).toBe('yes');
    expect(await config('appendfsync')).toBe('everysec');
    expect(await config('maxmemory')).toBe(String(1024 ** 3));
    expect(await config('protected-mode')).toBe('no');
    redis.disconnect();
  } finally {
    await server.stop();
  }
});

test('the demo is the same services, apart from the real ones, on the stand-ins that it adds', async () => {
  const demo = await readEnvironment(DEMO);
  const { COMPOSE_PROJECT_NAME, COMPOSE_PROFILES, ENV_FILE, ...given } = demo;
  expect(COMPOSE_PROJECT_NAME).not.toBe(file.name);
  expect(service('sandbox').profiles).toEqual([COMPOSE_PROFILES]);
  expect((await readComposeFile(demo)).services.worker!.env_file).toBe(ENV_FILE);

  const { settings, warnings } = await settingsOf('worker', given);
  expect(warnings).toEqual([]);
  const [command, ...options] = service('sandbox').command;
  const option = (name: string) => options[options.indexOf(name) + 1];
  expect([command, option('--host')]).toEqual(['sandbox', '0.0.0.0']);
  expect(settings.recommender?.baseUrl).toBe(`http://sandbox:${option('--recommender-port')}`);
  expect(settings.sftpInbound).toMatchObject({ host: 'sandbox', port: Number(option('--sftp-port')) });
  expect(settings.dashboard.login).toBeDefined();

  const folder = await mkdtemp(join(tmpdir(), 'btc-fake-compose-'));
  const standIns = await startStandIns({ folder, now: 0 });
  try {
    const login = ['SFTP_INBOUND_USER', 'SFTP_INBOUND_PASSWORD', 'SFTP_INBOUND_REMOTE_PATH'] as const;
    for (const name of login) expect(given[name]).toBe(standIns.settings[name]);
  } finally {
    await standIns.close();
    await rm(folder, { recursive: true });
  }
});
