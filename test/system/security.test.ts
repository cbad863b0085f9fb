// Proves what docs/security.md says and no other test does: the modes of files, the titles of processes, certificates
// that are refused.
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { postWebhook } from '../../src/adapters/http/webhook.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import type { ContentId } from '../../src/domain/ids.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { startVendorSftpServer } from '../../src/sandbox/vendor-sftp-server.ts';
import { makeCertificate } from '../support/certificate.ts';
import { failureOf } from '../support/failure-of.ts';
import { startTestRedis } from '../support/redis.ts';
import { requirePassword } from '../support/redis-contents.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Nothing is taken away from the modes that the command asks for. */
const NO_UMASK = { NODE_OPTIONS: '--import data:text/javascript,process.umask(0)' };

let recommender: SandboxRecommender;
const closers: (() => unknown)[] = [];
beforeAll(async () => {
  recommender = await startRecommender({ contentIds: [1_915_001 as ContentId] });
});
afterAll(() => recommender?.close());
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function workspace(options: Parameters<typeof makeWorkspace>[0]): Promise<Workspace> {
  const place = await makeWorkspace({ employees: ['104829,a'], recommenderUrl: recommender.url, ...options });
  closers.push(() => place.remove());
  return place;
}

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

test("files and folders that a run makes are its user's; its group may read them, and others nothing", async () => {
  const vendor = await makeWorkspace();
  closers.push(() => vendor.remove());
  const login = { username: 'reader', password: 'canary-modes-2Rf6' };
  const server = await startVendorSftpServer({ files: vendor.path('downloaded_files'), ...login });
  closers.push(() => server.close());
  const { port, hostFingerprint } = server;
  const place = await workspace({
    sftpInbound: { host: '127.0.0.1', port, hostFingerprint, ...login, remotePath: '/' },
    vendorFolder: vendor.path('elsewhere'),
    template: 'user_id\n',
  });
  const { code, stderr } = await place.run(['run', '--with-workers'], NO_UMASK);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const modes = new Map<string, string>();
  for (const folder of ['generated_files', 'downloaded_files']) {
    modes.set(folder, await modeOf(place.path(folder)));
    for (const name of await readdir(place.path(folder))) modes.set(name, await modeOf(place.path(folder, name)));
  }
  expect([...modes.keys()].filter((name) => name.endsWith('.csv'))).toHaveLength(5);
  expect(modes.size).toBe(2 + 5 + 2);
  for (const [name, mode] of modes) expect([name, mode]).toEqual([name, name.includes('.') ? '640' : '750']);
  expect(await modeOf(place.path('.btc-fake'))).toBe('700');
});

test('the title of a process holds no secret', async () => {
  const server = await startTestRedis();
  closers.push(server.stop);
  const redisUrl = await requirePassword(server.url, 'canary-title-3Xp9');
  const place = await workspace({ redisUrl, env: { DASHBOARD_USER: 'me', DASHBOARD_PASSWORD: 'canary-title-8Lm2' } });
  const worker = place.start(['worker']);
  await worker.waitForStderr('Working; stop with');
  for (const name of ['cmdline', 'comm', 'stat']) {
    expect(await readFile(`/proc/${worker.child.pid}/${name}`, 'utf8')).not.toContain('canary');
  }
  worker.signal('SIGTERM');
  expect((await worker.ended).code).toBe(0);
});

describe('a server whose certificate nobody vouches for is refused by', () => {
  /** Says yes to whatever comes, behind TLS. */
  async function untrusted(): Promise<number> {
    const { certPem, keyPem } = makeCertificate();
    const server = createServer(
      { cert: certPem, key: keyPem },
      (socket) => void socket.on('data', () => socket.end('+PONG\r\n')),
    );
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  test('the connection to Redis', async () => {
    const { code, message } = await failureOf(connectRedis(`rediss://localhost:${await untrusted()}`, 'command'));
    expect({ code, message }).toEqual({
      code: 'REDIS_UNREACHABLE',
      message: expect.stringContaining('UNABLE_TO_VERIFY'),
    });
  });

  test('the webhook', async () => {
    const url = `https://localhost:${await untrusted()}/hook`;
    const { code, message } = await failureOf(postWebhook(url, {}, { delaysMs: [] }));
    expect({ code, message }).toEqual({
      code: 'WEBHOOK_FAILED',
      message: expect.stringMatching(/CERT|VERIFY|SIGNATURE/),
    });
  });
});

test('nothing in the source turns the check of certificates off', async () => {
  const names = (await readdir(join(ROOT, 'src'), { recursive: true })).filter((name) => name.endsWith('.ts'));
  expect(names.length).toBeGreaterThan(100);
  const texts = await Promise.all(names.map((name) => readFile(join(ROOT, 'src', name), 'utf8')));
  expect(names.filter((_, i) => /rejectUnauthorized|NODE_TLS_REJECT/.test(texts[i]!))).toEqual([]);
});
