import { randomBytes } from 'node:crypto';
import { readEmployees } from '../adapters/employees-file.ts';
import { PopulationHash } from '../adapters/population.ts';
import { PAYLOAD_VERSION, type Queues } from '../adapters/queues.ts';
import type { RunStore } from '../adapters/run-store.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { RunId } from '../domain/ids.ts';
import type { FeedDateFormat, RunPlan } from '../domain/run-plan.ts';
import { stageJobOptions } from './job-options.ts';

/** What somebody asks for. */
export interface RunRequest {
  readonly employeesFile: string;
  readonly skipInvalidEmployees: boolean;
  /** The simulated instant, epoch milliseconds; `now` unless given. */
  readonly asOf?: number;
  /** The run id unless given. */
  readonly seed?: string;
  readonly timeZone: string;
  readonly feedDateFormat: FeedDateFormat;
  readonly publish: boolean;
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Makes a run: reads and freezes the population, and puts the run on its first queue. Nothing of the run is visible, and no
 * job exists, before the whole employees file was found to be right.
 * @returns the run's plan.
 * @throws BtcFakeError EMPLOYEES_INVALID, FILE_UNREADABLE.
 */
export async function createRun(store: RunStore, queues: Queues, request: RunRequest): Promise<RunPlan> {
  const id = newRunId(request.now);
  const plan: RunPlan = {
    id,
    seed: request.seed ?? id,
    // Feeds know whole seconds; a run that is repeated from its manifest must see the same instant.
    asOf: Math.floor((request.asOf ?? request.now) / 1000) * 1000,
    timeZone: request.timeZone,
    feedDateFormat: request.feedDateFormat,
  };
  try {
    const { employees, population } = await freezePopulation(store, id, request);
    await store.createRun({ plan, createdAt: request.now, publish: request.publish, employees, population });
  } catch (error) {
    await store.discardRun(id);
    throw error;
  }
  await enqueueRunStart(queues, id, request.attempts);
  return plan;
}

/** Puts a run on its first queue; a run that is there already stays as it is. */
export async function enqueueRunStart(queues: Queues, runId: RunId, attempts: number): Promise<void> {
  await queues.byName['run-start'].add(
    'run-start',
    { version: PAYLOAD_VERSION, runId },
    { jobId: runId, ...stageJobOptions(attempts) },
  );
}

async function freezePopulation(store: RunStore, runId: RunId, request: RunRequest) {
  const hash = new PopulationHash();
  let chunk = 0;
  const employees = await readEmployees({
    path: request.employeesFile,
    skipInvalid: request.skipInvalidEmployees,
    onBatch: async (batch) => {
      hash.add(batch);
      await store.putPopulationChunk(runId, chunk, batch);
      chunk += 1;
    },
  });
  if (employees.employees === 0) {
    throw new BtcFakeError('EMPLOYEES_INVALID', `${employees.name}: the file holds no employees`, {
      remedy: 'Give each employee a line such as "104829,a".',
    });
  }
  return { employees, population: hash.digest() };
}

/** `run-20251028T110000Z-ab12cd`: sortable, readable, and different for two runs in the same second. */
function newRunId(now: number): RunId {
  const instant = `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  return `run-${instant}-${randomBytes(3).toString('hex')}` as RunId;
}
