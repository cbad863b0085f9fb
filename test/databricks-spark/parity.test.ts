// Proves that the notebook on real Spark makes the queue's files byte for byte from the same inputs: real SFTP, SQL
// driver and HTTP for the queue, Delta tables and real HTTP for Spark.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FULL_SIZE } from '../support/full-size.ts';
import type { SparkRunner } from '../support/spark-runner.ts';
import {
  comparableManifest,
  type EngineCase,
  manifestName,
  type QueueRun,
  startTwoEngines,
  type TwoEngines,
} from '../support/two-engines.ts';

const LIMIT_MS = 600_000;
const FRESH_SEED = 1_000 + Math.floor(Math.random() * 1_000_000);
const SMALL = FULL_SIZE ? 2_000 : 400;

// The first second of a week, on the day after the clocks went back.
const BERLIN: EngineCase = {
  seed: 1,
  employees: 2_000,
  asOf: '2025-10-26T23:01:00Z',
  timeZone: 'Europe/Berlin',
  sessionZone: 'UTC',
};
// The last second before a due date, in a zone ahead of UTC by half a day.
const AUCKLAND: EngineCase = {
  seed: 2,
  employees: SMALL,
  asOf: '2025-10-25T00:13:59Z',
  timeZone: 'Pacific/Auckland',
  sessionZone: 'America/Los_Angeles',
  dateFormat: 'yy_MM_dd',
};
const FRESH: EngineCase = {
  seed: FRESH_SEED,
  employees: SMALL,
  asOf: '2025-10-28T11:00:00Z',
  timeZone: 'America/Los_Angeles',
  sessionZone: 'Asia/Kolkata',
};
const LARGE: EngineCase = {
  seed: 4,
  employees: 20_000,
  asOf: '2025-10-28T11:00:00Z',
  timeZone: 'UTC',
  sessionZone: 'America/Los_Angeles',
};

/** A session of Spark. The small size has 2,000 employees in every column, and the rest once. */
interface Session {
  readonly session: string;
  readonly connect: boolean;
  readonly cases: readonly EngineCase[];
}

const EVERYTHING = [BERLIN, AUCKLAND, FRESH, LARGE];
const OF_NEWEST = process.env.SPARK_VERSION === '4.2';
const SESSIONS: readonly Session[] = [
  {
    session: 'a classic session',
    connect: false,
    cases: FULL_SIZE ? EVERYTHING : OF_NEWEST ? [BERLIN, LARGE] : [BERLIN, AUCKLAND],
  },
  {
    session: 'a session of Spark Connect',
    connect: true,
    cases: FULL_SIZE ? EVERYTHING : OF_NEWEST ? [BERLIN, FRESH] : [BERLIN],
  },
];

let engines: TwoEngines;
const queueRuns = new Map<number, Promise<QueueRun>>();

beforeAll(async () => {
  engines = await startTwoEngines();
}, LIMIT_MS);

afterAll(() => engines?.close());

/** The queue makes each run once, for both sessions. */
function queueRunOf(one: EngineCase): Promise<QueueRun> {
  const known = queueRuns.get(one.seed) ?? engines.queue(one);
  queueRuns.set(one.seed, known);
  return known;
}

describe.each(SESSIONS)('the native job in $session and the queue', ({ connect, cases }) => {
  let spark: SparkRunner;

  beforeAll(() => {
    spark = engines.startSpark(connect);
  });

  afterAll(() => spark?.close());

  test.each(cases)(
    'make the same bytes: seed $seed, $employees employees, $timeZone',
    async (one) => {
      const run = await queueRunOf(one);
      expect([run.result.code, run.result.stderr]).toEqual([0, expect.anything()]);
      await engines.forget(one);
      expect(await engines.native(spark, one, run)).toMatchObject({ value: { state: 'finished' } });
      const native = await engines.dropped(one);
      const manifest = manifestName(run.files);
      for (const [name, text] of Object.entries(run.files))
        if (name !== manifest) expect([name, native[name]]).toEqual([name, text]);
      expect(comparableManifest(native[manifest])).toEqual(comparableManifest(run.files[manifest]));
      if (one === LARGE && !FULL_SIZE) return;
      // Again with the same inputs: nothing is asked twice, nothing changes, nothing is doubled.
      const calls = engines.recommender.calls;
      expect(await engines.native(spark, one, run)).toMatchObject({ value: { state: 'finished' } });
      expect(await engines.dropped(one)).toEqual(native);
      expect(engines.recommender.calls).toBe(calls);
    },
    LIMIT_MS,
  );
});
