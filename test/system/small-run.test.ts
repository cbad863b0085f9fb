import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import { startVendorSftpServer, type VendorSftpServer } from '../../src/sandbox/vendor-sftp-server.ts';
import type { BtcFakeResult } from '../support/btc-fake.ts';
import { type FaultyRecommender, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { type OpenSshServer, startOpenSshServer } from '../support/openssh-server.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { dumpRedis, requirePassword } from '../support/redis-contents.ts';
import { sha256 } from '../support/run-files.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';
import { makeWorkspace, sftpEnvironment, type Workspace } from '../support/workspace.ts';

/**
 * One run over all real protocols, from inputs in test/fixtures/small-run/ to files that are compared byte for byte
 * with those in its folder `expected/`. They were worked out by `expected.py` there, from the contract alone.
 */
const FIXTURES = join(import.meta.dirname, '../fixtures/small-run');
const EXPECTED = join(FIXTURES, 'expected');
/** What must show up nowhere. */
const SECRETS = { sftp: 'Canary#sftp+7Kq', databricks: 'dapi-canary-9Zx', redis: 'canary.redis.4Wv' };

let sshd: OpenSshServer;
let outbound: VendorSftpServer;
let warehouse: Warehouse;
let recommender: FaultyRecommender;
let redis: TestRedis;
let redisUrl: string;
let served: string;
let workspace: Workspace;
let run: BtcFakeResult;
let report: RunReport;
let names: { completions: string; nonCompleted: string; userCompletion: string; summary: string; manifest: string };
let rand: string;

beforeAll(async () => {
  const answers = JSON.parse(await readFile(join(FIXTURES, 'recommendations.json'), 'utf8')) as Record<string, unknown>;
  served = await mkdtemp(join(tmpdir(), 'btc-fake-outbound-'));
  await Promise.all(['files', 'inbox'].map((name) => mkdir(join(served, name))));
  [sshd, outbound, warehouse, recommender, redis] = await Promise.all([
    startOpenSshServer(),
    startVendorSftpServer({
      files: join(served, 'files'),
      inbox: join(served, 'inbox'),
      username: 'feeds',
      password: SECRETS.sftp,
    }),
    startWarehouse({ token: SECRETS.databricks }),
    startFaultyRecommender({ answer: (id) => ({ kind: 'reply', body: JSON.stringify(answers[id]) }) }),
    startTestRedis(),
  ]);
  redisUrl = await requirePassword(redis.url, SECRETS.redis);
  for (const table of ['content_assignments', 'content_completion']) {
    const file = join(FIXTURES, `${table}.csv`);
    await warehouse.load(`INSERT INTO ${table} SELECT * FROM read_csv('${file}', header = true, all_varchar = true)`);
  }
  await cp(join(FIXTURES, 'vendor'), sshd.folder, { recursive: true });
  workspace = await makeWorkspace({
    employees: await readFile(join(FIXTURES, 'employees.csv'), 'utf8'),
    sftpInbound: { ...sshd.login, remotePath: sshd.folder },
    recommenderUrl: recommender.url,
    warehouse,
    redisUrl,
    env: {
      BUSINESS_TIMEZONE: 'America/Los_Angeles',
      USER_COMPLETION_TEMPLATE_FILE: 'input/template.csv',
      SFTP_PUBLISH_ENABLED: 'true',
      ...sftpEnvironment('SFTP_OUTBOUND', {
        host: '127.0.0.1',
        port: outbound.port,
        username: 'feeds',
        password: SECRETS.sftp,
        hostFingerprint: outbound.hostFingerprint,
        remotePath: '/inbox',
      }),
      LOG_LEVEL: 'trace',
    },
  });
  await copyFile(join(FIXTURES, 'template.csv'), workspace.path('input', 'template.csv'));
  run = await workspace.run([
    ...['run', '--with-workers', '--json'],
    ...['--seed', 'small-run', '--as-of', '2025-11-03T02:30:00.750Z'],
  ]);
  if (run.code !== 0) throw new Error(run.stderr);
  report = run.json<RunReport>();
  rand = sha256(report.runId).slice(0, 6);
  const tail = `2025_11_2_1_${rand}`;
  names = {
    completions: `ContentUserCompletion_V2_${tail}.csv`,
    nonCompleted: `Non_Completed_Assignments_V2_${tail}.csv`,
    userCompletion: `UserCompletion_v2_${tail}.csv`,
    summary: `Run_${tail}.summary.txt`,
    manifest: `Run_${tail}.manifest.json`,
  };
});

afterAll(async () => {
  await workspace?.remove();
  await Promise.all([sshd?.stop(), outbound?.close(), warehouse?.close(), recommender?.close(), redis?.stop()]);
  await rm(served, { recursive: true, force: true });
});

function generated(name: string): Promise<Buffer> {
  return readFile(workspace.path('generated_files', name));
}

async function expected(name: string): Promise<string> {
  const text = await readFile(join(EXPECTED, name), 'utf8');
  return text.replaceAll('RANDOM', rand).replaceAll('RUN-ID', report.runId);
}

describe('a small run over SFTP, Databricks, the recommender and Redis', () => {
  test('writes the rows of ContentUserCompletion that were worked out by hand', async () => {
    expect((await generated(names.completions)).toString()).toBe(await expected('ContentUserCompletion.csv'));
  });

  test('writes the rows of Non_Completed_Assignments that were worked out by hand', async () => {
    expect((await generated(names.nonCompleted)).toString()).toBe(await expected('Non_Completed_Assignments.csv'));
  });

  test('copies the UserCompletion template byte for byte', async () => {
    expect(await generated(names.userCompletion)).toEqual(await readFile(join(FIXTURES, 'template.csv')));
  });

  test('tells in the summary what each employee did, what the manager chose and which files there are', async () => {
    expect((await generated(names.summary)).toString()).toBe(await expected('summary.txt'));
  });

  test('puts inputs, counts, rows and hashes on record in the manifest', async () => {
    const manifest = JSON.parse(await expected('manifest.json'));
    // The expected one was hashed before the run had its six characters.
    const summary = manifest.outputs.find(({ name }: { name: string }) => name === names.summary);
    summary.sha256 = sha256(await generated(names.summary));
    // Nor the ports of its servers.
    const { catalog, schema } = manifest.inputs.databricks;
    const { host, port, username: user } = sshd.login;
    manifest.sources = {
      recommender: `${recommender.url}/public/api/v1/mltr/v3/run`,
      sftp: { host, port, user, path: sshd.folder },
      databricks: { host: warehouse.host, httpPath: warehouse.httpPath, catalog, schema },
    };
    expect(JSON.parse((await generated(names.manifest)).toString())).toEqual(manifest);
    for (const { name, bytes, sha256: hash } of manifest.outputs) {
      const file = await generated(name);
      expect({ name, bytes: file.length, sha256: sha256(file) }).toEqual({ name, bytes, sha256: hash });
    }
  });

  test('leaves these files and no others', async () => {
    expect((await readdir(workspace.path('generated_files'))).sort()).toEqual(Object.values(names).sort());
  });

  test('takes the newest catalog file of each kind, and leaves nothing half-fetched', async () => {
    const fetched = ['CourseCatalog_V2_2025_10_31_1_ec83a5.csv', 'StandAloneContent_v2_2025_11_1_2_77434e.csv'];
    const local = (await readdir(workspace.path('downloaded_files'))).filter((name) => fetched.includes(name));
    expect(local.sort()).toEqual(fetched);
    for (const name of fetched) {
      const there = await readFile(join(FIXTURES, 'vendor', name));
      expect(await readFile(workspace.path('downloaded_files', name))).toEqual(there);
    }
  });

  test('calls the recommender once for each employee, with the id as a number', () => {
    expect(new Set(recommender.calls.values())).toEqual(new Set([1]));
    expect(recommender.requests.map(({ body }) => body).sort()).toEqual(
      [104829, 104830, 104831, 104832, 104833, 104834, 104835, 104836, 104837, 104838].map(
        (id) => `{"data":{"ba_id":${id}}}`,
      ),
    );
    expect(new Set(recommender.requests.map(({ path }) => path))).toEqual(new Set(['/public/api/v1/mltr/v3/run']));
  });

  test('reports the run as JSON', () => {
    expect(report).toMatchObject({
      state: 'finished',
      seed: 'small-run',
      asOf: '2025-11-03T02:30:00Z',
      counts: { employees: 10, done: 10, failed: 0 },
      failedEmployees: [],
      manifest: `generated_files/${names.manifest}`,
    });
    expect(report.files.map(({ path, rows }) => [path, rows])).toEqual([
      [`generated_files/${names.completions}`, 18],
      [`generated_files/${names.nonCompleted}`, 23],
      [`generated_files/${names.userCompletion}`, 1],
      [`generated_files/${names.summary}`, 28],
    ]);
  });

  test('tells nobody a secret: not in outputs and logs, not in Redis, not in files', async () => {
    const [status, doctor, refused] = await Promise.all([
      workspace.run(['status', report.runId, '--json']),
      workspace.run(['doctor']),
      workspace.run(['runs'], { REDIS_URL: redisUrl.replace('@', 'x@') }),
    ]);
    expect([status.code, doctor.code, refused.code]).toEqual([0, 0, 1]);
    const dump = await dumpRedis(redisUrl);
    expect(dump.includes(report.runId)).toBe(true);
    const places: [string, string | Buffer][] = [['Redis', dump]];
    for (const name of Object.values(names)) places.push([name, await generated(name)]);
    for (const [what, { stdout, stderr }] of Object.entries({ run, status, doctor, refused })) {
      places.push([what, stdout + stderr]);
    }
    for (const secret of Object.values(SECRETS)) {
      expect(places.filter(([, text]) => text.includes(secret)).map(([place]) => place)).toEqual([]);
    }
  });
});
