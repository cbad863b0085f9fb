// Proves that the alert rules and the Grafana dashboard are right, and that every metric they ask for is really
// exported.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { WorkerRegistry } from '../../src/adapters/shared-state/worker-registry.ts';
import { startWorkerHealth } from '../../src/dashboard/monitoring/worker-health.ts';
import { startDueSlot } from '../../src/producers/scheduled-run.ts';
import { describeWorker, heartbeat } from '../../src/workers/periodic/heartbeat.ts';
import { startWorkers } from '../../src/workers/runtime/runtime.ts';
import { fails, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { metricNames, samplesOf } from '../support/metrics-text.ts';
import { openRunFixture } from '../support/run-fixture.ts';
import { people } from '../support/run-state.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

const FOLDER = join(import.meta.dirname, '../../deploy');
const PROMETHEUS = join(FOLDER, 'prometheus');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

const read = (...path: string[]) => readFileSync(join(FOLDER, ...path), 'utf8');
const rules = (parse(read('prometheus', 'alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const { panels } = JSON.parse(read('grafana', 'btc-fake.json')) as { panels: Panel[] };
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

const folder = temporaryFolder('prometheus');

/** Runs promtool beside the rules. What it says when it fails is its complaint. */
function promtool(args: readonly string[], input = ''): { status: number | null; complaint: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: PROMETHEUS, encoding: 'utf8', input });
  return { status, complaint: status === 0 ? '' : `${stdout}${stderr}` };
}

test.each([
  ['the rules are right', ['check', 'rules', 'alerts.yml']],
  ['the example of a configuration is right', ['check', 'config', 'prometheus.yml']],
  ['each alert fires when it must, and only then', ['test', 'rules', 'alerts.test.yml']],
])('%s', (_what, args) => {
  expect(promtool(args)).toEqual({ status: 0, complaint: '' });
});

test('every alert has a test in which it fires, says how bad it is and what to do', () => {
  expect(rules.length).toBeGreaterThan(10);
  const fired = read('prometheus', 'alerts.test.yml')
    .match(/alertname="(\w+)"}', value: 1/g)
    ?.join();
  for (const { alert, labels, annotations } of rules) {
    expect(fired).toContain(`"${alert}"`);
    expect(labels.severity).toMatch(/^(critical|warning)$/);
    expect(annotations).toEqual({
      summary: expect.stringMatching(/\S/),
      description: expect.stringMatching(/\.$/),
      runbook: `docs/operations.md#${alert.toLowerCase()}`,
    });
  }
});

test('the panels of the Grafana dashboard have their own places and names', () => {
  const ids = panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  for (const { type, targets = [] } of panels) {
    expect(targets.length > 0).toBe(type !== 'row');
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
  }
});

test('the queries of the Grafana dashboard can be read by Prometheus', async () => {
  const exprs = queries.map((expr) => expr.replaceAll('$__rate_interval', '1m'));
  const groups = [{ name: 'panels', rules: exprs.map((expr, i) => ({ record: `panel:${i}`, expr })) }];
  const path = join(folder.path, 'queries.yml');
  await writeFile(path, JSON.stringify({ groups }));
  expect(promtool(['check', 'rules', '--lint=none', path])).toEqual({ status: 0, complaint: '' });
});

test('every metric that rules and dashboard ask for is exported by a worker with a run', async () => {
  const fixture = await openRunFixture({ JOB_ATTEMPTS: '1' });
  const recommender = await startFaultyRecommender({
    answer: (id, nth) =>
      id === 100_002
        ? fails(404)
        : id === 100_001 && nth === 1
          ? fails(429, { 'retry-after': '0' })
          : recommends(910_001),
  });
  const settings = fixture.settingsWith({ API_BASE_URL: recommender.url });
  const options = { settings, redisLocation: fixture.server.url, host: '127.0.0.1', port: 0, version: '1' };
  const health = await startWorkerHealth({ ...options, logger: fixture.logger, now: Date.now });
  const workers = startWorkers({ ...fixture, settings, observer: health.observer });
  try {
    await heartbeat(
      new WorkerRegistry(fixture.redis),
      describeWorker({ version: '1', queues: workers.queues, concurrency: 1 }, Date.now()),
      fixture,
    ).run();
    const schedule = { cron: '* * * * *', timeZone: 'UTC' };
    const applied = await fixture.schedule.apply(schedule, Date.now() - 120_000, true);
    await fixture.queues.byName['run-start'].pause();
    await startDueSlot({ ...fixture, settings }, applied, Date.now());
    await fixture.queues.byName['run-start'].resume();
    const ended = await fixture.createRunWithFlow(people(1));
    await waitUntil(
      'a run has ended',
      async () => (await fixture.store.getRun(ended.plan.id)).finishedAt !== undefined,
      15_000,
    );
    await fixture.createRunWithFlow(people(2));
    const failed = () => fixture.queues.byName['employee-simulation'].getFailedCount();
    await waitUntil('an employee has failed', async () => (await failed()) === 1, 15_000);
    const text = await (await fetch(`${health.url}/metrics`)).text();
    const exported = metricNames(samplesOf(text));
    const wanted = [...queries, ...rules.map(({ expr }) => expr)].flatMap(
      (expr) => expr.match(/\bbtc_fake_\w+/g) ?? [],
    );
    expect(new Set(wanted).size).toBeGreaterThan(25);
    expect([...new Set(wanted)].filter((name) => !exported.has(name))).toEqual([]);
    expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, complaint: '' });
  } finally {
    await workers.stop(1_000);
    await health.close();
    await recommender.close();
    await fixture.close();
  }
});
