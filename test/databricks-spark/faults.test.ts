// Proves that recommender faults over real HTTP change no decision: the notebook waits, retries and gives up as the
// queue does, writes nothing while employees have failed, and leaves them out only when told to.
import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import {
  type Answer,
  type FaultyRecommender,
  fails,
  recommends,
  startFaultyRecommender,
} from '../support/faulty-recommender.ts';
import { readRunFiles } from '../support/run-files.ts';
import type { SparkRunner } from '../support/spark-runner.ts';
import {
  comparableManifest,
  type EngineCase,
  manifestName,
  startTwoEngines,
  type TwoEngines,
} from '../support/two-engines.ts';

const LIMIT_MS = 600_000;
const ONE: EngineCase = {
  seed: 11,
  employees: 90,
  asOf: '2025-10-28T11:00:00Z',
  timeZone: 'Europe/Berlin',
  sessionZone: 'UTC',
};

/** What passes: each is met by every tenth employee or so, on the first call alone. */
const PASSING: readonly Answer[] = [
  fails(429, { 'retry-after': '1' }),
  fails(500),
  { kind: 'silence' },
  { kind: 'drip', everyMs: 200 },
  { kind: 'reset' },
  { kind: 'cut-body' },
  fails(503, { 'retry-after': '1' }, '<html>busy</html>'),
];
/** What does not. */
const LASTING: readonly Answer[] = [
  fails(404),
  { kind: 'html' },
  { kind: 'cut-json' },
  fails(422, {}, '{"error":"unknown \\u0007 ba"}'),
];

let engines: TwoEngines;
let spark: SparkRunner;
let recommender: FaultyRecommender;
let lasting = false;
let onCall = () => {};

beforeAll(async () => {
  engines = await startTwoEngines();
  recommender = await startFaultyRecommender({
    answer: (id, nthCall) => {
      onCall();
      const kind = Math.floor(id / 3) % 20;
      const fault = PASSING[kind];
      if (fault && nthCall === 1) return fault;
      if (lasting && kind >= 20 - LASTING.length) return LASTING[kind - 20 + LASTING.length] as Answer;
      return recommends(1_915_000 + (id % 7) * 7, 555, 1_915_000);
    },
  });
  spark = engines.startSpark(true);
}, LIMIT_MS);

afterAll(async () => {
  await spark?.close();
  await recommender?.close();
  await engines?.close();
});

function choice(widgets: Readonly<Record<string, string>> = {}) {
  const env = { API_TIMEOUT: '1' };
  return { recommenderUrl: recommender.url, env, widgets: { recommender_timeout: '1', ...widgets } };
}

test(
  'faults that pass change nothing, and those that last fail their employees alone, in both engines',
  async () => {
    lasting = true;
    const run = await engines.queue(ONE, choice());
    expect(run.result.code).toBe(2);
    const { runId, failedEmployees } = run.result.json<RunReport>();
    recommender.forgetCalls();

    const refused = await engines.native(spark, ONE, run, choice());
    expect(refused.error?.code).toBe('RUN_INCOMPLETE');
    expect(refused.error?.message).toContain(
      `${failedEmployees.length} employees failed (RECOMMENDER_BODY, RECOMMENDER_REJECTED)`,
    );
    expect(await readdir(engines.volume(ONE))).not.toContain('drops');
    // What passes is asked for twice, what lasts once.
    expect(new Set(recommender.calls.values())).toEqual(new Set([1, 2]));

    // Told to leave them out, both write the same files, and the notebook asks for the failed ones alone.
    recommender.forgetCalls();
    expect(await engines.native(spark, ONE, run, choice({ without_failed: 'true' }))).toMatchObject({
      value: { state: 'finished', failedEmployees: failedEmployees.length },
    });
    expect(new Set(recommender.calls.keys())).toEqual(
      new Set(failedEmployees.map(({ employeeId }) => Number(employeeId))),
    );
    const finish = await engines.workspace.run(['finish', runId, '--without-failed', '--json'], {
      API_BASE_URL: recommender.url,
      USER_COMPLETION_TEMPLATE_FILE: 'input/template.csv',
    });
    expect([finish.code, finish.stderr]).toEqual([0, expect.anything()]);
    const queue = await readRunFiles(finish.json<RunReport>(), engines.workspace.folder);
    const native = await engines.dropped(ONE);
    const manifest = native[manifestName(native)];
    expect(comparableManifest(manifest)).toEqual(comparableManifest(JSON.stringify(queue.manifest)));
    for (const text of [queue.completions, queue.nonCompleted, queue.summary])
      expect(Object.values(native)).toContain(text);
  },
  LIMIT_MS,
);

test(
  'a run that is repaired when the recommender is well again asks for the failed employees alone, and writes the whole files',
  async () => {
    const one = { ...ONE, seed: 12 };
    lasting = false;
    recommender.forgetCalls();
    const run = await engines.queue(one, choice());
    expect([run.result.code, run.result.stderr]).toEqual([0, expect.anything()]);
    lasting = true;
    recommender.forgetCalls();
    const refused = await engines.native(spark, one, run, choice({ recommender_mode: 'executors' }));
    expect(refused.error?.code).toBe('RUN_INCOMPLETE');
    const asked = new Set(recommender.calls.keys());
    lasting = false;
    recommender.forgetCalls();
    const repaired = await engines.native(spark, one, run, choice({ recommender_mode: 'executors' }));
    expect(repaired).toMatchObject({ value: { state: 'finished', failedEmployees: 0 } });
    expect(recommender.calls.size).toBeGreaterThan(0);
    expect(recommender.calls.size).toBeLessThan(asked.size / 2);
    const native = await engines.dropped(one);
    const manifest = manifestName(run.files);
    for (const [name, text] of Object.entries(run.files))
      if (name !== manifest) expect([name, native[name]]).toEqual([name, text]);
    expect(comparableManifest(native[manifest])).toEqual(comparableManifest(run.files[manifest]));
    expect(await readdir(join(engines.volume(one), 'runs'))).toHaveLength(1);
  },
  LIMIT_MS,
);

test(
  'inputs that are replaced while a run asks the recommender change neither its files nor its drop',
  async () => {
    const one = { ...ONE, seed: 13 };
    lasting = false;
    const run = await engines.queue(one, choice());
    // The template is copied at the end, by both engines.
    onCall = () => {
      for (const folder of ['catalogs', 'input'].map((name) => join(engines.volume(one), name)))
        for (const name of readdirSync(folder).filter((file) => file !== 'template.csv'))
          writeFileSync(join(folder, name), 'replaced');
      onCall = () => {};
    };
    expect(await engines.native(spark, one, run, choice())).toMatchObject({ value: { state: 'finished' } });
    const native = await engines.dropped(one);
    const manifest = native[manifestName(native)] ?? '{}';
    expect(comparableManifest(manifest)).toEqual(comparableManifest(run.files[manifestName(run.files)]));
    const { catalogs } = JSON.parse(manifest).inputs;
    expect(catalogs).toHaveLength(2);
    for (const { name, sha256 } of catalogs)
      expect(
        createHash('sha256')
          .update(native[name] ?? '')
          .digest('hex'),
      ).toBe(sha256);
  },
  LIMIT_MS,
);
