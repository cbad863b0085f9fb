import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from '@jest/globals';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { type Chance, chaosOf, seededChance, startWorker, stressedAnswer } from '../support/chaos.ts';
import { judge } from '../support/fault-oracle.ts';
import { type FaultRoom, openFaultRoom } from '../support/fault-room.ts';
import { letLocksExpire } from '../support/stalled-jobs.ts';

/** L1: many runs in a row, each broken at random, each judged. `npm run soak -- --minutes N [--seed TEXT]`. */
const MINUTES = Number(process.env.SOAK_MINUTES ?? 0);
const SEED = process.env.SOAK_SEED ?? `soak-${Date.now()}`;
const EMPLOYEES = 400;
const WORKERS = 3;
const RUN_LIMIT_MS = 180_000;
/** A call may be repeated whenever its answer or its worker was lost. */
const EXTRA_CALLS = 30;

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
      let stressed = true;
      const room = await openFaultRoom({
        employees: EMPLOYEES,
        misbehave: () => (stressed ? stressedAnswer(chance) : undefined),
        env: { EMPLOYEE_CONCURRENCY: '10', API_TIMEOUT: '1', JOB_ATTEMPTS: '10', SHUTDOWN_TIMEOUT: '3' },
      });
      const figures: Figures = { runs: 0, faults: 0, employees: 0, byFault: {}, workerMb: [], redisMb: [] };
      try {
        // One that nobody harms, to see whether its memory grows.
        const steady = startWorker(room);
        const workers = Array.from({ length: WORKERS }, () => startWorker(room));
        for (const end = Date.now() + MINUTES * 60_000; Date.now() < end; ) {
          stressed = true;
          const runId = await room.begin();
          await breakRun(room, workers, chance, figures);
          stressed = false;
          await bringToItsEnd(room, runId);
          await judge(room, runId, { extraCalls: () => EXTRA_CALLS });
          await measure(room, runId, steady, figures);
        }
      } catch (error) {
        throw new Error(`Seed ${SEED}, run ${figures.runs + 1}. Repeat: npm run soak -- --seed ${SEED}\n${error}`);
      } finally {
        await room.close();
        console.info(JSON.stringify(figures));
      }
      expectFlat('the memory of a worker', figures.workerMb, 60);
      expectFlat('the memory of Redis', figures.redisMb, 5);
    },
    MINUTES * 60_000 + RUN_LIMIT_MS,
  );
}

/** Breaks what a run needs, two to seven times in a few seconds. */
async function breakRun(room: FaultRoom, workers: RunningBtcFake[], chance: Chance, figures: Figures): Promise<void> {
  const faults = Object.entries(chaosOf(room, workers, chance));
  const count = 2 + Math.floor(chance() * 6);
  for (let i = 0; i < count; i += 1) {
    await delay(chance() * 800);
    const [name, inflict] = faults[Math.floor(chance() * faults.length)]!;
    await inflict();
    figures.faults += 1;
    figures.byFault[name] = (figures.byFault[name] ?? 0) + 1;
  }
}

/** Lets a run that nobody harms any more go to its end, and does what a person would do where it stands still. */
async function bringToItsEnd(room: FaultRoom, runId: RunId): Promise<void> {
  for (const limit = Date.now() + RUN_LIMIT_MS; ; await delay(500)) {
    const { state } = await room.status(runId);
    if (state === 'finished') return;
    if (Date.now() > limit) throw new Error(`The run is ${state} after ${RUN_LIMIT_MS} ms`);
    if (state === 'failed' || state === 'incomplete') await room.start(['retry', runId, '--detach']).ended;
    else await letLocksExpire(room.connection);
  }
}

/** Notes what is used once the run's own keys are gone, as they are when they expire. */
async function measure(room: FaultRoom, runId: RunId, steady: RunningBtcFake, figures: Figures): Promise<void> {
  await room.store.discardRun(runId);
  const info = await room.connection.info('memory');
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
