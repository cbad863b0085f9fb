// Proves that a process says that it is alive, and warns of its clock once for each way in which it goes wrong.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { WorkerRegistry } from '../../../src/adapters/shared-state/worker-registry.ts';
import { describeWorker, heartbeat } from '../../../src/workers/periodic/heartbeat.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';

let fixture: RunFixture;
let registry: WorkerRegistry;
beforeAll(async () => {
  fixture = await openRunFixture();
  registry = new WorkerRegistry(fixture.redis);
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const WHAT = { version: '1.2.3', queues: ['run-start', 'publish'], concurrency: 50 } as const;

test('it is listed as it is as soon as it has said so, and not any more when it has ended', async () => {
  const worker = describeWorker(WHAT, 12_345);
  expect(worker).toMatchObject({ ...WHAT, pid: process.pid, startedAt: 12_345 });
  expect(describeWorker(WHAT, 12_345).id).not.toBe(worker.id);
  const beat = heartbeat(registry, worker, fixture);
  await beat.run();
  await beat.run();
  expect(await registry.list()).toMatchObject([worker]);
  await beat.end?.();
  expect(await registry.list()).toEqual([]);
});

test('a wrong clock is warned of once, again when it goes wrong the other way, and again after it was right', async () => {
  let skew = 0;
  const now = () => Date.now() + skew;
  const beat = heartbeat(registry, describeWorker(WHAT, 0), { logger: fixture.logger, now });
  const said = async (ms: number): Promise<string[]> => {
    skew = ms;
    const before = fixture.log.length;
    await beat.run();
    return fixture.log.slice(before).map(({ level, msg }) => `${level} ${msg}`);
  };
  const ahead = "40 This machine's clock is 45 s ahead of Redis'; jobs that wait wake up too early";
  const behind = "40 This machine's clock is 50 s behind Redis'; jobs that wait wake up too late";
  expect(await said(0)).toEqual([]);
  expect(await said(29_000)).toEqual([]);
  expect(await said(45_000)).toEqual([ahead]);
  expect(await said(45_000)).toEqual([]);
  expect(await said(-50_000)).toEqual([behind]);
  expect(await said(-50_000)).toEqual([]);
  expect(await said(0)).toEqual(["30 This machine's clock agrees with Redis' again"]);
  expect(await said(45_000)).toEqual([ahead]);
});

test('an answer that says nothing about the clock changes nothing', async () => {
  let times: number[] = [];
  const beat = heartbeat(registry, describeWorker(WHAT, 0), { logger: fixture.logger, now: () => times.shift()! });
  const beatAt = async (...asked: number[]) => {
    times = asked;
    await beat.run();
  };
  await beatAt(Date.now() + 60_000, Date.now() + 60_000);
  await beatAt(Date.now(), Date.now() + 600_000);
  await beatAt(Date.now() + 60_000, Date.now() + 60_000);
  expect(fixture.log).toHaveLength(1);
});
