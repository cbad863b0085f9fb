// Proves that `btc-fake worker` serves its health and metrics where METRICS_PORT says, tells the webhook of runs, has
// them traced where that is wanted, and stops with all of it.
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { type FaultyRecommender, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { freePort } from '../support/free-port.ts';
import { samplesOf } from '../support/metrics-text.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { startTraceCollector } from '../support/trace-collector.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startWebhook, WEBHOOK_SECRET } from '../support/webhook-server.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

let redis: TestRedis;
let recommender: FaultyRecommender;
let workspace: Workspace;

beforeAll(async () => {
  redis = await startTestRedis();
  recommender = await startFaultyRecommender({ answer: () => recommends(1_915_003) });
  const employees = Array.from({ length: 20 }, (_, i) => `${100_001 + i},a`);
  workspace = await makeWorkspace({ redisUrl: redis.url, recommenderUrl: recommender.url, employees });
});
afterAll(async () => {
  await workspace?.remove();
  await recommender?.close();
  await redis?.stop();
});

test('health and metrics of a worker that works on a run, until it is told to stop', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const worker = workspace.start(['worker'], { METRICS_PORT: String(port) });
  await worker.waitForStderr('Working; stop with');
  await waitUntil('it is ready', async () => (await fetch(`${url}/readyz`)).status === 200);
  expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n');
  expect(await workspace.run(['run', '--json'])).toMatchObject({ code: 0 });
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const samples = samplesOf(await response.text());
  expect(samples.get('btc_fake_employees_simulated_total')).toBe(20);
  expect(samples.get('btc_fake_last_run_employees')).toBe(20);
  expect(samples.get('btc_fake_workers{queue="employee-simulation"}')).toBe(1);
  expect(samples.get('btc_fake_schedule_applied')).toBe(1);
  worker.signal('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0 });
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});

test('a port that is taken: one clear line, exit code 1, and no job is begun', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  try {
    await waitUntil('it listens', () => server.listening);
    const { port } = server.address() as { port: number };
    const { code, stderr } = await workspace.run(['worker'], { METRICS_PORT: String(port) });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^btc-fake: Cannot listen on 127\.0\.0\.1:\d+: .*\(PORT_UNAVAILABLE\)$/m);
    expect(stderr).not.toContain('Working');
    expect(stderr).not.toContain('    at ');
  } finally {
    server.close();
  }
});

test('a run that ends is told to the webhook, whose address is seen nowhere', async () => {
  const webhook = await startWebhook();
  try {
    const env = { ALERT_WEBHOOK_URL: webhook.url, LOG_LEVEL: 'trace' };
    const first = workspace.start(['worker'], env);
    await first.waitForStderr('Working; stop with');
    await waitUntil('alerts are sent from now on', async () => (await keys()).includes('{btc-fake}:alerts:since'));
    const { runId } = (await workspace.run(['run', '--json'], env)).json<{ runId: string }>();
    first.signal('SIGTERM');
    const said = await first.ended;
    // The next round of the first worker is half a minute away; another worker begins with one.
    const second = workspace.start(['worker'], env);
    await waitUntil('the webhook is told', () => webhook.messages.length > 0, 15_000);
    second.signal('SIGTERM');
    const alsoSaid = await second.ended;
    expect(webhook.messages).toEqual([expect.objectContaining({ event: 'finished', runId })]);
    for (const { stdout, stderr } of [said, alsoSaid]) expect(`${stdout}${stderr}`).not.toContain(WEBHOOK_SECRET);
  } finally {
    await webhook.close();
  }
});

test('with a collector the stages of a run are traced; an absent collector delays nobody', async () => {
  const collector = await startTraceCollector();
  try {
    const run = ['run', '--json', '--with-workers'];
    const traced = await workspace.run(run, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    expect(traced.code).toBe(0);
    const { runId } = traced.json<{ runId: string }>();
    const processed = collector.spans.filter(({ attributes }) => attributes['bullmq.job.id'] === runId);
    expect(processed.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['process assignment', 'process file-assembly']),
    );
    expect(collector.bodies).not.toContain('employee-simulation');
    await collector.close();
    expect((await workspace.run(run, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).code).toBe(0);
  } finally {
    await collector.close().catch(() => {});
  }
});

async function keys(): Promise<string[]> {
  const connection = new Redis(redis.url);
  try {
    return await connection.keys('*');
  } finally {
    connection.disconnect();
  }
}
