import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// What this file proves: wrong settings are all named at once, before anything is made or anybody is asked, without
// showing a secret; a Redis that is missing, silent or unsuitable is refused with what to do.

const BUILT_SERVER = join(import.meta.dirname, '../../.btc-fake/bin/redis-server');
const REMEDY = '  Correct them in .env or in the environment; docs/configuration.md explains every setting.\n';

let place: Workspace;

beforeAll(async () => {
  place = await makeWorkspace({ employees: ['104829,a'] });
});
afterEach(() => rm(place.path('.env'), { force: true }));
afterAll(() => place.remove());

test('all errors of .env and of the environment are reported together, and secrets are not shown', async () => {
  const dotEnv = [
    'API_BASE_URL=ftp://recommender.example',
    'API_TIMEOUT=soon',
    'EMPLOYES_FILE=people.csv',
    'SFTP_INBOUND_PASSWORD="hunter-two-hunter"',
    'DATABRICKS_TOKEN="dapi secret with blanks"',
    'BUSINESS_TIMEZONE=Mars/Olympus',
  ];
  await writeFile(place.path('.env'), dotEnv.join('\n'));
  const before = await readdir(place.folder);
  const env = { REDIS_URL: 'http://:redis-secret@redis.example', SFTP_OUTBOUND_PASWORD: 'another-secret' };
  const { code, stdout, stderr } = await place.run(['run'], env);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  const [first, ...lines] = stderr.split('\n');
  expect(first).toMatch(/^btc-fake: 10 errors in the settings: .*\. \(CONFIG_INVALID\)$/);
  const expected = [
    'API_BASE_URL: "ftp://recommender.example" is not an http or https address without user, ? or #, for example https://recommender.example (.env:1)',
    'API_TIMEOUT: "soon" is not ',
    'EMPLOYES_FILE: not a setting; did you mean EMPLOYEES_FILE? (.env:3)',
    'SFTP_INBOUND_HOST: is not set, but SFTP_INBOUND_PASSWORD is (.env:4), for example ',
    'SFTP_INBOUND_USER: is not set, but SFTP_INBOUND_PASSWORD is (.env:4), for example ',
    'SFTP_INBOUND_REMOTE_PATH: is not set, but SFTP_INBOUND_PASSWORD is (.env:4), for example ',
    'DATABRICKS_TOKEN: the value is not text without blanks, for example ',
    'BUSINESS_TIMEZONE: "Mars/Olympus" is not an IANA time zone, for example ',
    'REDIS_URL: the value is not a redis:// or rediss:// address',
    'SFTP_OUTBOUND_PASWORD: not a setting; did you mean SFTP_OUTBOUND_PASSWORD? (environment)',
  ];
  for (const start of expected) expect(lines.filter((line) => line.startsWith(`  ${start}`))).toHaveLength(1);
  expect(stderr.endsWith(REMEDY)).toBe(true);
  expect(stderr).not.toMatch(/hunter|dapi secret|redis-secret|another-secret|^\s*at /m);
  expect(await readdir(place.folder)).toEqual(before);
});

test.each(['run', 'worker', 'worker --only employee-simulation'])(
  'btc-fake %s needs API_BASE_URL, and says so',
  async (command) => {
    expect(await place.run(command.split(' '))).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `btc-fake: One error in the settings: API_BASE_URL. (CONFIG_INVALID)\n  API_BASE_URL: is not set, but the recommender is called, for example https://recommender.example\n${REMEDY}`,
    });
  },
);

test('publishing without credentials is an error before a run starts', async () => {
  const { code, stdout, stderr } = await place.run(['run'], { SFTP_PUBLISH_ENABLED: 'true' });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(
    '  SFTP_OUTBOUND_PASSWORD: is not set, nor is SFTP_OUTBOUND_PRIVATE_KEY_FILE, but SFTP_PUBLISH_ENABLED is true; set one of them\n',
  );
});

test('download without an SFTP server says what to set', async () => {
  expect(await place.run(['download'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr:
      'btc-fake: SFTP_INBOUND_HOST and its credentials are not set (CONFIG_INVALID)\n  Set the SFTP_INBOUND_ variables; docs/configuration.md explains them.\n',
  });
});

test.each(['runs', 'status run-1', 'resume', 'retry run-1', 'finish run-1 --without-failed', 'doctor'])(
  'btc-fake %s with a Redis that does not answer says where it was looked for, without the password',
  async (command) => {
    const { code, stdout, stderr } = await place.run(command.split(' '), {
      REDIS_URL: 'redis://:the-password@127.0.0.1:1',
      API_BASE_URL: 'http://127.0.0.1:1',
    });
    expect(code).toBe(1);
    const said = command === 'doctor' ? stdout : stderr;
    expect(said).toContain('Redis at redis://127.0.0.1:1 does not answer (ECONNREFUSED)');
    expect(said).toContain('Start it, or correct REDIS_URL.');
    expect(stdout + stderr).not.toContain('the-password');
  },
);

test('a Redis that may evict keys is refused with the command that corrects it', async () => {
  const redis: TestRedis = await startTestRedis({ maxmemory: '64mb', 'maxmemory-policy': 'allkeys-lru' });
  try {
    expect(await place.run(['runs'], { REDIS_URL: redis.url })).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'btc-fake: Redis may evict keys (maxmemory-policy is allkeys-lru) (REDIS_UNSUITABLE)\n  Set it: redis-cli config set maxmemory-policy noeviction, and in redis.conf.\n',
    });
  } finally {
    await redis.stop();
  }
});

// Where `npm run setup` had to build one there is always one.
if (!existsSync(BUILT_SERVER))
  test('without a redis-server on the PATH the message names the one command that installs it', async () => {
    const bare = await mkdtemp(join(tmpdir(), 'btc-fake-bare-'));
    try {
      const { code, stdout, stderr } = await place.run(['runs'], { PATH: bare });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(
        /^btc-fake: No redis-server was found on the PATH, and REDIS_URL is not set\. \(REDIS_NOT_INSTALLED\)\n {2}Install it with `[^`]+`, or set REDIS_URL\.\n$/,
      );
    } finally {
      await rm(bare, { recursive: true });
    }
  });
