import type { ApiCall, MoreAnswers } from './databricks-workspace.ts';

/** A user of the stand-in, with the names of all groups that the user is in. */
export interface StoodInUser {
  readonly id: string;
  readonly userName: string;
  readonly displayName: string;
  readonly active?: boolean;
  readonly groups: readonly string[];
}

/** A catalog or schema of the stand-in: owner, and privileges by principal. */
export interface StoodInSecurable {
  readonly owner: string;
  readonly grants: Readonly<Record<string, readonly string[]>>;
}

/** What the stand-in's workspace holds. Tests change it as they like, also between two pages. */
export interface StoodInCatalog {
  users: StoodInUser[];
  groups: string[];
  /** By `catalog` or `catalog.schema`. */
  readonly securables: Map<string, StoodInSecurable>;
  /** Full names of tables. */
  tables: string[];
  /** Jobs with the number of their tasks. */
  jobs: { readonly job_id: number; readonly name: string; readonly tasks: number }[];
  /** Result states of runs of jobs. */
  runs: string[];
  /** Rows that a statement gives, by a part of its text; other statements fail. */
  readonly statements: Map<string, readonly Readonly<Record<string, string | null>>[]>;
  /** Looks at each call first; its answer counts, undefined lets the call through. */
  meddle: MoreAnswers;
  /** Answers for `startDatabricksWorkspace`. */
  readonly answer: MoreAnswers;
}

type Answer = NonNullable<ReturnType<MoreAnswers>>;

/** Page sizes of the real API where they are stated, small ones elsewhere. */
const SCIM_PAGE = 100;
const UNITY_PAGE = 40;
const GRANTS_PAGE = 2;
const TASKS_PAGE = 100;
const RUNS_PAGE = 25;
const ROWS_PAGE = 2;

const ok = (body: unknown): Answer => ({ status: 200, body });
const refused = (status: number, error_code: string, message: string): Answer => ({
  status,
  body: { error_code, message },
});
const gone = (what: string) => refused(404, 'RESOURCE_DOES_NOT_EXIST', `${what} does not exist.`);

/** An empty workspace with Unity Catalog, users and groups, as REST shows it. */
export function standInCatalog(): StoodInCatalog {
  const catalog: StoodInCatalog = {
    users: [],
    groups: [],
    securables: new Map(),
    tables: [],
    jobs: [],
    runs: [],
    statements: new Map(),
    meddle: () => undefined,
    answer: (call) => catalog.meddle(call) ?? answerOf(catalog, call),
  };
  return catalog;
}

function answerOf(world: StoodInCatalog, { method, path, query, body }: ApiCall): Answer | undefined {
  const [, scim] = /^\/api\/2\.0\/preview\/scim\/v2\/(Users|Groups)$/.exec(path) ?? [];
  if (scim !== undefined) return scimPage(world, scim, query);
  const [, unity] = /^\/api\/2\.1\/unity-catalog\/(.+)$/.exec(path) ?? [];
  if (unity !== undefined) return unityAnswer(world, unity.split('/').map(decodeURIComponent), query);
  if (path === '/api/2.2/jobs/list' && world.jobs.length > 0) {
    const jobs = world.jobs.map(({ job_id, name }) => ({ job_id, settings: { name } }));
    return tokenPage('jobs', jobs, query, 100);
  }
  if (path === '/api/2.2/jobs/get') {
    const job = world.jobs.find(({ job_id }) => String(job_id) === query.get('job_id'));
    if (job === undefined) return refused(400, 'INVALID_PARAMETER_VALUE', `Job ${query.get('job_id')} does not exist.`);
    const tasks = Array.from({ length: job.tasks }, (_, index) => ({ task_key: `task_${index}` }));
    const from = Number(query.get('page_token') ?? 0);
    const next = from + TASKS_PAGE < tasks.length ? { next_page_token: String(from + TASKS_PAGE) } : {};
    return ok({ job_id: job.job_id, settings: { tasks: tasks.slice(from, from + TASKS_PAGE) }, ...next });
  }
  if (path === '/api/2.2/jobs/runs/list') {
    const runs = world.runs.map((code, run_id) => ({
      run_id,
      status: code === 'RUNNING' ? { state: 'RUNNING' } : { state: 'TERMINATED', termination_details: { code } },
    }));
    return tokenPage('runs', runs, query, RUNS_PAGE);
  }
  if (method === 'POST' && path === '/api/2.0/sql/statements') return statement(world, String(body.statement));
  const [, id, chunk] = /^\/api\/2\.0\/sql\/statements\/(\d+)(?:\/result\/chunks\/(\d+))?$/.exec(path) ?? [];
  if (id !== undefined) return statementResult(world, Number(id), chunk);
  return undefined;
}

function scimPage({ users, groups }: StoodInCatalog, kind: string, query: URLSearchParams): Answer {
  const all =
    kind === 'Users' ? users.map(asScim) : groups.map((displayName, index) => ({ id: `g${index}`, displayName }));
  const [, wanted] = /^userName eq "(.*)"$/.exec(query.get('filter') ?? '') ?? [];
  const plain = wanted?.replaceAll(/\\(.)/g, '$1').toLowerCase();
  const found = all.filter(
    (one) => plain === undefined || ('userName' in one && String(one.userName).toLowerCase() === plain),
  );
  const startIndex = Number(query.get('startIndex') ?? 1);
  const count = Math.min(Number(query.get('count') ?? SCIM_PAGE), SCIM_PAGE);
  const Resources = found.slice(startIndex - 1, startIndex - 1 + count);
  return ok({ totalResults: found.length, startIndex, itemsPerPage: Resources.length, Resources });
}

function asScim({ id, userName, displayName, active = true, groups }: StoodInUser) {
  return { id, userName, displayName, active, groups: groups.map((display) => ({ display, value: display })) };
}

function unityAnswer(world: StoodInCatalog, parts: readonly string[], query: URLSearchParams): Answer | undefined {
  const [what, kind, name = ''] = parts;
  const names = [...world.securables.keys()];
  const shown = (full: string) => {
    const own = full.split('.').at(-1);
    return { name: own, full_name: full, owner: world.securables.get(full)?.owner };
  };
  if (what === 'catalogs' && kind === undefined) {
    return tokenPage('catalogs', names.filter((one) => !one.includes('.')).map(shown), query, UNITY_PAGE);
  }
  if ((what === 'catalogs' || what === 'schemas') && kind !== undefined) {
    return world.securables.has(kind) ? ok(shown(kind)) : gone(kind);
  }
  if (what === 'schemas') {
    const catalog = query.get('catalog_name') ?? '';
    if (!world.securables.has(catalog)) return gone(`Catalog '${catalog}'`);
    const below = names.filter((one) => one.startsWith(`${catalog}.`)).map(shown);
    return tokenPage('schemas', [{ name: 'information_schema', owner: 'System user' }, ...below], query, UNITY_PAGE);
  }
  if (what === 'tables') {
    const schema = `${query.get('catalog_name')}.${query.get('schema_name')}`;
    if (!world.securables.has(schema)) return gone(`Schema '${schema}'`);
    const tables = world.tables.filter((one) => one.startsWith(`${schema}.`));
    return tokenPage(
      'tables',
      tables.map((full_name) => ({ full_name, table_type: full_name.endsWith('_view') ? 'VIEW' : 'MANAGED' })),
      query,
      UNITY_PAGE,
    );
  }
  if (what !== 'permissions' && what !== 'effective-permissions') return undefined;
  const held = world.securables.get(name);
  if (held === undefined) return gone(name);
  const own = Object.entries(held.grants).map(([principal, privileges]) => ({ principal, privileges }));
  if (what === 'permissions') return tokenPage('privilege_assignments', own, query, GRANTS_PAGE);
  const catalog = name.split('.')[0] ?? '';
  const places = name.includes('.') ? [name, catalog] : [name];
  const effective = places.flatMap((place) =>
    Object.entries(world.securables.get(place)?.grants ?? {}).map(([principal, privileges]) => ({
      principal,
      privileges: privileges.map((privilege) => ({
        privilege,
        ...(place === name ? {} : { inherited_from_type: 'CATALOG', inherited_from_name: place }),
      })),
    })),
  );
  return tokenPage('privilege_assignments', effective, query, GRANTS_PAGE);
}

/** A statement runs while it is posted, and has ended at the first look. */
function statement({ statements }: StoodInCatalog, text: string): Answer {
  const keys = [...statements.keys()];
  const index = keys.findIndex((key) => text.includes(key));
  if (index >= 0) return ok({ statement_id: String(index), status: { state: 'RUNNING' } });
  const error = { error_code: 'INSUFFICIENT_PERMISSIONS', message: `User does not have USE SCHEMA on ${text}` };
  return ok({ statement_id: '999', status: { state: 'FAILED', error } });
}

function statementResult({ statements }: StoodInCatalog, id: number, chunk: string | undefined): Answer {
  const rows = [...statements.values()][id] ?? [];
  const from = Number(chunk ?? 0) * ROWS_PAGE;
  const next = from + ROWS_PAGE < rows.length ? { next_chunk_index: Number(chunk ?? 0) + 1 } : {};
  const names = Object.keys(rows[0] ?? {});
  const data_array = rows.slice(from, from + ROWS_PAGE).map((row) => names.map((name) => row[name] ?? null));
  const result = { data_array, ...next };
  const manifest = { schema: { columns: names.map((name, position) => ({ name, position })) } };
  return ok(
    chunk === undefined ? { statement_id: String(id), status: { state: 'SUCCEEDED' }, manifest, result } : result,
  );
}

/** A page, and an empty one with a token in the middle, as Unity Catalog may give it. */
function tokenPage(key: string, all: readonly unknown[], query: URLSearchParams, size: number): Answer {
  const [from = 0, isEmpty = 0] = (query.get('page_token') ?? '0,0').split(',').map(Number);
  if (from > 0 && isEmpty === 0) return ok({ [key]: [], next_page_token: `${from},1` });
  const next = from + size < all.length ? { next_page_token: `${from + size},0` } : {};
  return ok({ [key]: all.slice(from, from + size), ...next });
}
