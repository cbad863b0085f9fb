import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from '@jest/globals';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import {
  ambushesOf,
  type Chance,
  chaosOf,
  onDisk,
  seededChance,
  startWorker,
  stressedAnswer,
} from '../support/chaos.ts';
import { CANARIES, type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { judge } from '../support/fault-oracle.ts';
import { startFaultySftpServer } from '../support/faulty-sftp-server.ts';
import { letLocksExpire } from '../support/stalled-jobs.ts';
import { startWarehouse } from '../support/warehouse/warehouse.ts';
import { catalog } from '../support/workspace.ts';

/** L1: many runs in a row, each broken at random, each judged. `npm run soak -- --minutes N [--seed TEXT]`. */
const MINUTES = Number(process.env.SOAK_MINUTES ?? 0);
const SEED = process.env.SOAK_SEED ?? `soak-${Date.now()}`;
const EMPLOYEES = 400;
const WORKERS = 3;
const RUN_LIMIT_MS = 180_000;
const STANDSTILL_MS = 2_000;
/** A call may be repeated whenever its answer or its worker was lost. */
const EXTRA_CALLS = 30;

const QUICK_TO_GIVE_UP = { API_TIMEOUT: '1', SFTP_TIMEOUT: '1', DATABRICKS_TIMEOUT: '2', SFTP_LOCAL_DIR: 'vendor' };
const CATALOGS = {
  'StandAloneContent_v2_2025_10_28_1_77434e.csv': catalog(
    Array.from({ length: 50 }, (_, i) => [1_915_001 + i, i < 2, '2025-10-01'] as const),
  ),
  'CourseCatalog_V2_2025_10_27_1_ec83a5.csv': catalog([[892_001, false, '2025-09-01']]),
};
/** Two for everybody; one of them is of the manager's. */
const OPEN_ASSIGNMENTS = `
  INSERT INTO content_assignments
    SELECT 500001 + e, 1915001 + c, TIMESTAMP '2025-10-20 05:01:00', DATE '2025-10-20',
      TIMESTAMP '2025-10-20 05:01:00', TIMESTAMP '2025-11-08 13:13:59', 'Media'
    FROM range(0, ${EMPLOYEES}) p(e), range(2) t(c);`;

/** What the soak came to. */
interface Figures {
  runs: number;
  faults: number;
  employees: number;
  readonly byFault: Record<string, number>;
  /** After each run, in MB: the largest worker, and Redis with nothing but what stays. */
  readonly workerMb: number[];
  readonly redisMb: number[];
}

if (MINUTES > 0) {
  test(
    `L1: for ${MINUTES} minutes, every run that is broken at random ends with the right bytes (seed ${SEED})`,
    async () => {
      const chance = seededChance(SEED);
      // Calls come in any order; drawn by themselves, they leave what else is done the same for a seed.
      const answers = seededChance(`${SEED} answers`);
      let stressed = true;
      const vendor = await startFaultySftpServer(CANARIES.sftp);
      for (const [name, text] of Object.entries(CATALOGS)) vendor.files.set(name, Buffer.from(text));
      const warehouse = await startWarehouse({ token: CANARIES.databricks, pageRows: 100 });
      await warehouse.load(OPEN_ASSIGNMENTS);
      const fixture = await openFaultFixture({
        employees: EMPLOYEES,
        misbehave: () => (stressed ? stressedAnswer(answers) : undefined),
        sftpInbound: { ...vendor.login, remotePath: '/' },
        warehouse,
        env: { ...QUICK_TO_GIVE_UP, EMPLOYEE_CONCURRENCY: '10', JOB_ATTEMPTS: '10', SHUTDOWN_TIMEOUT: '3' },
      });
      const diskFlag = fixture.workspace.path('disk-full');
      const ambushes = ambushesOf(vendor, warehouse, diskFlag, chance);
      const figures: Figures = { runs: 0, faults: 0, employees: 0, byFault: {}, workerMb: [], redisMb: [] };
      try {
        // A worker that nobody kills, to see whether its memory grows.
        const steady = await startWorker(fixture, onDisk(diskFlag));
        // The others call the recommender by the other library.
        const env = { ...onDisk(diskFlag), API_CLIENT: 'undici' };
        const workers = await Promise.all(Array.from({ length: WORKERS }, () => startWorker(fixture, env)));
        const faults = chaosOf(fixture, workers, env, chance);
        for (const end = Date.now() + MINUTES * 60_000; Date.now() < end; ) {
          stressed = true;
          const laid = pick(ambushes.byName, Math.floor(chance() * 3), chance, figures);
          for (const lay of laid) lay();
          const runId = await fixture.begin();
          for (const inflict of pick(faults, 2 + Math.floor(chance() * 6), chance, figures)) {
            await delay(chance() * 800);
            await inflict();
          }
          stressed = false;
          ambushes.clear();
          await bringToItsEnd(fixture, runId, onDisk(diskFlag));
          await judge(fixture, runId, { extraCalls: () => EXTRA_CALLS });
          await measure(fixture, runId, steady, figures);
        }
      } catch (error) {
        throw new Error(`Seed ${SEED}, run ${figures.runs + 1}. Repeat: npm run soak -- --seed ${SEED}\n${error}`);
      } finally {
        await fixture.close();
        await warehouse.close();
        await vendor.stop();
        console.info(JSON.stringify(figures));
      }
      expectFlat('the memory of a worker', figures.workerMb, 60);
      expectFlat('the memory of Redis', figures.redisMb, 5);
    },
    MINUTES * 60_000 + RUN_LIMIT_MS,
  );
}

/** So many of these, each by chance, and counted. */
function pick<T>(all: Readonly<Record<string, T>>, count: number, chance: Chance, figures: Figures): T[] {
  const names = Object.keys(all);
  return Array.from({ length: count }, () => {
    const name = names[Math.floor(chance() * names.length)]!;
    figures.faults += 1;
    figures.byFault[name] = (figures.byFault[name] ?? 0) + 1;
    return all[name]!;
  });
}

/**
 * Lets a run that nobody harms any more go to its end, and does what a person and the time would do where it stands
 * still.
 */
async function bringToItsEnd(fixture: FaultFixture, runId: RunId, env: Record<string, string>): Promise<void> {
  const helpers: RunningBtcFake[] = [];
  let seen = '';
  let seenAt = Date.now();
  for (const limit = Date.now() + RUN_LIMIT_MS; ; await delay(250)) {
    const { state, counts } = await fixture.status(runId);
    const jobs = await Promise.all(Object.values(fixture.queues.byName).map((queue) => queue.getJobCounts()));
    const active = jobs.reduce((sum, { active = 0 }) => sum + active, 0);
    if (state === 'finished' && active === 0) break;
    if (Date.now() > limit) throw new Error(`The run is ${state} after ${RUN_LIMIT_MS} ms: ${JSON.stringify(jobs)}`);
    if (state === 'failed' || state === 'incomplete') await fixture.start(['retry', runId, '--detach']).ended;
    const now = JSON.stringify({ counts, jobs });
    if (now !== seen) {
      seen = now;
      seenAt = Date.now();
    } else if (active > 0 && Date.now() - seenAt > STANDSTILL_MS) {
      // The worker that had these jobs is dead. A worker looks for such jobs when it starts.
      await letLocksExpire(fixture.connection);
      helpers.push(await startWorker(fixture, env));
      seenAt = Date.now();
    }
  }
  for (const helper of helpers) helper.signal('SIGTERM');
  await Promise.all(helpers.map((helper) => helper.ended));
}

/** Notes what is used once the run's own keys are gone, as they are when they expire. */
async function measure(fixture: FaultFixture, runId: RunId, steady: RunningBtcFake, figures: Figures): Promise<void> {
  const { exitCode, signalCode } = steady.child;
  if ((exitCode ?? signalCode) !== null) throw new Error(`A worker ended by itself: ${steady.stderr.slice(-1_000)}`);
  await fixture.store.discardRun(runId);
  const info = await fixture.connection.info('memory');
  figures.redisMb.push(Number(/used_memory_dataset:(\d+)/.exec(info)![1]) / 1e6);
  const pages = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${steady.child.pid}/status`, 'utf8'))![1]);
  figures.workerMb.push(pages / 1e3);
  figures.runs += 1;
  figures.employees += EMPLOYEES;
}

/** The last third may not lie above the first by more than noise. */
function expectFlat(what: string, values: readonly number[], noiseMb: number): void {
  const third = Math.ceil(values.length / 3);
  const median = (some: readonly number[]) => some.toSorted((a, b) => a - b)[Math.floor(some.length / 2)]!;
  const [first, last] = [median(values.slice(0, third)), median(values.slice(-third))];
  if (last > first + noiseMb) throw new Error(`${what} grew from ${first} to ${last} MB in ${values.length} runs`);
}
