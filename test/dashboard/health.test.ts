// Proves what the health of a worker process says: alive, ready or not and why, and that serving it never stands in the
// way.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import Fastify from 'fastify';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { openQueues } from '../../src/adapters/redis/queues.ts';
import { RunStore } from '../../src/adapters/run-store/store.ts';
import { WorkerRegistry } from '../../src/adapters/shared-state/worker-registry.ts';
import { healthRoutes } from '../../src/dashboard/monitoring/health-routes.ts';
import { dashboardReadiness } from '../../src/dashboard/monitoring/readiness.ts';
import { startWorkerHealth, type WorkerHealth } from '../../src/dashboard/monitoring/worker-health.ts';
import { startWorkers } from '../../src/workers/runtime/runtime.ts';
import { failureOf } from '../support/failure-of.ts';
import { samplesOf } from '../support/metrics-text.ts';
import { startTestRedis } from '../support/redis.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { serveDashboard } from '../support/served-dashboard.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait-until.ts';

let fixture: RunFixture;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(redisLocation = fixture.server.url, port = 0): Promise<WorkerHealth> {
  const options = { settings: fixture.settings, logger: fixture.logger, version: '9.9.9', now: Date.now };
  const health = await startWorkerHealth({ ...options, redisLocation, host: '127.0.0.1', port });
  closers.push(() => health.close());
  return health;
}

async function get(url: string, path: string) {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

const readiness = async (url: string) => {
  const { status, text } = await get(url, '/readyz');
  return { status, ...JSON.parse(text) };
};

test('alive: ok', async () => {
  const { url } = await serve();
  expect(await get(url, '/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
});

test('metrics in the format that Prometheus asks for', async () => {
  const { url } = await serve();
  const { status, type, text } = await get(url, '/metrics');
  expect(status).toBe(200);
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(samplesOf(text).get('btc_fake_redis_up')).toBe(1);
});

test('a worker is ready once it reads its queues, and not any more when it stops', async () => {
  const health = await serve();
  expect(await readiness(health.url)).toEqual({
    status: 503,
    ready: false,
    problems: [{ what: 'queues', detail: 'The queues are not read (starting)' }],
  });
  const workers = startWorkers({ ...fixture, only: ['publish'], observer: health.observer });
  closers.push(() => workers.stop(500));
  health.watch(workers);
  await waitUntil('it is ready', async () => (await readiness(health.url)).status === 200);
  expect(await readiness(health.url)).toEqual({ status: 200, ready: true, problems: [] });
  await workers.stop(500);
  expect(await readiness(health.url)).toMatchObject({
    status: 503,
    problems: [{ detail: 'The queues are not read (stopping)' }],
  });
});

test('without Redis a worker is alive and not ready, says why, and is ready again when Redis is back', async () => {
  let away = await startTestRedis();
  closers.push(() => away.stop());
  const redis = await connectRedis(away.url, 'worker');
  const queues = openQueues(redis);
  const store = new RunStore(redis, 60_000);
  closers.push(async () => {
    redis.disconnect();
    await queues.close().catch(() => {});
  });
  const health = await serve(away.url);
  const workers = startWorkers({ ...fixture, redis, queues, store, only: ['publish'] });
  closers.push(() => workers.stop(500));
  health.watch(workers);
  await waitUntil('it is ready', async () => (await readiness(health.url)).status === 200);
  await away.stop();
  await waitUntil('the outage is seen', () => workers.state === 'waiting for Redis');
  const problems = [
    { what: 'redis', detail: 'Redis does not answer within a second' },
    { what: 'queues', detail: 'The queues are not read (waiting for Redis)' },
  ];
  expect(await readiness(health.url)).toEqual({ status: 503, ready: false, problems });
  expect((await get(health.url, '/healthz')).status).toBe(200);
  const { text } = await get(health.url, '/metrics');
  expect(samplesOf(text).get('btc_fake_redis_up')).toBe(0);
  away = await startTestRedis({ port: String(away.port) });
  await waitUntil('it is ready again', async () => (await readiness(health.url)).status === 200, 10_000);
});

test('a Redis that takes no writes makes neither a worker nor a dashboard ready, and says why', async () => {
  const health = await serve();
  const dashboard = Fastify();
  await dashboard.register(healthRoutes, {
    readiness: dashboardReadiness(fixture.redis),
    metrics: { scrape: async () => '', contentType: 'text/plain' },
  });
  closers.push(() => dashboard.close());
  await fixture.redis.config('SET', 'min-replicas-to-write', '1');
  closers.push(() => fixture.redis.config('SET', 'min-replicas-to-write', '0'));
  const problem = {
    what: 'redis',
    detail: 'Redis takes no writes because it has too few replicas (NOREPLICAS Not enough good replicas to write.)',
  };
  expect((await readiness(health.url)).problems).toContainEqual(problem);
  const { statusCode, body } = await dashboard.inject('/readyz');
  expect([statusCode, JSON.parse(body).problems]).toEqual([503, [problem]]);
});

test('a Redis that says nothing is not waited for, and neither is a reader that stays connected', async () => {
  const proxy = await startTcpProxy({ host: fixture.server.host, port: fixture.server.port });
  closers.push(() => proxy.close());
  const health = await serve(`redis://${proxy.host}:${proxy.port}`);
  expect((await get(health.url, '/metrics')).status).toBe(200);
  proxy.misbehave({ blackHole: true });
  expect((await readiness(health.url)).problems).toContainEqual(expect.objectContaining({ what: 'redis' }));
  const begin = performance.now();
  // fetch keeps its connection open.
  await health.close();
  expect(performance.now() - begin).toBeLessThan(5_000);
});

test('a port that is taken is one clear line', async () => {
  const { url } = await serve();
  const error = await failureOf(() => serve(fixture.server.url, Number(new URL(url).port)));
  expect(error).toMatchObject({ code: 'PORT_UNAVAILABLE' });
  expect(error.message).toContain('something else listens there');
});

describe('a dashboard', () => {
  async function readinessOfDashboard() {
    const app = Fastify();
    closers.push(() => app.close());
    const metrics = { contentType: 'text/plain', scrape: async () => '' };
    await app.register(healthRoutes, { metrics, readiness: dashboardReadiness(fixture.redis) });
    const { statusCode, json } = await app.inject('/readyz');
    return { status: statusCode, ...json() };
  }

  test('is not ready while no worker is alive', async () => {
    expect(await readinessOfDashboard()).toEqual({
      status: 503,
      ready: false,
      problems: [{ what: 'workers', detail: 'No worker is alive; start one with: btc-fake worker' }],
    });
  });

  test('is ready when one is', async () => {
    const worker = { id: 'a', host: 'a.example', pid: 7, version: '1', queues: [], concurrency: 0, startedAt: 1 };
    await new WorkerRegistry(fixture.redis).announce(worker, Date.now);
    expect(await readinessOfDashboard()).toEqual({ status: 200, ready: true, problems: [] });
  });
});

test('the dashboard serves all three without a login, and pages only with one', async () => {
  const dashboard = await serveDashboard(fixture, { DASHBOARD_USER: 'operator', DASHBOARD_PASSWORD: 'canary-1f7e' });
  closers.push(() => dashboard.close());
  expect((await get(dashboard.url, '/')).status).toBe(401);
  expect(await get(dashboard.url, '/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
  expect((await get(dashboard.url, '/readyz')).status).toBe(503);
  const { status, type, text } = await get(dashboard.url, '/metrics');
  expect({ status, type }).toEqual({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
  expect(samplesOf(text).get('btc_fake_redis_up')).toBe(1);
  expect(text).not.toContain('canary');
});
