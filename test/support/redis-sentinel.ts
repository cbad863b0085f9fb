import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { launchRedis, redisPrograms } from '../../src/adapters/embedded-redis/program.ts';
import { freePort, startTestRedis, type TestRedis } from './redis.ts';
import { waitUntil } from './wait-until.ts';

/** A real master and replica that a real sentinel watches, on loopback. */
export interface SentinelGroup {
  /** `redis+sentinel://` with the login, the sentinel and the name. */
  readonly url: string;
  /** The sentinel's own port and password. */
  readonly sentinelPort: number;
  readonly servers: readonly TestRedis[];
  /** Straight to each server, in the order of `servers`. */
  readonly connections: readonly Redis[];
  /** Which of the servers the sentinel calls the master. */
  master(): Promise<number>;
  /** A planned failover: waits until the replica has taken over, and the master has become its replica. */
  failOver(): Promise<void>;
  /** SIGKILL to the master: waits until the sentinel has noticed and the replica takes writes. */
  loseMaster(): Promise<void>;
  stop(): Promise<void>;
}

export const SENTINEL_NAME = 'btc-master';
const HOST = '127.0.0.1';
const LIMIT_MS = 20_000;

/** What the servers and the sentinel ask for. */
export interface SentinelLogins {
  readonly password: string;
  readonly sentinelPassword: string;
}

/** Starts a sentinel with these lines of configuration, which it keeps in a folder. @returns what ends it. */
export async function launchSentinel(folder: string, lines: readonly string[]): Promise<() => Promise<void>> {
  const settings = join(folder, 'sentinel.conf');
  await writeFile(settings, `${lines.join('\n')}\n`);
  const args = [settings, '--sentinel'];
  const child = await launchRedis(redisPrograms(process.cwd()), { args, cwd: folder, logFd: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return async () => {
    child.kill('SIGKILL');
    await ended;
  };
}

/** Starts one. Stop it when the test is done, also when it failed. */
export async function startSentinelGroup({ password, sentinelPassword }: SentinelLogins): Promise<SentinelGroup> {
  const folder = await mkdtemp(join(tmpdir(), 'btc-fake-sentinel-'));
  const connections: Redis[] = [];
  const closers: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  const connect = (port: number, secret: string): Redis => {
    const connection = new Redis(port, HOST, { password: secret, maxRetriesPerRequest: null, disconnectTimeout: 100 });
    connection.on('error', () => {});
    closers.push(() => connection.disconnect());
    return connection;
  };
  const serve = async (settings: Record<string, string>): Promise<TestRedis> => {
    const logins = { requirepass: password, masterauth: password, 'repl-diskless-sync-delay': '0' };
    const server = await startTestRedis({ ...logins, ...settings });
    closers.push(() => server.stop());
    connections.push(connect(server.port, password));
    return server;
  };
  try {
    const first = await serve({});
    const second = await serve({ replicaof: `${HOST} ${first.port}` });
    const sentinelPort = await freePort(HOST);
    const lines = [
      `bind ${HOST}`,
      `port ${sentinelPort}`,
      `dir ${folder}`,
      `requirepass ${sentinelPassword}`,
      `sentinel monitor ${SENTINEL_NAME} ${HOST} ${first.port} 1`,
      `sentinel auth-pass ${SENTINEL_NAME} ${password}`,
      `sentinel down-after-milliseconds ${SENTINEL_NAME} 1500`,
      `sentinel failover-timeout ${SENTINEL_NAME} 6000`,
    ];
    closers.push(await launchSentinel(folder, lines));
    const sentinel = connect(sentinelPort, sentinelPassword);
    const servers = [first, second];
    const masterPort = async () => {
      const [, port] = (await sentinel.call('SENTINEL', 'get-master-addr-by-name', SENTINEL_NAME)) as [string, string];
      return Number(port);
    };
    const master = async () => {
      const port = await masterPort();
      return servers.findIndex((server) => server.port === port);
    };
    const knowsAReplica = async () => {
      const replicas = (await sentinel.call('SENTINEL', 'replicas', SENTINEL_NAME)) as unknown[];
      return replicas.length > 0 && JSON.stringify(replicas).includes('"master-link-status","ok"');
    };
    await waitUntil('the sentinel knows a replica in step', knowsAReplica, LIMIT_MS);
    return {
      url: `redis+sentinel://:${password}@${HOST}:${sentinelPort}/${SENTINEL_NAME}`,
      sentinelPort,
      servers,
      connections,
      master,
      failOver: async () => {
        const before = await masterPort();
        const begin = () =>
          sentinel.call('SENTINEL', 'failover', SENTINEL_NAME).then(
            () => true,
            () => false,
          );
        await waitUntil('the failover begins', begin, LIMIT_MS);
        await waitUntil('another is the master', async () => (await masterPort()) !== before, LIMIT_MS);
        const now = await master();
        const hasRole = async (server: number, role: string) =>
          (await connections[server]!.info('replication')).includes(`role:${role}`);
        await waitUntil('it takes writes', () => hasRole(now, 'master'), LIMIT_MS);
        await waitUntil('the other has become its replica', () => hasRole(1 - now, 'slave'), LIMIT_MS);
      },
      loseMaster: async () => {
        const lost = await master();
        await servers[lost]!.stop();
        await waitUntil('another is the master', async () => (await master()) === 1 - lost, LIMIT_MS);
        const left = connections[1 - lost]!;
        await waitUntil(
          'it takes writes',
          async () => (await left.info('replication')).includes('role:master'),
          LIMIT_MS,
        );
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
