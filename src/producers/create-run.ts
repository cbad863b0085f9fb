import { randomBytes } from 'node:crypto';
import { takeEmployees } from '../adapters/disk/employees-file.ts';
import { PAYLOAD_VERSION, type Queues, type RunStartJobData } from '../adapters/redis/queues.ts';
import { PopulationHash } from '../adapters/run-store/population.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { RunId } from '../domain/ids.ts';
import { checkedAsOf } from '../domain/run/as-of.ts';
import type { FeedDateFormat, RunPlan } from '../domain/run/plan.ts';
import type { FrozenSources } from '../domain/run/sources.ts';
import { slotRunId } from '../domain/schedule/slot.ts';
import { checkedSeed } from '../domain/simulation/seeded-draw.ts';
import { stageJobOptions } from './job-options.ts';

/** What a run is made from. */
export interface RunInputs {
  readonly employeesFile: string;
  readonly skipInvalidEmployees: boolean;
  readonly timeZone: string;
  readonly feedDateFormat: FeedDateFormat;
  readonly publish: boolean;
  /** Whether the run lands where its source `lakehouse` says; not unless given. */
  readonly landing?: boolean;
  /** Where the answers come from, as far as the caller settles it. Absent: as in an earlier build, nothing ever is. */
  readonly sources?: FrozenSources;
  /** The folder for the files that was asked for, absolute; absent: the worker's that makes the assignments. */
  readonly outputDir?: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What somebody asks for. */
export interface RunRequest extends RunInputs {
  /** The simulated instant, epoch milliseconds; `now` unless given. */
  readonly asOf?: number;
  /** The run id unless given. */
  readonly seed?: string;
  readonly attempts: number;
}

/**
 * Makes a run: reads and freezes the population, and puts the run on its first queue. Nothing of the run is visible,
 * and no job exists, before the whole employees file was found to be right.
 * @returns the run's plan.
 * @throws BtcFakeError EMPLOYEES_INVALID, FILE_UNREADABLE, USAGE (the seed, the instant).
 */
export async function createRun(store: RunStore, queues: Queues, request: RunRequest): Promise<RunPlan> {
  const id = newRunId(request.now);
  const plan = planOf(id, request.asOf ?? request.now, request.seed ?? id, request);
  await freezeRun(store, { plan }, request, id);
  await enqueueRunStart(queues, id, request.attempts);
  return plan;
}

/**
 * The same, under an id that was settled before (`newRunId`): the same request, come twice or at once from two
 * processes, makes one run, that of the first who was done.
 * @returns whether this made the run.
 * @throws BtcFakeError EMPLOYEES_INVALID, FILE_UNREADABLE, USAGE (the seed, the instant); there is no run then, unless
 * another made it.
 */
export async function createRunOnce(store: RunStore, queues: Queues, id: RunId, request: RunRequest): Promise<boolean> {
  const plan = planOf(id, request.asOf ?? request.now, request.seed ?? id, request);
  const known = await store.findRun(id);
  const isNew = known === undefined && (await freezeRun(store, { plan }, request, newDraftId(id)));
  if (known?.stageStartedAt['run-start'] === undefined) await enqueueRunStart(queues, id, request.attempts);
  return isNew;
}

/**
 * Makes the run of a slot, as of the slot, unless there is one. Two processes may do so at once, since a job can lose
 * its lock: each reads the population for itself, and the first complete run wins.
 * @param slot epoch milliseconds.
 * @returns whether this made the run.
 * @throws BtcFakeError EMPLOYEES_INVALID, FILE_UNREADABLE; there is no run then.
 */
export async function createRunOfSlot(store: RunStore, slot: number, inputs: RunInputs): Promise<boolean> {
  const id = slotRunId(slot);
  if (await store.findRun(id)) return false;
  return freezeRun(store, { plan: planOf(id, slot, id, inputs), slot }, inputs, newDraftId(id));
}

/** Puts a run on its first queue; a run that is there already stays as it is. */
export async function enqueueRunStart(queues: Queues, runId: RunId, attempts: number, slot?: number): Promise<void> {
  const data: RunStartJobData = { version: PAYLOAD_VERSION, runId, ...(slot === undefined ? {} : { slot }) };
  await queues.byName['run-start'].add('run-start', data, { jobId: runId, ...stageJobOptions(attempts) });
}

/**
 * Every run's plan is made here, so that none has a seed or an instant that its feeds cannot hold.
 * @throws BtcFakeError USAGE.
 */
function planOf(id: RunId, asOf: number, seed: string, { timeZone, feedDateFormat }: RunInputs): RunPlan {
  return { id, seed: checkedSeed(seed), asOf: checkedAsOf(asOf), timeZone, feedDateFormat };
}

async function freezeRun(
  store: RunStore,
  run: { readonly plan: RunPlan; readonly slot?: number },
  inputs: RunInputs,
  draftId: RunId,
): Promise<boolean> {
  try {
    const { employees, population, chunks } = await freezePopulation(store, draftId, inputs);
    const { publish, landing = false, sources, outputDir, now: createdAt } = inputs;
    const frozen = { ...(sources ? { sources } : {}), ...(outputDir === undefined ? {} : { outputDir }) };
    return await store.createRun(
      { ...run, ...frozen, createdAt, publish, landing, employees, population },
      draftId,
      chunks,
    );
  } catch (error) {
    await store.discardRun(draftId);
    throw error;
  }
}

async function freezePopulation(store: RunStore, draftId: RunId, inputs: RunInputs) {
  const hash = new PopulationHash();
  let chunk = 0;
  const reading = { path: inputs.employeesFile, skipInvalid: inputs.skipInvalidEmployees };
  const employees = await takeEmployees(reading, async (batch) => {
    hash.add(batch);
    await store.putPopulationChunk(draftId, chunk, batch);
    chunk += 1;
  });
  if (employees.employees === 0) {
    throw new BtcFakeError('EMPLOYEES_INVALID', `${employees.name}: the file holds no employees`, {
      remedy: 'Give each employee a line such as "104829,a".',
    });
  }
  return { employees, population: hash.digest(), chunks: chunk };
}

/** `run-20251028T110000Z-ab12cd`: sortable, readable, and different for two runs in the same second. */
export function newRunId(now: number): RunId {
  const instant = `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  return `run-${instant}-${randomBytes(3).toString('hex')}` as RunId;
}

/** Where a population is gathered while others may gather one for the same run. */
function newDraftId(runId: RunId): RunId {
  return `${runId}-draft-${randomBytes(6).toString('hex')}` as RunId;
}
