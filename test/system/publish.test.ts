import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Queue } from 'bullmq';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { ContentId } from '../../src/domain/ids.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { startVendorSftpServer, type VendorSftpServer } from '../../src/sandbox/vendor-sftp-server.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { dumpRedis } from '../support/redis-contents.ts';
import { sha256 } from '../support/run-files.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeWorkspace, sftpEnvironment, type Workspace } from '../support/workspace.ts';

/** A run that publishes: its files and the two catalog files arrive on an SFTP server, over SFTP. */
const PASSWORD = 'Canary+right 5Tz';
const WRONG = 'Canary+wrong 8Qw';
const RUN = ['run', '--json', '--with-workers', '--seed', 'publish', '--as-of', '2025-10-28T11:00:00Z'];

let served: string;
let inbox: string;
let server: VendorSftpServer;
let recommender: SandboxRecommender;
let redis: TestRedis;
let workspace: Workspace;

beforeAll(async () => {
  served = await mkdtemp(join(tmpdir(), 'btc-fake-outbound-'));
  inbox = join(served, 'inbox');
  const files = join(served, 'files');
  await Promise.all([mkdir(inbox), mkdir(files)]);
  [server, recommender, redis] = await Promise.all([
    startVendorSftpServer({ files, inbox, username: 'feeds', password: PASSWORD }),
    startRecommender({ contentIds: [1_915_003, 892_001] as ContentId[] }),
    startTestRedis(),
  ]);
  workspace = await makeWorkspace({
    employees: ['1,a', '2,b', '3,f', '4,a'],
    recommenderUrl: recommender.url,
    redisUrl: redis.url,
    template: 'placeholder\n',
    env: {
      SFTP_PUBLISH_ENABLED: 'true',
      ...sftpEnvironment('SFTP_OUTBOUND', {
        host: '127.0.0.1',
        port: server.port,
        username: 'feeds',
        password: PASSWORD,
        hostFingerprint: server.hostFingerprint,
        remotePath: '/inbox',
      }),
    },
  });
});

afterAll(async () => {
  await workspace?.remove();
  await Promise.all([server?.close(), recommender?.close(), redis?.stop()]);
  await rm(served, { recursive: true, force: true });
});

/** Name → SHA-256 of the files in a folder. */
async function hashes(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, sha256(await readFile(join(folder, name)))] as const)),
  );
}

/** What a run should have published: all of its own files and the two catalog files. */
async function publication({ runId }: RunReport): Promise<Record<string, string>> {
  const rand = sha256(runId).slice(0, 6);
  const generated = Object.entries(await hashes(workspace.path('generated_files')));
  const catalogs = Object.entries(await hashes(workspace.path('downloaded_files')));
  return Object.fromEntries([...generated.filter(([name]) => name.includes(rand)), ...catalogs].sort());
}

describe('a run that publishes', () => {
  test('uploads its five files and the two catalog files, whole', async () => {
    const run = await workspace.run(RUN);
    expect(run.code).toBe(0);
    const report = run.json<RunReport>();
    expect(report).toMatchObject({ state: 'finished', stage: 'publish' });
    const published = await hashes(inbox);
    expect(published).toEqual(await publication(report));
    expect(Object.keys(published).length).toBe(7);
  });

  test('changes nothing when the same bytes are published again', async () => {
    const names = await readdir(inbox);
    const times = async () => Promise.all(names.map(async (name) => (await stat(join(inbox, name))).ctimeMs));
    const before = await times();
    const queue = new Queue('publish', { connection: { host: redis.host, port: redis.port }, prefix: '{btc-fake}' });
    const worker = workspace.start(['worker', '--only', 'publish']);
    try {
      const [job] = await queue.getCompleted();
      await queue.add('publish', job!.data, { jobId: 'once-more' });
      await waitUntil(
        'the job is done',
        async () => (await (await queue.getJob('once-more'))?.getState()) === 'completed',
        15_000,
      );
    } finally {
      await queue.close();
    }
    worker.signal('SIGTERM');
    const { stderr } = await worker.ended;
    expect(stderr.match(/Already published/g)?.length).toBe(7);
    expect(await times()).toEqual(before);
  });

  test('fails with the reason when the server refuses it, keeps its files, and is published by retry when that is fixed', async () => {
    const before = await readdir(inbox);
    const run = await workspace.run(RUN, { SFTP_OUTBOUND_PASSWORD: WRONG, LOG_LEVEL: 'trace' });
    expect(run.code).toBe(1);
    const report = run.json<RunReport>();
    expect(report).toMatchObject({ state: 'failed', stage: 'publish', counts: { done: 4, failed: 0 } });
    expect(report.reason).toMatch(/^SFTP_LOGIN_REFUSED: /);
    expect(report.files.length).toBe(4);
    expect(await readdir(inbox)).toEqual(before);
    const status = await workspace.run(['status', report.runId]);
    expect([status.code, status.stdout]).toEqual([
      1,
      expect.stringContaining('The stage publish failed: SFTP_LOGIN_REFUSED'),
    ]);
    const dump = await dumpRedis(redis.url);
    expect(dump.includes('SFTP_LOGIN_REFUSED')).toBe(true);
    for (const secret of [WRONG, PASSWORD]) {
      expect(dump.includes(secret)).toBe(false);
      expect(run.stdout + run.stderr + status.stdout + status.stderr).not.toContain(secret);
    }

    const kept = await publication(report);
    const retried = await workspace.run(['retry', report.runId, '--with-workers', '--json']);
    expect([retried.code, retried.json<RunReport>().state]).toEqual([0, 'finished']);
    expect(await hashes(inbox)).toMatchObject(kept);
    expect(await publication(report)).toEqual(kept);
    expect(Object.keys(await hashes(inbox)).length).toBe(before.length + 5);
  });

  test('is not started without credentials to publish with', async () => {
    const refused = await workspace.run(RUN, { SFTP_OUTBOUND_PASSWORD: '' });
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('SFTP_OUTBOUND_PASSWORD');
    const runs = (await workspace.run(['runs', '--json'])).json<unknown[]>();
    expect(runs.length).toBe(2);
  });
});
