// Proves, with real processes, that the schedule is applied by workers when they start; that a slot that was missed
// while everything was down is caught up by one of them, once; and what people are told about it.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../src/adapters/redis/client.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import type { ContentId } from '../../src/domain/ids.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const SCHEDULE = '{btc-fake}:schedule';

interface Shown {
  readonly standing: string;
  readonly cron: string;
  readonly next: readonly { readonly local: string; readonly utc: string }[];
  readonly slots: readonly { readonly runId: string; readonly outcome: string; readonly lateMs: number }[];
  readonly withoutRun: readonly unknown[];
  readonly workers: readonly { readonly pid: number; readonly queues: readonly string[] }[];
}

let redis: TestRedis;
let recommender: SandboxRecommender;
let place: Workspace;
/** Three hours ago, on the minute: a slot that was missed. */
let slot: number;
let daily: string;
beforeAll(async () => {
  recommender = await startRecommender({ contentIds: [1_915_001 as ContentId] });
});
afterAll(() => recommender?.close());
beforeEach(async () => {
  redis = await startTestRedis();
  slot = Math.floor(Date.now() / 60_000) * 60_000 - 3 * HOUR_MS;
  const at = new Date(slot);
  daily = `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
  place = await makeWorkspace({
    employees: ['104829,a', '104830,f'],
    recommenderUrl: recommender.url,
    redisUrl: redis.url,
    env: { SCHEDULE_CRON: daily, LOG_LEVEL: 'info' },
  });
});
afterEach(async () => {
  await place?.remove();
  await redis?.stop();
});

const shown = async (env?: Record<string, string>) =>
  (await place.run(['schedule', 'show', '--json'], env)).json<Shown>();
const runs = async () => (await place.run(['runs', '--json'])).json<{ runId: string; lateMs: number }[]>();
const iso = (instant: number) => `${new Date(instant).toISOString().slice(0, 19)}Z`;
const runIdOf = (instant: number) => `run-${iso(instant).replace(/[-:]/g, '')}-weekly`;

/** As if the schedule had been applied long ago, before everything went down. */
async function appliedLongAgo(): Promise<void> {
  await place.run(['schedule', 'apply']);
  await onRedis((connection) => connection.hset(SCHEDULE, 'appliedAt', slot - 2 * DAY_MS));
}

async function onRedis<T>(work: (connection: RedisConnection) => Promise<T>): Promise<T> {
  const connection = await connectRedis(redis.url, 'command');
  try {
    return await work(connection);
  } finally {
    connection.disconnect();
  }
}

async function stopped(workers: readonly RunningBtcFake[]): Promise<void> {
  for (const worker of workers) worker.signal('SIGTERM');
  for (const worker of workers) expect((await worker.ended).code).toBe(0);
}

test('of four workers that start at once after everything was down, one has the missed run made, late, and it ends', async () => {
  await appliedLongAgo();
  const workers = Array.from({ length: 4 }, () => place.start(['worker']));
  await Promise.all(workers.map((worker) => worker.waitForStderr('Working; stop with')));
  const record = `{btc-fake}:run:${runIdOf(slot)}`;
  const hasEnded = () => onRedis(async (connection) => (await connection.hexists(record, 'finishedAt')) === 1);
  await waitUntil('the run has ended', hasEnded, 20_000);
  const [run, ...others] = await runs();
  expect(others).toEqual([]);
  expect(run).toMatchObject({ runId: runIdOf(slot), slot: iso(slot), state: 'finished' });
  const { lateMs } = run!;
  expect(lateMs).toBeGreaterThanOrEqual(3 * HOUR_MS);

  const status = await place.run(['status', runIdOf(slot)]);
  expect(status.stdout).toContain(`Slot     ${iso(slot)}, made 3 h `);
  const report = await shown();
  expect(report).toMatchObject({ standing: 'applied', cron: daily });
  expect(report.slots[0]).toMatchObject({ runId: runIdOf(slot), outcome: 'started', lateMs });
  expect(report.next.map(({ utc }) => utc)).toEqual([1, 2, 3, 4, 5].map((day) => iso(slot + day * DAY_MS)));
  expect(report.workers.map(({ pid }) => pid).sort()).toEqual(workers.map(({ child }) => child.pid).sort());

  await stopped(workers);
  expect((await shown()).workers).toEqual([]);
  const said = workers.map(({ stderr }) => stderr).join('');
  expect(said.match(/The scheduled run is queued 3 h \d+ min late/g)).toHaveLength(1);
  expect(said.match(/The scheduled run was made 3 h \d+ min late/g)).toHaveLength(1);
});

test('a worker applies the schedule once; show tells a person when, and whether anybody is there', async () => {
  const before = await place.run(['schedule', 'show']);
  expect(before.stdout).toContain('not applied; a worker does so when it starts, or: btc-fake schedule apply');
  expect(before.stdout).toContain('none is alive, so nobody would start the next run. Start one with: btc-fake worker');
  const worker = place.start(['worker'], { SCHEDULE_TIMEZONE: 'Asia/Tokyo', SCHEDULE_CRON: '0 6 * * 1' });
  await worker.waitForStderr('The schedule is applied');
  const here = await place.run(['schedule', 'show'], { SCHEDULE_TIMEZONE: 'Asia/Tokyo', SCHEDULE_CRON: '0 6 * * 1' });
  expect(here.stdout).toMatch(/^Schedule {2}0 6 \* \* 1 in Asia\/Tokyo, applied \d{4}-/);
  expect(here.stdout).toMatch(/\n {2}Mon \d{4}-\d\d-\d\d 06:00 \+09:00 {3}\d{4}-\d\d-\d\dT21:00:00Z\n/);
  expect(here.stdout).toContain(String(worker.child.pid));
  const elsewhere = await place.run(['schedule', 'show']);
  expect(elsewhere.stdout).toContain(`The settings here say ${daily} in UTC; make that count with`);
  // A worker that does not serve run-start has no say in it.
  const other = place.start(['worker', '--only', 'employee-simulation'], { SCHEDULE_CRON: '1 1 * * 2' });
  await other.waitForStderr('Working; stop with');
  expect((await shown()).cron).toBe('0 6 * * 1');
  await stopped([worker, other]);
});

test('a schedule that was removed stays so when a worker starts, until it is applied again', async () => {
  await place.run(['schedule', 'apply']);
  const removed = await place.run(['schedule', 'remove']);
  expect(removed).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Put it back with: btc-fake schedule apply'),
  });
  const worker = place.start(['worker']);
  await worker.waitForStderr('The schedule was removed and stays so');
  expect((await shown()).standing).toBe('removed');
  const applied = await place.run(['schedule', 'apply', '--json']);
  expect(applied.json()).toMatchObject({ outcome: 'applied', standing: 'applied', decisions: [] });
  expect((await place.run(['schedule', 'apply', '--json'])).json()).toMatchObject({ outcome: 'unchanged' });
  await stopped([worker]);
});

test('a schedule that can leave a week out is refused with the dates, by every command that would apply it', async () => {
  const env = { SCHEDULE_CRON: '0 0 * * 0', SCHEDULE_TIMEZONE: 'America/Santiago' };
  for (const command of [['worker'], ['schedule', 'apply']]) {
    // Before Redis is looked for.
    const { code, stderr } = await place.run(command, { ...env, REDIS_URL: 'redis://127.0.0.1:1' });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^btc-fake: SCHEDULE_CRON: "0 0 \* \* 0" in America\/Santiago leaves more than 7 days and 2 hours/,
    );
    expect(stderr).toMatch(
      /between Sun \d{4}-\d\d-\d\d 00:00 -04:00 \(\S+Z\) and Sun \d{4}-\d\d-\d\d 00:00 -03:00 \(\S+Z\)/,
    );
  }
});

test('a run that could not start for its employees file is told by runs, status and show, and retry makes it', async () => {
  await appliedLongAgo();
  await place.write('input/employees.csv', 'employee_id,employee_edu_type\nx,a\n');
  const worker = place.start(['worker']);
  await worker.waitForStderr('EMPLOYEES_INVALID');
  const runId = runIdOf(slot);
  const why = `Run ${runId} could not start: EMPLOYEES_INVALID: employees.csv: 1 row is wrong`;
  expect(await runs()).toMatchObject([{ runId, state: 'failed', createdAt: null, slot: iso(slot) }]);
  expect((await place.run(['runs'])).stdout).toContain(why);
  expect((await place.run(['schedule', 'show'])).stdout).toContain(why);
  const status = await place.run(['status', runId]);
  expect(status.code).toBe(1);
  expect(status.stdout).toContain('State    failed (run-start)');
  expect(status.stdout).toContain(`btc-fake retry ${runId}`);
  await place.write('input/employees.csv', 'employee_id,employee_edu_type\n104829,a\n');
  const retried = await place.run(['retry', runId, '--json']);
  expect(retried.code).toBe(0);
  expect(retried.json()).toMatchObject({ runId, state: 'finished', counts: { employees: 1, done: 1 } });
  await stopped([worker]);
});

test('run --with-workers neither applies the schedule nor catches up', async () => {
  await appliedLongAgo();
  const stored = () => onRedis((connection) => connection.hgetall(SCHEDULE));
  const before = await stored();
  const run = await place.run(['run', '--with-workers', '--json'], { SCHEDULE_CRON: '5 5 * * 5' });
  expect(run.code).toBe(0);
  expect(await stored()).toEqual(before);
  expect(await runs()).toHaveLength(1);
  expect((await runs())[0]).toMatchObject({ slot: null });
});
