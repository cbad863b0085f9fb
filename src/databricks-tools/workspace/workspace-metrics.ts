import { loadSettings } from '../../../config/load.ts';
import type { DatabricksRest } from '../../adapters/databricks/rest.ts';
import type { TargetName } from '../../domain/description/description.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { describedTarget } from '../described-target.ts';
import { anArray, anObject, aText } from '../remote/json-values.ts';
import { allPages } from '../remote/pages.ts';
import { selectRows } from '../remote/sql-statement.ts';
import { type Cost, readCost } from './cost.ts';
import { describedWorkspace } from './described-workspace.ts';
import { inLanes } from './lanes.ts';
import { readLiveWorkspace, UNITY_CATALOG } from './live-workspace.ts';
import { withWorkspaceApi } from './workspace-api.ts';

/** What a workspace holds and does, in numbers. */
export interface WorkspaceMetrics {
  /** People of the description. */
  readonly people: number;
  /** Active users and groups of the workspace. */
  readonly users: number;
  readonly groups: number;
  /** Of the catalogs of the description. */
  readonly schemas: number;
  readonly tables: number;
  readonly views: number;
  /** Bytes in the current versions of the tables; null unless asked for. */
  readonly storageBytes: number | null;
  readonly jobs: number;
  readonly tasks: number;
  /** Runs that began within the days. */
  readonly runs: { readonly succeeded: number; readonly failed: number; readonly running: number };
  /** Null where it could not be read; `notes` says why. */
  readonly cost: readonly Cost[] | null;
  readonly notes: readonly string[];
}

/** What is counted. */
export interface MetricsChoice {
  readonly file: string;
  readonly env: TargetName | undefined;
  /** Of runs and cost. */
  readonly days: number;
  /** Asks the warehouse for the size of every table. */
  readonly storage: boolean;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

const DAY_MS = 86_400_000;

/**
 * Counts what a workspace holds. A list that cannot be read whole is an error.
 * @throws BtcFakeError USAGE, LAKEHOUSE_INVALID, FILE_UNREADABLE, CONFIG_INVALID (also for storage without one),
 * DATABRICKS_LOGIN_REFUSED, DATABRICKS_UNREACHABLE, DATABRICKS_API, DATABRICKS_QUERY, DATABRICKS_STARTING.
 */
export async function workspaceMetrics(choice: MetricsChoice): Promise<WorkspaceMetrics> {
  const { file, env, days, storage, nowMs } = choice;
  const { workspace } = await describedWorkspace(file);
  const { target } = await describedTarget(file, env);
  const warehouse = loadSettings().values.DATABRICKS_HTTP_PATH?.split('/').at(-1);
  if (storage && warehouse === undefined) {
    throw new BtcFakeError('CONFIG_INVALID', 'The size of tables is asked of a SQL warehouse, and none is named', {
      remedy: 'Set DATABRICKS_HTTP_PATH, or leave out --storage.',
    });
  }
  const catalogs = new Set([workspace.people_catalog.name, ...Object.keys(workspace.shared_catalogs)].map(lower));
  return await withWorkspaceApi(target.host, file, async (rest) => {
    const live = await readLiveWorkspace(rest, { catalogs, withGrants: false });
    const notes = live.vanished.map((name) => `${name} went away while it was counted`);
    const schemas = [...live.securables.keys()].filter((name) => name.includes('.'));
    const listed = await inLanes(schemas, (schema) => tablesOf(rest, schema));
    for (const [index, tables] of listed.entries()) {
      if (tables === undefined) notes.push(`schema ${schemas[index]} went away while it was counted`);
    }
    const all = listed.flatMap((tables) => tables ?? []);
    const tables = all.filter(({ type }) => !type.endsWith('VIEW'));
    return {
      people: Object.keys(workspace.people).length,
      users: live.users.size,
      groups: live.groups.size,
      schemas: listed.filter((one) => one !== undefined).length,
      tables: tables.length,
      views: all.length - tables.length,
      storageBytes: storage && warehouse !== undefined ? await bytesOf(rest, warehouse, tables, notes) : null,
      ...(await jobsOf(rest, notes)),
      runs: await runsSince(rest, nowMs - days * DAY_MS),
      cost: await costOf(rest, warehouse, days, notes),
      notes,
    };
  });
}

interface Table {
  readonly name: string;
  readonly type: string;
}

async function tablesOf(rest: DatabricksRest, schema: string): Promise<Table[] | undefined> {
  const [catalog_name = '', schema_name = ''] = schema.split('.');
  const tables = await allPages(rest, 'tables', {
    path: `${UNITY_CATALOG}/tables`,
    query: { catalog_name, schema_name, omit_columns: 'true', omit_properties: 'true' },
    doing: `listing the tables of ${schema}`,
  });
  return tables?.map((one) => ({ name: aText(one.full_name), type: aText(one.table_type) }));
}

/** A table without a size (of another format than Delta) counts as nothing, with a note. */
async function bytesOf(
  rest: DatabricksRest,
  warehouseId: string,
  tables: readonly Table[],
  notes: string[],
): Promise<number> {
  const sizes = await inLanes(tables, async ({ name }) => {
    const quoted = name.split('.').map((part) => `\`${part.replaceAll('`', '``')}\``);
    try {
      const sql = `DESCRIBE DETAIL ${quoted.join('.')}`;
      const [detail] = await selectRows(rest, { warehouseId, sql, doing: `asking for the size of ${name}` });
      return detail?.sizeInBytes ?? null;
    } catch (error) {
      if (error instanceof BtcFakeError && error.code === 'DATABRICKS_QUERY') return error;
      throw error;
    }
  });
  for (const [index, size] of sizes.entries()) {
    if (size === null) notes.push(`${tables[index]?.name} has no size, and counts as nothing`);
    else if (size instanceof BtcFakeError) notes.push(`${size.message}; it counts as nothing`);
  }
  return sizes.reduce((sum: number, size) => sum + (typeof size === 'string' ? Number(size) : 0), 0);
}

async function jobsOf(rest: DatabricksRest, notes: string[]): Promise<{ jobs: number; tasks: number }> {
  const path = '/api/2.2/jobs';
  const list = { path: `${path}/list`, query: { limit: 100 }, doing: 'listing the jobs' };
  const jobs = (await allPages(rest, 'jobs', list)) ?? [];
  const tasks = await inLanes(jobs, ({ job_id }) => tasksOf(rest, aText(job_id)));
  for (const [index, count] of tasks.entries()) {
    if (count === undefined) notes.push(`job ${aText(jobs[index]?.job_id)} went away while it was counted`);
  }
  const found = tasks.filter((count) => count !== undefined);
  return { jobs: found.length, tasks: found.reduce((sum, count) => sum + count, 0) };
}

/** The tasks of a job come in pages below its settings; undefined for a job that has gone. */
async function tasksOf(rest: DatabricksRest, job_id: string): Promise<number | undefined> {
  let count = 0;
  for (let token = ''; ; ) {
    const query = { job_id, ...(token === '' ? {} : { page_token: token }) };
    const doing = `reading the job ${job_id}`;
    const answer = await rest.call({ method: 'GET', path: '/api/2.2/jobs/get', query, doing, mayLack: true });
    if (answer === undefined) return undefined;
    const page = anObject(answer);
    count += anArray(anObject(page.settings).tasks).length;
    const next = aText(page.next_page_token);
    if (next === '' || next === token) return count;
    token = next;
  }
}

async function runsSince(rest: DatabricksRest, start_time_from: number): Promise<WorkspaceMetrics['runs']> {
  const query = { start_time_from, limit: 25 };
  const list = { path: '/api/2.2/jobs/runs/list', query, doing: 'listing the runs of jobs' };
  const ends = ((await allPages(rest, 'runs', list)) ?? []).map(({ status }) => {
    const { state, termination_details } = anObject(status);
    if (state !== 'TERMINATED') return 'running';
    return anObject(termination_details).code === 'SUCCESS' ? 'succeeded' : 'failed';
  });
  const count = (end: string) => ends.filter((one) => one === end).length;
  return { succeeded: count('succeeded'), failed: count('failed'), running: count('running') };
}

async function costOf(
  rest: DatabricksRest,
  warehouseId: string | undefined,
  days: number,
  notes: string[],
): Promise<Cost[] | null> {
  if (warehouseId === undefined) {
    notes.push('The cost is read through a SQL warehouse: set DATABRICKS_HTTP_PATH');
    return null;
  }
  try {
    return await readCost(rest, warehouseId, days);
  } catch (error) {
    if (!(error instanceof BtcFakeError) || error.code !== 'DATABRICKS_QUERY') throw error;
    notes.push(error.message);
    return null;
  }
}

function lower(text: string): string {
  return text.toLowerCase();
}
