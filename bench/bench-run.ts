import { setTimeout as delay } from 'node:timers/promises';
import type { Queues } from '../src/adapters/redis/queues.ts';
import type { RunStore } from '../src/adapters/run-store/store.ts';
import type { RunId } from '../src/domain/ids.ts';
import type { RunRecord } from '../src/domain/run/record.ts';
import { createRun } from '../src/producers/create-run.ts';
import { addRunFlow } from '../src/producers/run-flow.ts';
import { AS_OF, SEED } from './workload.ts';

/** How long the run store of a benchmark keeps a run. */
export const RETENTION_MS = 24 * 3600 * 1000;

const ATTEMPTS = 5;
const LOOK_EVERY_MS = 50;

/** A run of an employees file with its flow on the queues, as a command makes it; nobody has worked on it yet. */
export async function benchRun(store: RunStore, queues: Queues, employeesFile: string): Promise<RunRecord> {
  const { id } = await createRun(store, queues, {
    employeesFile,
    skipInvalidEmployees: false,
    asOf: AS_OF,
    seed: SEED,
    timeZone: 'UTC',
    feedDateFormat: 'yyyy_M_d',
    publish: false,
    attempts: ATTEMPTS,
    now: Date.now(),
  });
  const run = await store.getRun(id);
  await addRunFlow(queues, run, ATTEMPTS);
  return run;
}

/** Resolves when a run that others work on has its files. */
export async function untilFinished(store: RunStore, runId: RunId): Promise<void> {
  while ((await store.getRun(runId)).finishedAt === undefined) await delay(LOOK_EVERY_MS);
}
