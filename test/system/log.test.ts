// Proves that a worker's log of a whole run is JSON that names run, queue, job and employee where nobody looks at a
// terminal, that commands for people log text there, and that secrets are in neither.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startVendorSftpServer, type VendorSftpServer } from '../../src/sandbox/vendor-sftp-server.ts';
import { type FaultyRecommender, fails, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { makeWorkspace, sftpEnvironment, type Workspace } from '../support/workspace.ts';

const PASSWORD = 'Canary+right 5Tz';
let folder: string;
let server: VendorSftpServer;
let recommender: FaultyRecommender;
let redis: TestRedis;
let workspace: Workspace;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btc-fake-log-'));
  const [files, inbox] = [join(folder, 'files'), join(folder, 'inbox')];
  await Promise.all([mkdir(files), mkdir(inbox)]);
  server = await startVendorSftpServer({ files, inbox, username: 'feeds', password: PASSWORD });
  recommender = await startFaultyRecommender({
    answer: (id, nth) => (id === 2 && nth === 1 ? fails(503) : recommends(1_915_003)),
  });
  redis = await startTestRedis();
  // No fingerprint: the vendor's host key is warned of.
  const login = { host: '127.0.0.1', port: server.port, username: 'feeds', password: PASSWORD };
  workspace = await makeWorkspace({
    employees: ['1,a', '2,b', '3,f'],
    vendorFolder: files,
    recommenderUrl: recommender.url,
    redisUrl: redis.url,
    env: {
      SFTP_PUBLISH_ENABLED: 'true',
      LOG_LEVEL: 'trace',
      ...sftpEnvironment('SFTP_INBOUND', { ...login, remotePath: '/' }),
      ...sftpEnvironment('SFTP_OUTBOUND', { ...login, remotePath: '/inbox' }),
    },
  });
});
afterAll(async () => {
  await workspace?.remove();
  await Promise.all([server?.close(), recommender?.close(), redis?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

test('a worker: a whole run, with SFTP on both sides and an employee who is tried again', async () => {
  const worker = workspace.start(['worker']);
  await worker.waitForStderr('Working; stop with');
  const run = await workspace.run(['run', '--json']);
  expect(run.code).toBe(0);
  const { runId } = run.json<{ runId: string }>();
  worker.signal('SIGTERM');
  const { stderr } = await worker.ended;
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const line of lines) {
    expect(line).toMatchObject({
      level: expect.any(Number),
      time: expect.stringMatching(/Z$/),
      msg: expect.any(String),
    });
  }
  const ofRun = lines.filter((line) => line.queue !== undefined);
  expect(ofRun.length).toBeGreaterThan(8);
  for (const line of ofRun) {
    const job = line.queue === 'employee-simulation' ? `${runId}-${line.employeeId}` : runId;
    expect(line).toMatchObject({ runId, queue: expect.any(String), job });
  }
  const queues = new Set(ofRun.map(({ queue }) => queue));
  const expected = ['catalog-download', 'assignment', 'employee-simulation', 'file-assembly', 'publish'];
  expect(expected.filter((queue) => !queues.has(queue))).toEqual([]);
  expect(lines.filter(({ employeeId }) => employeeId === 2)).toHaveLength(1);
  expect(stderr).not.toContain('Canary');
});

test('a run whose output is no terminal: text alone, its log among its progress', async () => {
  const { code, stderr } = await workspace.run(['run', '--json', '--with-workers'], { LOG_LEVEL: 'debug' });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^ +\d+\.\d s Writing the files$/m);
  expect(stderr).toMatch(/^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\] (INFO|DEBUG|WARN): .+"queue":"file-assembly"/m);
  expect(stderr).not.toMatch(/^\{/m);
  expect(stderr).not.toContain('\u001b');
  expect(stderr).not.toContain('Canary');
});
