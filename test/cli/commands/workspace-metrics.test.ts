// Proves that metrics counts everything in a workspace: all pages, what went away in between with a note, and cost and
// storage where a warehouse tells them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startBtcFake } from '../../support/btc-fake.ts';
import { type DatabricksWorkspace, startDatabricksWorkspace } from '../../support/databricks-workspace.ts';
import { DESCRIPTION_HEAD } from '../../support/described-workspace.ts';
import { type StoodInCatalog, standInCatalog } from '../../support/unity-catalog.ts';

const DESCRIPTION = `${DESCRIPTION_HEAD}workspace:
  owner_group: admins
  people_catalog: { name: people, schemas: [] }
  roles: { member: { group: members } }
  grants: [{ group: members, on: ["*"], privileges: [USE_CATALOG, USE_SCHEMA, SELECT] }]
  people:
    ada: { email: ada@team.example, name: Ada, roles: [member], schema: ada }
`;
let catalog: StoodInCatalog;
let server: DatabricksWorkspace;
let cwd: string;

beforeEach(async () => {
  catalog = standInCatalog();
  catalog.groups = ['admins', 'members'];
  catalog.users = [{ id: '1', userName: 'Ada@team.example', displayName: 'Ada', groups: ['members'] }];
  catalog.securables.set('people', {
    owner: 'admins',
    grants: { members: ['USE CATALOG', 'USE SCHEMA', 'SELECT'] },
  });
  catalog.securables.set('people.ada', { owner: 'ada@team.example', grants: {} });
  server = await startDatabricksWorkspace(catalog.answer);
  cwd = await mkdtemp(join(tmpdir(), 'btc-fake-workspace-'));
  await writeFile(join(cwd, 'ca.pem'), server.caPem);
  await writeFile(join(cwd, 'lakehouse.yaml'), DESCRIPTION);
});
afterEach(async () => {
  await server.close();
  await rm(cwd, { recursive: true });
});

const metricsWith = (more: Readonly<Record<string, string>>, ...args: readonly string[]) => {
  const env = { DATABRICKS_HOST: server.host, DATABRICKS_TOKEN: server.token, DATABRICKS_CA_FILE: 'ca.pem', ...more };
  return startBtcFake(['workspace', 'metrics', ...args], { cwd, env }).ended;
};

const WAREHOUSE = { DATABRICKS_HTTP_PATH: '/sql/1.0/warehouses/1a2b' };

test('all pages are counted: 101 schemas, 103 tasks of a job, tables, views and runs', async () => {
  for (let index = 0; index < 100; index += 1) {
    catalog.securables.set(`people.s${index}`, { owner: 'admins', grants: {} });
  }
  catalog.tables = [...Array.from({ length: 85 }, (_, index) => `people.ada.t${index}`), 'people.s1.one_view'];
  catalog.jobs = [
    { job_id: 1, name: 'big', tasks: 103 },
    { job_id: 2, name: 'small', tasks: 1 },
  ];
  catalog.runs = [...Array.from({ length: 60 }, () => 'SUCCESS'), 'RUN_EXECUTION_ERROR', 'RUNNING'];
  const { code, stdout, stderr } = await metricsWith({});
  expect([code, stdout, stderr]).toEqual([
    0,
    'people  1 described, 1 active users, 2 groups\n' +
      'tables  85 tables and 1 views in 101 schemas\n' +
      'jobs  2 with 104 tasks\n' +
      'runs in 7 days  60 succeeded, 1 failed, 1 running\n',
    'The cost is read through a SQL warehouse: set DATABRICKS_HTTP_PATH\n',
  ]);
  const since = Number(server.calls.find(({ path }) => path.endsWith('/runs/list'))?.query.get('start_time_from'));
  expect(Math.abs(Date.now() - 7 * 86_400_000 - since)).toBeLessThan(60_000);
});

test('a job and a schema that go away in between are named, and not counted', async () => {
  catalog.jobs = [{ job_id: 7, name: 'gone', tasks: 3 }];
  catalog.meddle = ({ path }) => {
    if (path.endsWith('/jobs/get')) catalog.jobs = [];
    if (path.endsWith('/tables')) catalog.securables.delete('people.ada');
    return undefined;
  };
  const { code, stdout, stderr } = await metricsWith({}, '--json');
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ jobs: 0, tasks: 0, schemas: 0 })]);
  expect(stderr).toContain('schema people.ada went away while it was counted\njob 7 went away while it was counted\n');
});

test('a later page of tasks that fails is an error, and no number', async () => {
  catalog.jobs = [{ job_id: 1, name: 'big', tasks: 103 }];
  catalog.meddle = ({ path, query }) =>
    path.endsWith('/jobs/get') && query.has('page_token')
      ? { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'no more' } }
      : undefined;
  const { code, stdout, stderr } = await metricsWith({}, '--json');
  expect([code, stdout, stderr]).toEqual([
    1,
    '',
    expect.stringContaining('does not allow reading the job 1 (HTTP 403)'),
  ]);
});

test('cost and storage are read through the warehouse, in all chunks', async () => {
  catalog.tables = ['people.ada.one', 'people.ada.two', 'people.ada.three'];
  catalog.statements.set('`one`', [{ format: 'delta', sizeInBytes: '9000' }]);
  catalog.statements.set('`two`', [{ format: 'parquet', sizeInBytes: null }]);
  const row = (product: string, amount: string, unpriced: string) => {
    return { workspace_id: '12', product, currency: 'USD', amount, unpriced };
  };
  catalog.statements.set('system.billing', [row('JOBS', '1.5', '0'), row('SQL', '2.25', '3'), row('APPS', '0.1', '0')]);
  const { code, stdout, stderr } = await metricsWith(WAREHOUSE, '--storage', '--days', '30', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    storageBytes: 9000,
    cost: [
      { workspaceId: '12', product: 'JOBS', currency: 'USD', amount: 1.5, unpriced: 0 },
      { product: 'SQL', amount: 2.25, unpriced: 3 },
      { product: 'APPS', amount: 0.1 },
    ],
  });
  expect(stderr).toMatch(
    /people\.ada\.two has no size, and counts as nothing\n.*people\.ada\.three: .*counts as nothing\n/,
  );
  const posted = server.calls.filter(({ method }) => method === 'POST').map(({ body }) => body);
  expect(posted.every(({ warehouse_id }) => warehouse_id === '1a2b')).toBe(true);
  expect(JSON.stringify(posted)).toContain('INTERVAL 30 DAYS');
});

test('a login that may not read system tables still gets the numbers, and a note', async () => {
  const { code, stdout, stderr } = await metricsWith(WAREHOUSE, '--json');
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ cost: null, schemas: 1 })]);
  expect(stderr).toContain(
    'The SQL warehouse failed reading the cost in system.billing: User does not have USE SCHEMA',
  );
});

test('storage without a warehouse is an error that names the setting', async () => {
  const { code, stderr } = await metricsWith({}, '--storage');
  expect([code, stderr]).toEqual([1, expect.stringContaining('Set DATABRICKS_HTTP_PATH, or leave out --storage.')]);
});
