// R6: the master changes, or our keys move to another node, in the middle of a run. Workers and dashboards move on by
// themselves, and the run ends with the bytes of the undisturbed one.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, jest, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { RedisConnection } from '../../src/adapters/redis/client.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { infoField } from '../../src/adapters/redis/suitability.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { startDashboardProcess } from '../support/dashboard-process.ts';
import { CANARIES, type FaultFixture, openFaultFixture, type RedisElsewhere } from '../support/fault-fixture.ts';
import { judge } from '../support/fault-oracle.ts';
import { type Answer, recommends } from '../support/faulty-recommender.ts';
import { FULL_SIZE } from '../support/full-size.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { startTestCluster } from '../support/redis-cluster.ts';
import { startSentinelGroup } from '../support/redis-sentinel.ts';
import { letLocksExpire } from '../support/stalled-jobs.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait-until.ts';

const EMPLOYEES = FULL_SIZE ? 3_000 : 150;
const LATENCY_MS = 15;
const SENTINEL_PASSWORD = 'canary-sentinel-3Hn8';

// They share the machine with all other tests.
jest.setTimeout(FULL_SIZE ? 300_000 : 120_000);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** What every answer of the recommender waits for; a run lasts long enough to be disturbed. */
let latencyMs = 0;

async function openFixture(elsewhere: RedisElsewhere): Promise<FaultFixture> {
  latencyMs = LATENCY_MS;
  const fixture = await openFaultFixture({
    employees: EMPLOYEES,
    elsewhere,
    misbehave: (id) =>
      latencyMs === 0
        ? undefined
        : ({ ...recommends(892_001 + (id % 2), 555, 1_915_003), delayMs: latencyMs } as Answer),
    env: { EMPLOYEE_CONCURRENCY: '5', SHUTDOWN_TIMEOUT: '3', JOB_ATTEMPTS: '1' },
  });
  closers.push(() => fixture.close());
  return fixture;
}

async function connection(url: string, sentinelPassword?: string): Promise<RedisConnection> {
  const redis = await connectRedis(url, 'worker', sentinelPassword === undefined ? {} : { sentinelPassword });
  closers.push(() => redis.disconnect());
  return redis;
}

function direct({ port, host }: TestRedis): Redis {
  const redis = new Redis(port, host, { password: CANARIES.redis, disconnectTimeout: 100 });
  redis.on('error', () => {});
  closers.push(() => redis.disconnect());
  return redis;
}

const withLogin = (url: string) => url.replace('://', `://:${CANARIES.redis}@`);

/**
 * Lets the run end. What was lost with the old master, or failed on the way, is taken up when the locks of its jobs are
 * over; nobody waits for that minute.
 */
async function ends(fixture: FaultFixture, worker: RunningBtcFake, runId: RunId): Promise<void> {
  latencyMs = 0;
  const isDone = fixture.reaches(runId, 'finished', 60_000).then(
    () => true,
    () => false,
  );
  for (let before = -1; !(await Promise.race([isDone, delay(3_000, false)])); ) {
    const done = await fixture.store.countResults(runId);
    if (done === before) await letLocksExpire(fixture.connection);
    if (done === before) fixture.start(['worker', '--only', 'publish']);
    before = done;
  }
  expect(await isDone).toBe(true);
  worker.signal('SIGTERM');
  expect((await worker.ended).code).toBe(0);
}

test('R6: a failover by sentinels, twice in a run, planned and by a crash: it continues on the new master by itself', async () => {
  const group = await startSentinelGroup({ password: CANARIES.redis, sentinelPassword: SENTINEL_PASSWORD });
  closers.push(() => group.stop());
  const env = { REDIS_URL: group.url, REDIS_SENTINEL_PASSWORD: SENTINEL_PASSWORD };
  const fixture = await openFixture({ env, connection: await connection(group.url, SENTINEL_PASSWORD) });
  const runId = await fixture.begin();
  const worker = fixture.start(['worker']);
  await fixture.done(runId, EMPLOYEES * 0.2);
  await group.failOver();
  await fixture.done(runId, EMPLOYEES * 0.6);
  await group.loseMaster();
  await ends(fixture, worker, runId);
  const master = group.servers[await group.master()]!;
  await judge({ ...fixture, connection: direct(master), redisUrl: withLogin(master.url) }, runId, {
    extraCalls: () => 2,
  });
  expect(fixture.processes.map(({ stdout, stderr }) => stdout + stderr).join('')).not.toContain(SENTINEL_PASSWORD);
});

test('R6: a reshard of a cluster, twice in a run: our slot is followed while it moves', async () => {
  const cluster = await startTestCluster({ requirepass: CANARIES.redis, masterauth: CANARIES.redis });
  closers.push(() => cluster.stop());
  const fixture = await openFixture({ env: { REDIS_URL: cluster.url }, connection: await connection(cluster.url) });
  const runId = await fixture.begin();
  const worker = fixture.start(['worker']);
  for (const share of [0.2, 0.6]) {
    await fixture.done(runId, EMPLOYEES * share);
    await cluster.reshardTo(((await cluster.owner()) + 1) % 3);
  }
  await ends(fixture, worker, runId);
  const owner = cluster.nodes[await cluster.owner()]!;
  await judge({ ...fixture, connection: direct(owner), redisUrl: withLogin(owner.url) }, runId, {
    extraCalls: () => 2,
  });
});

test('R6: a master that is demoted and stays reachable: refused commands pause, health says so, and all move on', async () => {
  const logins = { requirepass: CANARIES.redis, masterauth: CANARIES.redis, 'repl-diskless-sync-delay': '0' };
  const old = await startTestRedis(logins);
  closers.push(() => old.stop());
  const next = await startTestRedis({ ...logins, replicaof: `127.0.0.1 ${old.port}` });
  closers.push(() => next.stop());
  const [oldMaster, newMaster] = [direct(old), direct(next)];
  await waitUntil('the replica is in step', async () =>
    (await newMaster.info('replication')).includes('master_link_status:up'),
  );
  const target = { host: old.host, port: old.port };
  const proxy = await startTcpProxy(target);
  closers.push(() => proxy.close());
  const url = withLogin(`redis://${proxy.host}:${proxy.port}`);
  const fixture = await openFixture({ env: { REDIS_URL: url }, connection: await connection(url) });
  const runId = await fixture.begin();
  const worker = fixture.start(['worker']);
  const dashboard = await startDashboardProcess(fixture.workspace, { REDIS_URL: url });
  const ready = async () => (await fetch(`${dashboard.url}/readyz`)).text();
  await fixture.done(runId, EMPLOYEES / 5);
  expect(await ready()).toContain('"ready":true');

  await newMaster.replicaof('NO', 'ONE');
  await oldMaster.replicaof(next.host, next.port);
  await worker.waitForStderr('is a read-only replica');
  await waitUntil('health says so', async () => (await ready()).includes('is a read-only replica'));
  const refused = async () =>
    Number(infoField(await oldMaster.info('errorstats'), 'errorstat_READONLY')?.slice(6) ?? 0);
  const before = await refused();
  await delay(2_000);
  // Every connection asks about once a second. A connection that does not pause is refused a thousand times.
  expect((await refused()) - before).toBeLessThan(120);

  target.port = next.port;
  await waitUntil('the dashboard has moved on', async () => (await ready()).includes('"ready":true'), 20_000);
  await ends(fixture, worker, runId);
  expect(worker.stderr).not.toContain('Warning');
  expect(worker.stderr.split('\n').length).toBeLessThan(30);
  await judge({ ...fixture, connection: newMaster, redisUrl: withLogin(next.url) }, runId, { extraCalls: () => 1 });
});
