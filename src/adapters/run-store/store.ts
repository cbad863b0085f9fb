import type { ChainableCommander } from 'ioredis';
import type { CatalogContent, Catalogs } from '../../domain/catalog/content.ts';
import type { CatalogKind } from '../../domain/catalog/file-name.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import type { EmployeeId, RunId } from '../../domain/ids.ts';
import type { FailedEmployee, Manifest } from '../../domain/run/manifest.ts';
import type { RunPlan } from '../../domain/run/plan.ts';
import type { AssignmentFacts, CatalogFacts, EmployeeState, NewRun, RunRecord } from '../../domain/run/record.ts';
import type { Stage } from '../../domain/run/stages.ts';
import type { EmployeeResult } from '../../domain/simulation/employee-outcome.ts';
import type { Employee } from '../../domain/simulation/employees.ts';
import type { EmployeeAssignments } from '../../domain/simulation/manager-assignments.ts';
import type { RedisConnection } from '../redis/client.ts';
import { isFirst } from '../redis/lost.ts';
import { AssignmentReader } from './assignment-reader.ts';
import { CREATE_RUN } from './create-script.ts';
import { type FoundEmployee, findInPopulation } from './employee-lookup.ts';
import {
  decodeAssignments,
  decodeEmployees,
  decodeResult,
  encodeAssignments,
  encodeEmployees,
  encodeResult,
} from './employee-records.ts';
import { readEmployeeStates } from './employee-states.ts';
import { FREEZE, PUT_RESULT } from './freeze-script.ts';
import { RUNS_KEY, runKeys } from './keys.ts';
import { FORGET_EXPIRED } from './note-script.ts';
import { RunNotes } from './notes.ts';
import { decodeOptional, decodeRun, jsonFields, newRunFields, readContents } from './record-codec.ts';

/** A draft that nobody freezes, because its maker was killed, is gone after that. */
const DRAFT_SECONDS = 24 * 3600;

/** The field that makes the results' key exist, and expire, from the start; no position is negative. */
const RESULTS_MARK = '-1';

/**
 * A run's state between its steps, in Redis. One operation, one method; each is safe to repeat. All keys of a run
 * expire `retentionMs` after the last step that touched them.
 */
export class RunStore {
  readonly #redis: RedisConnection;
  readonly #retentionSeconds: number;
  readonly #notes: RunNotes;

  constructor(redis: RedisConnection, retentionMs: number) {
    this.#redis = redis;
    this.#retentionSeconds = Math.ceil(retentionMs / 1000);
    this.#notes = new RunNotes(redis, this.#retentionSeconds);
  }

  /** Writes a chunk of the population, before the run itself exists. */
  async putPopulationChunk(runId: RunId, chunk: number, employees: readonly Employee[]): Promise<void> {
    const key = runKeys(runId).population;
    await this.#atomically((multi) => {
      multi.hset(key, chunk, encodeEmployees(employees));
      multi.expire(key, this.#retentionSeconds);
    });
  }

  /**
   * Makes the run visible, whole, at once, unless there is one of its id: that one stays as it is.
   * @param draftId whose population the run gets, where it was written under another id than the run's.
   * @param chunks that were written of the population.
   * @returns whether this made the run.
   * @throws BtcFakeError REDIS_LOST when not all of them are there.
   */
  async createRun(run: NewRun, draftId: RunId = run.plan.id, chunks = 0): Promise<boolean> {
    const { record, results, population, ...others } = runKeys(run.plan.id);
    const all = [record, results, RUNS_KEY, population, runKeys(draftId).population, ...Object.values(others)];
    const fields = Object.entries(newRunFields(run)).flat();
    const given = [run.plan.id, run.createdAt, this.#retentionSeconds, RESULTS_MARK, chunks, ...fields];
    return isFirst(await this.#redis.eval(CREATE_RUN, all.length, ...all, ...given));
  }

  /** Removes what a run that could not be made has left. */
  async discardRun(runId: RunId): Promise<void> {
    await this.#redis.unlink(...Object.values(runKeys(runId)));
    await this.#redis.zrem(RUNS_KEY, runId);
  }

  /** @throws BtcFakeError RUN_NOT_FOUND. */
  async getRun(runId: RunId): Promise<RunRecord> {
    const run = await this.findRun(runId);
    if (run) return run;
    throw new BtcFakeError('RUN_NOT_FOUND', `There is no run ${runId}`, {
      remedy: '"btc-fake runs" lists all runs.',
    });
  }

  async findRun(runId: RunId): Promise<RunRecord | undefined> {
    const fields = await this.#redis.hgetall(runKeys(runId).record);
    return fields.plan === undefined ? undefined : decodeRun(fields, runKeys(runId).record);
  }

  /** The ids of all runs, newest first; of some the keys may have expired. */
  async runIds(): Promise<RunId[]> {
    return (await this.#redis.zrange(RUNS_KEY, 0, -1, 'REV')) as RunId[];
  }

  /** The newest runs but the first `skip`, newest first; forgets those whose keys have expired. */
  async listRuns(limit: number, skip = 0): Promise<RunRecord[]> {
    const ids = (await this.#redis.zrange(RUNS_KEY, skip, skip + limit - 1, 'REV')) as RunId[];
    const runs = await Promise.all(ids.map((id) => this.findRun(id)));
    const expired = ids.filter((_, i) => runs[i] === undefined);
    if (expired.length > 0) {
      const all = [RUNS_KEY, ...expired.map((id) => runKeys(id).record)];
      await this.#redis.eval(FORGET_EXPIRED, all.length, ...all, ...expired);
    }
    return runs.filter((run) => run !== undefined);
  }

  /** Notes that a stage has begun; the first time counts. Keeps the run's keys alive. */
  async startStage(runId: RunId, stage: Stage, now: number): Promise<void> {
    await this.#notes.writeFirst(runId, `started:${stage}`, String(now));
  }

  /** Notes that a stage is done; the last time counts. */
  async finishStage(runId: RunId, stage: Stage, now: number): Promise<void> {
    await this.#notes.write(runId, { [`finished:${stage}`]: now });
  }

  /** Keeps the contents of both catalog files for the later steps, on any machine; the first that are kept stand. */
  async putCatalogs(runId: RunId, contents: Catalogs, facts: CatalogFacts): Promise<void> {
    const fields = Object.entries(contents).flatMap(([kind, list]) => [kind, JSON.stringify(list)]);
    await this.#freeze(runId, { catalogs: facts }, runKeys(runId).catalogs, undefined, fields);
  }

  async readCatalog(runId: RunId, kind: CatalogKind): Promise<CatalogContent[]> {
    const key = runKeys(runId).catalogs;
    return readContents((await this.#redis.hget(key, kind)) ?? '[]', `${key} ${kind}`);
  }

  /** Both catalogs of a run; empty before they were kept. */
  async readCatalogs(runId: RunId): Promise<Catalogs> {
    const [StandAloneContent, CourseCatalog] = await Promise.all([
      this.readCatalog(runId, 'StandAloneContent'),
      this.readCatalog(runId, 'CourseCatalog'),
    ]);
    return { StandAloneContent, CourseCatalog };
  }

  /** The population from a chunk on, chunk by chunk, in input order. */
  async *readPopulation(runId: RunId, fromChunk = 0): AsyncGenerator<readonly Employee[]> {
    for (let chunk = fromChunk; ; chunk++) {
      const text = await this.#redis.hget(runKeys(runId).population, String(chunk));
      if (text === null) return;
      yield decodeEmployees(text, runKeys(runId).population);
    }
  }

  /** Writes assignments of a draft, which nobody sees before it is frozen; `draftId` may be the run's own. */
  async putAssignments(draftId: RunId, entries: ReadonlyMap<number, EmployeeAssignments>): Promise<void> {
    const fields = Array.from(entries, ([position, assignments]) => [position, encodeAssignments(assignments)]);
    const key = runKeys(draftId).assignments;
    await this.#atomically((multi) => {
      multi.hset(key, ...fields.flat());
      multi.expire(key, Math.min(this.#retentionSeconds, DRAFT_SECONDS));
    });
  }

  /**
   * From now on the assignments of the draft are the run's and stand, whatever Databricks says later, unless others
   * were frozen before: then those stand, and the draft is gone.
   * @param employees who were written to the draft.
   * @returns whether it was this draft.
   * @throws BtcFakeError REDIS_LOST when not all of them are there.
   */
  async freezeAssignments(
    runId: RunId,
    facts: AssignmentFacts,
    draftId: RunId = runId,
    employees = 0,
  ): Promise<boolean> {
    const draft = { key: runKeys(draftId).assignments, fields: employees };
    return this.#freeze(runId, { assignments: facts }, runKeys(runId).assignments, draft);
  }

  /** Whether all assignments of a run are there and frozen. Redis may have lost them after it had acknowledged them. */
  async hasAssignments({ plan, population }: RunRecord): Promise<boolean> {
    const { record, assignments } = runKeys(plan.id);
    const [frozen, written] = await Promise.all([
      this.#redis.hexists(record, 'assignments'),
      this.#redis.hlen(assignments),
    ]);
    return frozen === 1 && written >= population.count;
  }

  async setFannedOut(runId: RunId, positions: number): Promise<void> {
    await this.#notes.write(runId, { fannedOut: positions });
  }

  /** What an employee's simulation starts from; undefined when the run's keys have expired. */
  async readAssignments(runId: RunId, position: number): Promise<EmployeeAssignments | undefined> {
    const key = runKeys(runId).assignments;
    return decodeOptional(await this.#redis.hget(key, String(position)), (text) => decodeAssignments(text, key));
  }

  /** The same for a worker, who reads those of many. */
  assignmentReader(): AssignmentReader {
    return new AssignmentReader(this.#redis, (runId) => runKeys(runId).assignments);
  }

  /**
   * Keeps an employee's result, unless there is one: work that was done twice leaves the first. An expired run gets
   * none.
   */
  async putResult({ id, asOf }: RunPlan, position: number, result: EmployeeResult): Promise<void> {
    await this.#redis.eval(PUT_RESULT, 1, runKeys(id).results, String(position), encodeResult(result, asOf));
  }

  /** How many employees have a result. */
  async countResults(runId: RunId): Promise<number> {
    return Math.max(0, (await this.#redis.hlen(runKeys(runId).results)) - 1);
  }

  /** Which of these positions have a result. */
  async positionsWithResult(runId: RunId, positions: readonly number[]): Promise<ReadonlySet<number>> {
    if (positions.length === 0) return new Set();
    const values = await this.#redis.hmget(runKeys(runId).results, ...positions.map(String));
    return new Set(positions.filter((_, i) => values[i] !== null));
  }

  /** The results at these positions; undefined for employees who have none yet. */
  async readResults({ id, asOf }: RunPlan, positions: readonly number[]): Promise<(EmployeeResult | undefined)[]> {
    const key = runKeys(id).results;
    const texts = await this.#redis.hmget(key, ...positions.map(String));
    return texts.map((text) => decodeOptional(text, (found) => decodeResult(found, asOf, key)));
  }

  /**
   * Every employee of a run with assignments and result, in input order, a chunk of the population at a time. The next
   * chunk is on its way while the caller works on this one.
   */
  readEmployees(plan: RunPlan): AsyncGenerator<readonly EmployeeState[]> {
    return readEmployeeStates(this.#redis, runKeys(plan.id), plan.asOf);
  }

  /** Where an employee stands in the population of a run; undefined for somebody who is not in it. */
  async findEmployee({ plan, population }: RunRecord, employeeId: EmployeeId): Promise<FoundEmployee | undefined> {
    return findInPopulation(this.#redis, runKeys(plan.id).population, population.count, employeeId);
  }

  /** The assignments and the result of one employee. */
  async readEmployee(plan: RunPlan, { position, employee }: FoundEmployee): Promise<EmployeeState> {
    const [assignments, [result]] = await Promise.all([
      this.readAssignments(plan.id, position),
      this.readResults(plan, [position]),
    ]);
    return { position, employee, assignments, result };
  }

  /** Records the employees that the run is to be finished without, besides those recorded before. */
  async addWithout(runId: RunId, failed: readonly FailedEmployee[]): Promise<void> {
    await this.#notes.addWithout(runId, failed);
  }

  /** Takes back that the run is to be finished without these employees. */
  async removeWithout(runId: RunId, employeeIds: ReadonlySet<EmployeeId>): Promise<void> {
    await this.#notes.removeWithout(runId, employeeIds);
  }

  /**
   * Ends the run: its keys live for the retention time from now.
   * @returns false when it was cancelled before, or is gone.
   */
  async finishRun(runId: RunId, manifest: Manifest, now: number): Promise<boolean> {
    return this.#notes.write(runId, { manifest, finishedAt: now }, 'cancelled');
  }

  /** Notes when the run was published, or landed. */
  async noteDone(runId: RunId, what: 'publishedAt' | 'landedAt', now: number): Promise<void> {
    await this.#notes.write(runId, { [what]: now }, 'cancelled');
  }

  async #freeze(
    runId: RunId,
    facts: object,
    place: string,
    draft: { readonly key: string; readonly fields: number } = { key: place, fields: 0 },
    fields: readonly string[] = [],
  ): Promise<boolean> {
    const all = [runKeys(runId).record, place, draft.key, ...Object.values(runKeys(runId))];
    const [field, text] = Object.entries(jsonFields(facts))[0]!;
    const given = [field, text, this.#retentionSeconds, draft.fields, ...fields];
    return isFirst(await this.#redis.eval(FREEZE, all.length, ...all, ...given));
  }

  async #atomically(fill: (multi: ChainableCommander) => void): Promise<void> {
    const multi = this.#redis.multi();
    fill(multi);
    const replies = await multi.exec();
    const failed = replies?.find(([error]) => error)?.[0];
    if (failed) throw failed;
  }
}
