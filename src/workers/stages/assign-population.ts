import { randomBytes } from 'node:crypto';
import type { Settings } from '../../../config/settings.ts';
import {
  type DatabricksTrainingRecords,
  EMPLOYEES_PER_QUERY,
  type WarehouseListener,
  withTrainingRecords,
} from '../../adapters/databricks/training-records.ts';
import type { RunStore } from '../../adapters/run-store/store.ts';
import type { EmployeeId, RunId } from '../../domain/ids.ts';
import type { DatabricksInput } from '../../domain/run/manifest.ts';
import type { Notice } from '../../domain/run/notice.ts';
import { weekOf } from '../../domain/run/plan.ts';
import type { AssignmentFacts, RunRecord } from '../../domain/run/record.ts';
import {
  type AssignmentTally,
  addToAssignmentTally,
  emptyAssignmentTally,
} from '../../domain/simulation/assignment-tally.ts';
import {
  assignEmployee,
  type EmployeeAssignments,
  type EmployeeRecords,
} from '../../domain/simulation/manager-assignments.ts';
import { type ManagerChoice, managerChoice } from '../../domain/simulation/manager-choice.ts';
import { recordsByEmployee } from '../../domain/simulation/records-by-employee.ts';
import { seededDraw } from '../../domain/simulation/seeded-draw.ts';
import type { EmployeeIdRange, TrainingRecords } from '../../domain/simulation/training-records.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';
import { logNotices } from './notice-log.ts';

const WRITE_BATCH = 1_000;

const NO_RECORDS: EmployeeRecords = { open: [], completions: [] };

/**
 * Makes and keeps the manager's assignments to everybody in a run (contract section 3), then freezes them. Each worker
 * writes its own draft, because Databricks may answer each differently; the first whole draft wins.
 */
export async function assignPopulation(
  { settings, store, logger }: Pick<WorkerContext, 'settings' | 'store' | 'logger'>,
  run: RunRecord,
  signal: AbortSignal,
  listener?: WarehouseListener,
): Promise<void> {
  const runId = run.plan.id;
  const draftId = `${runId}-draft-${randomBytes(6).toString('hex')}` as RunId;
  try {
    const facts = await draftAssignments({ warehouse: settings.databricks, listener }, store, run, draftId, signal);
    signal.throwIfAborted();
    if (await store.freezeAssignments(runId, facts, draftId, run.population.count)) logNotices(logger, facts.notices);
  } catch (error) {
    await store.discardRun(draftId);
    throw error;
  }
}

async function draftAssignments(
  { warehouse, listener }: { warehouse: Settings['databricks']; listener: WarehouseListener | undefined },
  store: RunStore,
  run: RunRecord,
  draftId: RunId,
  signal: AbortSignal,
): Promise<AssignmentFacts> {
  const choice = managerChoice(await store.readCatalog(run.plan.id, 'StandAloneContent'));
  const assigner = new Assigner(run, choice, (entries) => store.putAssignments(draftId, entries), signal);
  const ids = await readIds(run, store);
  // Positions in ascending order of employee id, which is the order of the records.
  const ascending = Uint32Array.from(ids.keys()).sort((a, b) => ids[a]! - ids[b]!);

  let databricks: DatabricksInput | null = null;
  if (warehouse) {
    const readAll = async (records: DatabricksTrainingRecords): Promise<DatabricksInput> => {
      const read = { openAssignments: 0, completions: 0 };
      for (let from = 0; from < ascending.length; from += EMPLOYEES_PER_QUERY) {
        const positions = ascending.subarray(from, from + EMPLOYEES_PER_QUERY);
        let next = 0;
        for await (const { employeeId, records: own } of readBlock(records, ids, positions)) {
          read.openAssignments += own.open.length;
          read.completions += own.completions.length;
          await assigner.assign(positions[next++]!, employeeId, own);
        }
      }
      const { catalog, schema } = warehouse;
      return { catalog, schema, ...read, skippedRows: records.skippedRows };
    };
    databricks = await withTrainingRecords(warehouse, readAll, listener);
  } else {
    for (const [position, id] of ids.entries()) await assigner.assign(position, id as EmployeeId, NO_RECORDS);
  }
  const tally = await assigner.finish();
  return { tally, databricks, notices: noticesOf(choice, tally, databricks) };
}

/** Assigns one employee after the other, and writes them in batches. */
class Assigner {
  readonly #run: RunRecord;
  readonly #choice: ManagerChoice;
  readonly #put: (entries: ReadonlyMap<number, EmployeeAssignments>) => Promise<void>;
  readonly #signal: AbortSignal;
  readonly #week;
  readonly #tally: AssignmentTally;
  #batch = new Map<number, EmployeeAssignments>();

  constructor(
    run: RunRecord,
    choice: ManagerChoice,
    put: (entries: ReadonlyMap<number, EmployeeAssignments>) => Promise<void>,
    signal: AbortSignal,
  ) {
    this.#run = run;
    this.#choice = choice;
    this.#put = put;
    this.#signal = signal;
    this.#week = weekOf(run.plan);
    this.#tally = emptyAssignmentTally(choice);
  }

  async assign(position: number, employeeId: EmployeeId, records: EmployeeRecords): Promise<void> {
    const draw = seededDraw(this.#run.plan.seed, employeeId);
    const assignments = assignEmployee(records, this.#choice, this.#week, draw);
    addToAssignmentTally(this.#tally, assignments);
    this.#batch.set(position, assignments);
    if (this.#batch.size >= WRITE_BATCH) await this.#write();
  }

  async finish(): Promise<AssignmentTally> {
    await this.#write();
    return this.#tally;
  }

  async #write(): Promise<void> {
    this.#signal.throwIfAborted();
    if (this.#batch.size > 0) await this.#put(this.#batch);
    this.#batch = new Map();
  }
}

/** The ids of the population by position: 8 bytes for each employee. */
async function readIds(run: RunRecord, store: RunStore): Promise<Float64Array> {
  const ids = new Float64Array(run.population.count);
  let position = 0;
  for await (const chunk of store.readPopulation(run.plan.id)) for (const { id } of chunk) ids[position++] = id;
  return ids;
}

/** The records of the employees at some positions, which are in ascending order of id. */
function readBlock(records: TrainingRecords, ids: Float64Array, positions: Uint32Array) {
  const employeeIds = Array.from(positions, (position) => ids[position] as EmployeeId);
  const range: EmployeeIdRange = { from: employeeIds[0]!, to: employeeIds.at(-1)! };
  return recordsByEmployee(employeeIds, records.openAssignments(range), records.completions(range));
}

function noticesOf(choice: ManagerChoice, tally: AssignmentTally, databricks: DatabricksInput | null): Notice[] {
  const notices: Notice[] = [];
  if (databricks === null) {
    notices.push({
      code: 'databricks-not-configured',
      text: 'Databricks is not configured: open assignments and earlier completions were not read',
    });
  } else if (databricks.skippedRows > 0) {
    const text = `Databricks: skipped rows without a usable id: ${databricks.skippedRows}`;
    notices.push({ code: 'databricks-rows-skipped', text, count: databricks.skippedRows });
  }
  if (choice.dailyDose.length === 0) {
    notices.push({
      code: 'no-daily-dose',
      text: 'The StandAloneContent file has no Daily Dose content: none was assigned',
    });
  }
  if (tally.random.nothingLeft > 0) {
    const text = `Employees for whom no content was left to assign: ${tally.random.nothingLeft}`;
    notices.push({ code: 'nothing-left-to-assign', text, count: tally.random.nothingLeft });
  }
  return notices;
}
