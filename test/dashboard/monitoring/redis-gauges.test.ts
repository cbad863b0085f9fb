// Proves how gauges are read: not more often than every five seconds, each group apart from the others, none of them
// twice at once.
import { beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { type Collector, RedisGauges } from '../../../src/dashboard/monitoring/redis-gauges.ts';
import { samplesOf } from '../../support/metrics-text.ts';

let now: number;
let lines: Record<string, unknown>[];
let register: Registry;
const logger = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });

beforeEach(() => {
  now = 0;
  lines = [];
  register = new Registry();
});

const gaugesOf = (collectors: Record<string, Collector>, ping: () => Promise<unknown> = async () => 'PONG') =>
  new RedisGauges(register, logger, ping, collectors, { clock: () => now, limitMs: 50 });
const memory: Collector = async () => [{ gauge: 'btc_fake_redis_memory_used_bytes', value: 7 }];
const read = async (gauges: RedisGauges) => samplesOf(await gauges.text());
const errors = async (collector: string) =>
  samplesOf(await register.metrics()).get(`btc_fake_scrape_errors_total{collector="${collector}"}`);

test('read once in five seconds, then again', async () => {
  let value = 0;
  const gauges = gaugesOf({
    memory: async () => {
      value += 1;
      return [{ gauge: 'btc_fake_redis_memory_used_bytes', value }];
    },
  });
  const values = async () => (await read(gauges)).get('btc_fake_redis_memory_used_bytes');
  expect(await Promise.all([values(), values()])).toEqual([1, 1]);
  now = 4_999;
  expect(await values()).toBe(1);
  now = 5_000;
  expect(await values()).toBe(2);
});

test('what fails is absent and counted each time, and logged once until it goes well', async () => {
  let isBroken = true;
  const gauges = gaugesOf({
    memory,
    runs: async () => {
      if (isBroken) throw new Error('no such thing');
      return [];
    },
  });
  for (const [at, broken] of [
    [0, true],
    [5_000, true],
    [10_000, false],
    [15_000, true],
  ] as const) {
    now = at;
    isBroken = broken;
    expect((await read(gauges)).get('btc_fake_redis_memory_used_bytes')).toBe(7);
  }
  expect(await errors('runs')).toBe(3);
  expect(await errors('memory')).toBe(0);
  const line = expect.objectContaining({ level: 40, metrics: 'runs', reason: 'no such thing' });
  expect(lines).toEqual([line, line]);
});

test('what hangs is not waited for, and not begun again while it does', async () => {
  let begun = 0;
  let release: () => void = () => {};
  const gauges = gaugesOf({
    memory,
    runs: () => {
      begun += 1;
      return new Promise((resolve) => {
        release = () => resolve([]);
      });
    },
  });
  for (const at of [0, 5_000]) {
    now = at;
    expect((await read(gauges)).get('btc_fake_redis_memory_used_bytes')).toBe(7);
  }
  expect(begun).toBe(1);
  expect(await errors('runs')).toBe(2);
  release();
  await Promise.resolve();
  now = 10_000;
  await read(gauges);
  expect(begun).toBe(2);
});

test('without an answer from Redis nothing else is asked', async () => {
  let asked = 0;
  const gauges = gaugesOf(
    {
      memory: async () => {
        asked += 1;
        return [];
      },
    },
    () => Promise.reject(new Error('away')),
  );
  expect([...(await read(gauges))]).toEqual([['btc_fake_redis_up', 0]]);
  expect(asked).toBe(0);
  expect(await errors('memory')).toBe(0);
});
