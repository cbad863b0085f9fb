// Proves, with a real collector, that the stages of a run are traced and employees are not, and that a collector that
// is away or slow neither harms nor delays anything.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { diag } from '@opentelemetry/api';
import { startTelemetry, type Telemetry } from '../../../src/adapters/process/telemetry.ts';
import { openQueues } from '../../../src/adapters/redis/queues.ts';
import { startWorkers, type Workers } from '../../../src/workers/runtime/runtime.ts';
import {
  type Answer,
  type FaultyRecommender,
  recommends,
  startFaultyRecommender,
} from '../../support/faulty-recommender.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';
import { startTraceCollector, type TraceCollector } from '../../support/trace-collector.ts';
import { waitUntil } from '../../support/wait-until.ts';

let fixture: RunFixture;
let recommender: FaultyRecommender;
let answer: () => Answer;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  fixture = await openRunFixture();
  recommender = await startFaultyRecommender({ answer: () => answer() });
});
afterAll(async () => {
  await recommender?.close();
  await fixture?.close();
});
beforeEach(() => fixture.reset());
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Workers of all queues, as a process with traces starts them. */
function workTraced(endpoint: string): { telemetry: Telemetry; workers: Workers } {
  const telemetry = startTelemetry({ endpoint, version: '9.9.9', logger: fixture.logger });
  closers.push(() => telemetry.stop());
  const queues = openQueues(fixture.redis, telemetry.ofQueues);
  closers.push(() => queues.close());
  const settings = fixture.settingsWith({ API_BASE_URL: recommender.url });
  const workers = startWorkers({ ...fixture, settings, queues, telemetry: telemetry.ofQueues });
  closers.push(() => workers.stop(500));
  return { telemetry, workers };
}

async function runToItsEnd(count = 3): Promise<string> {
  const run = await fixture.createRun(people(count));
  const ended = async () => (await fixture.store.getRun(run.plan.id)).finishedAt !== undefined;
  await waitUntil('the run has ended', ended, 15_000);
  return run.plan.id;
}

async function collector(status: number | 'never' = 200): Promise<TraceCollector> {
  const started = await startTraceCollector(status);
  closers.push(() => started.close());
  return started;
}

test('the stages of a run come as one trace, and nothing of employees or of idle workers', async () => {
  answer = () => recommends(910_001);
  const { url, spans } = await collector();
  const { telemetry, workers } = workTraced(`${url}/`);
  const runId = await runToItsEnd();
  await workers.stop(500);
  await telemetry.stop();
  const names = spans.map(({ name }) => name);
  for (const stage of ['run-start', 'catalog-download', 'assignment', 'file-assembly']) {
    const [process] = spans.filter(({ name }) => name === `process ${stage}`);
    expect(process).toMatchObject({ attributes: expect.objectContaining({ 'bullmq.job.id': runId }) });
  }
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['btc-fake 9.9.9']));
  expect(names.filter((name) => /employee|getNextJob|Stalled/.test(name))).toEqual([]);
});

test('the jobs of employees carry nothing of a trace', async () => {
  answer = () => ({ kind: 'silence' });
  const { url } = await collector();
  workTraced(url);
  const run = await fixture.createRun(people(2));
  const queue = fixture.queues.byName['employee-simulation'];
  await waitUntil('the employees are queued', async () => (await queue.getJobCountByTypes('active', 'waiting')) === 2);
  const stage = await fixture.job('file-assembly', run.plan.id);
  expect(stage.opts.telemetry?.metadata).toContain('traceparent');
  for (const job of await queue.getJobs(['active', 'waiting'])) {
    expect(job.opts.telemetry).toBeUndefined();
    expect(Object.keys(job.data).sort()).toEqual(['employeeId', 'employeeType', 'position', 'runId', 'version']);
  }
});

test.each<[string, () => Promise<string>]>([
  ['is away', async () => 'http://127.0.0.1:9'],
  ['answers with errors', async () => (await collector(400)).url],
  ['never answers', async () => (await collector('never')).url],
])('a collector that %s: the run ends as ever, stopping is quick, and the log says so once', async (_what, begin) => {
  answer = () => recommends(910_001);
  const { telemetry, workers } = workTraced(await begin());
  await runToItsEnd();
  await workers.stop(500);
  const before = performance.now();
  await telemetry.stop();
  expect(performance.now() - before).toBeLessThan(4_000);
  const lines = fixture.log.filter(({ msg }) => msg.startsWith('Traces cannot be sent'));
  expect(lines).toEqual([expect.objectContaining({ level: 40, reason: expect.any(String) })]);
  expect(fixture.log.filter(({ level }) => level >= 50)).toEqual([]);
});

test('whatever goes wrong with traces, and however often, is one line of the log', async () => {
  const { url } = await collector();
  const telemetry = startTelemetry({ endpoint: url, version: '9.9.9', logger: fixture.logger });
  diag.error('first');
  diag.warn('second');
  diag.info('third');
  await Promise.all([telemetry.stop(), telemetry.stop()]);
  diag.error('after the end');
  expect(fixture.log).toEqual([expect.objectContaining({ level: 40, reason: 'first' })]);
});
