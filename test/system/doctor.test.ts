import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ContentId } from '../../src/domain/ids.ts';
import type { Finding } from '../../src/queries/connections/finding.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { startFaultySftpServer } from '../support/faulty-sftp-server.ts';
import { type OpenSshServer, startOpenSshServer } from '../support/openssh-server.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';
import { makeWorkspace, sftpEnvironment, type Workspace } from '../support/workspace.ts';

// What this file proves: `btc-fake doctor` tries everything for real, one thing after the other, and says for each
// whether it is fine, not configured, or what to do.

let place: Workspace;
let bare: Workspace;
let redis: TestRedis;
let recommender: SandboxRecommender;
let openssh: OpenSshServer;
let warehouse: Warehouse;

beforeAll(async () => {
  [redis, recommender, openssh, warehouse] = await Promise.all([
    startTestRedis(),
    startRecommender({ contentIds: [1_915_001 as ContentId] }),
    startOpenSshServer(),
    startWarehouse(),
  ]);
  const server = { ...openssh.login, remotePath: openssh.folder };
  place = await makeWorkspace({
    employees: ['104829,a', '104830,f'],
    vendorFolder: openssh.folder,
    sftpInbound: server,
    recommenderUrl: recommender.url,
    warehouse,
    redisUrl: redis.url,
    template: '"UserId"\n',
    env: { ...sftpEnvironment('SFTP_OUTBOUND', server), CATALOG_MAX_AGE_DAYS: '3650' },
  });
  bare = await makeWorkspace({ employees: ['7,a'] });
});
afterAll(async () => {
  await place.remove();
  await bare.remove();
  await Promise.all([warehouse.close(), openssh.stop(), recommender.close()]);
  await redis.stop();
});

const where = () => `${openssh.login.username}@127.0.0.1:${openssh.login.port}${openssh.folder}`;

/** What differs from one machine to the next; test/cli/commands/doctor-databricks.test.ts proves it. */
const OF_THIS_MACHINE = ['Python', 'Java', 'Maven'];

async function doctor(workspace: Workspace, env: Record<string, string> = {}) {
  const { code, json, stderr } = await workspace.run(['doctor', '--json'], env);
  expect(stderr).not.toMatch(/^\s*at /m);
  const findings = json<Finding[]>().filter(({ what }) => !OF_THIS_MACHINE.includes(what));
  return { code, findings: Object.fromEntries(findings.map(({ what, ...finding }) => [what, finding])) };
}

test('all is well: each thing was tried and says what was found', async () => {
  const { code, findings } = await doctor(place);
  const fine = (detail: unknown) => ({ state: 'fine', detail });
  expect(findings).toEqual({
    Redis: fine(expect.stringMatching(new RegExp(`^\\d+\\.\\d+\\.\\d+, noeviction, ${redis.url}$`))),
    'SFTP inbound': fine(`${where()}: 2 catalog files, the newest of 2025-10-27 and 2025-10-28 can be read`),
    'SFTP outbound': fine(`${where()}: the folder can be listed`),
    Databricks: fine(
      `${warehouse.host}: retail_systems_dev.store_enablement.content_assignments and retail_systems_dev.store_enablement.content_completion can be read`,
    ),
    Recommender: fine(
      expect.stringMatching(new RegExp(`^${recommender.url}: [01] recommendations? for employee 104829$`)),
    ),
    'Employees file': fine('input/employees.csv: 2 employees'),
    Template: fine('input/template.csv: can be read'),
    OUTPUT_DIR: fine('generated_files/ can be written'),
    SFTP_LOCAL_DIR: fine('downloaded_files/ can be written'),
    'lakehouse.yaml': {
      state: 'not configured',
      detail: 'there is no lakehouse.yaml; btc-fake lakehouse init writes one',
    },
    Workspace: fine(`${warehouse.host}: logged in as robot@team.example`),
  });
  expect(code).toBe(0);
});

test('a file on the server that may be listed but not read is told, and names that nearly match are', async () => {
  const name = 'StandAloneContent_v2_2025_10_29_1_aaaaaa.csv';
  await writeFile(join(openssh.folder, `${name}.gz`), '');
  const { findings } = await doctor(place);
  expect(findings['SFTP inbound']).toMatchObject({ state: 'fine', detail: expect.stringContaining(`1 (${name}.gz)`) });
  await rm(join(openssh.folder, `${name}.gz`));
  const unreadable = await startFaultySftpServer();
  try {
    for (const each of Object.values(place.catalogNames)) unreadable.files.set(each, Buffer.from('ContentId\n1\n'));
    unreadable.faults = { refuse: { at: 'OPEN', status: 3 } };
    const env = sftpEnvironment('SFTP_INBOUND', { ...unreadable.login, remotePath: '/' });
    const { code, findings: broken } = await doctor(place, { ...env, SFTP_INBOUND_PRIVATE_KEY_FILE: '' });
    expect(broken['SFTP inbound']).toMatchObject({
      state: 'wrong',
      detail: expect.stringContaining(`does not allow vendor this: reading "/${place.catalogNames.courses}"`),
    });
    expect(code).toBe(1);
  } finally {
    await unreadable.stop();
  }
});

test('for a person there is a line for each, and what to do below it', async () => {
  const { code, stdout, stderr } = await place.run(['doctor'], {
    EMPLOYEES_FILE: 'nobody.csv',
    OUTPUT_DIR: 'input/employees.csv',
  });
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  const lines = stdout.split('\n').filter((line) => !OF_THIS_MACHINE.some((what) => line.startsWith(what)));
  expect(lines.filter((line) => / {2,}fine {2,}| fine /.test(line))).toHaveLength(8);
  expect(stdout).toMatch(/^Employees file wrong +nobody\.csv: there is no such file$/m);
  expect(stdout).toMatch(
    /^OUTPUT_DIR +wrong +input\/employees\.csv cannot be written \(EEXIST\)\n +Correct OUTPUT_DIR, or the rights of the folder\.$/m,
  );
});

test('nothing is configured: it says what a run does without it, and what no run can do without', async () => {
  const { code, findings } = await doctor(bare);
  expect(findings).toMatchObject({
    Redis: { state: 'fine', detail: expect.stringMatching(/^\d\S+, noeviction, our own \(REDIS_URL is not set\)$/) },
    'SFTP inbound': {
      state: 'not configured',
      detail: expect.stringMatching(
        new RegExp(
          `^runs use the newest files in downloaded_files/: ${bare.catalogNames.courses} and ${bare.catalogNames.standAlone}; ${bare.catalogNames.courses}: it is \\d+ days older than the run, more than CATALOG_MAX_AGE_DAYS \\(45\\)`,
        ),
      ),
    },
    'SFTP outbound': { state: 'not configured', detail: 'nothing is published' },
    Databricks: { state: 'not configured', detail: 'runs use new assignments only' },
    Recommender: {
      state: 'wrong',
      detail: 'API_BASE_URL is not set, and no run can do without it',
      remedy: 'Set API_BASE_URL, for example https://recommender.example',
    },
    'Employees file': { state: 'fine' },
    Template: { state: 'not configured', detail: 'no UserCompletion file is made' },
  });
  expect(code).toBe(1);
});

test('everything is broken: each thing says so by itself, and no secret is shown', async () => {
  await place.write('lakehouse.yaml', 'version: 2\n');
  await writeFile(bare.path('empty.csv'), 'employee_id,employee_edu_type\n');
  const { code, findings } = await doctor(place, {
    REDIS_URL: 'redis://:redis-secret@127.0.0.1:1',
    SFTP_INBOUND_HOST_FINGERPRINT: `SHA256:${'A'.repeat(43)}`,
    SFTP_OUTBOUND_REMOTE_PATH: '/nowhere',
    DATABRICKS_TOKEN: 'dapi-wrong-token',
    API_BASE_URL: 'http://127.0.0.1:1',
    EMPLOYEES_FILE: join(bare.folder, 'empty.csv'),
    USER_COMPLETION_TEMPLATE_FILE: 'input',
    OUTPUT_DIR: '/dev/null/feeds',
    SFTP_LOCAL_DIR: join(bare.folder, 'empty.csv'),
  });
  const details = Object.values(findings).map(({ detail }) => detail);
  expect(details).toEqual([
    'Redis at redis://127.0.0.1:1 does not answer (ECONNREFUSED)',
    expect.stringContaining('showed the host key'),
    `127.0.0.1:${openssh.login.port} has no such file or folder (listing "/nowhere").`,
    expect.stringMatching(/refused the login \(HTTP 40[13]\)\.$/),
    expect.stringContaining('127.0.0.1:1'),
    `${join(bare.folder, 'empty.csv')}: 0 employees`,
    'input: it is a folder',
    '/dev/null/feeds cannot be written (ENOTDIR)',
    `${join(bare.folder, 'empty.csv')} cannot be written (EEXIST)`,
    expect.stringContaining('lakehouse.yaml:1: version: "2" is not 1'),
    `Databricks at ${warehouse.host} refused the login (HTTP 401).`,
  ]);
  expect(new Set(Object.values(findings).map(({ state }) => state))).toEqual(new Set(['wrong']));
  expect(details.join()).not.toMatch(/redis-secret|dapi-wrong/);
  await rm(place.path('lakehouse.yaml'));
  expect(code).toBe(1);
});

test('an .env with secrets that others can read is wrong, and a private .env is fine', async () => {
  const secrets = await makeWorkspace({ employees: ['7,a'] });
  try {
    await secrets.write('.env', 'DASHBOARD_USER=operator\nDASHBOARD_PASSWORD=correct-horse\n');
    await chmod(secrets.path('.env'), 0o640);
    expect((await doctor(secrets)).findings['.env']).toEqual({
      state: 'wrong',
      detail: 'mode 0640: others on this machine can read its secrets',
      remedy: 'Take their rights away: chmod 600 .env',
    });
    await chmod(secrets.path('.env'), 0o600);
    expect((await doctor(secrets)).findings['.env']).toMatchObject({ state: 'fine' });
    await secrets.write('.env', 'API_TIMEOUT=20\n');
    await chmod(secrets.path('.env'), 0o644);
    expect((await doctor(secrets)).findings).not.toHaveProperty('.env');
  } finally {
    await secrets.remove();
  }
});
