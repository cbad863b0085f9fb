// Proves what the commands say that look into a workspace: drift, rights and numbers, with exit codes, and a clear
// error for a login without the rights.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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

const workspace = (...args: readonly string[]) => {
  const env = { DATABRICKS_HOST: server.host, DATABRICKS_TOKEN: server.token, DATABRICKS_CA_FILE: 'ca.pem' };
  return startBtcFake(['workspace', ...args], { cwd, env }).ended;
};

test('status of a workspace as described ends with 0 and says what was compared', async () => {
  const { code, stdout, stderr } = await workspace('status');
  expect([code, stdout, stderr]).toEqual([0, '', 'No drift; compared 1 people, 2 groups, 2 catalogs and schemas\n']);
});

test('status names a grant made elsewhere and a schema that is not in the state, and ends with 1', async () => {
  catalog.securables.set('people', {
    owner: 'admins',
    grants: { members: ['USE_CATALOG', 'USE_SCHEMA', 'SELECT'], guests: ['SELECT'] },
  });
  const state = {
    version: 4,
    resources: [{ mode: 'managed', type: 'databricks_catalog', instances: [{ attributes: { name: 'people' } }] }],
  };
  await writeFile(join(cwd, 'state.json'), JSON.stringify(state));
  const { code, stdout } = await workspace('status', '--state', 'state.json');
  expect([code, stdout]).toEqual([
    1,
    'extra  workspace  catalog people: guests has SELECT, granted elsewhere: an apply removes it\n' +
      'missing  state  schema people.ada: is in the workspace, and not in the state: import it, or an apply fails\n',
  ]);
  const asJson = await workspace('status', '--json');
  expect(asJson.json()).toMatchObject({
    drift: [{ kind: 'extra', where: 'workspace', object: 'catalog people' }],
    compared: { people: 1, groups: 2, objects: 2 },
  });
});

test('a login without rights ends with 1 and says which right is missing', async () => {
  catalog.meddle = ({ path }) =>
    path.endsWith('/Groups')
      ? { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'Only admins' } }
      : undefined;
  const { code, stdout, stderr } = await workspace('status', '--json');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /does not allow listing the groups \(HTTP 403\): PERMISSION_DENIED: Only admins \(DATABRICKS_LOGIN/,
  );
  expect(stderr).toContain('Give this login the right to do so');
});

test('a file that is no state is an error', async () => {
  await writeFile(join(cwd, 'state.json'), '{}');
  const { code, stderr } = await workspace('status', '--state', 'state.json');
  expect([code, stderr]).toEqual([1, expect.stringContaining('state.json is no state of Terraform')]);
});

test('access --live says what the workspace gives a person, by which group, and by ownership', async () => {
  catalog.securables.set('people', {
    owner: 'admins',
    grants: { members: ['USE CATALOG'], others: ['MODIFY'], 'account users': ['BROWSE'] },
  });
  const { code, stdout } = await workspace('access', 'ADA@team.example', 'people.ada', '--live');
  expect([code, stdout]).toEqual([
    0,
    'people.ada  ALL_PRIVILEGES  (owner of the schema)\n' +
      'people.ada  BROWSE  (group account users, granted on people)\n' +
      'people.ada  USE_CATALOG  (group members, granted on people)\n',
  ]);
  expect((await workspace('access', 'ada', '--live', '--json')).json()).toContainEqual({
    object: 'people',
    privilege: 'USE_CATALOG',
    why: 'group members, granted on people',
  });
});

test('access --live names a person or an object that the workspace does not have', async () => {
  const nobody = await workspace('access', 'o"b\\r@team.example', '--live');
  expect([nobody.code, nobody.stderr]).toEqual([64, expect.stringContaining('The workspace has no user')]);
  const nothing = await workspace('access', 'ada', 'people.none', '--live');
  expect([nothing.code, nothing.stderr]).toEqual([64, expect.stringContaining('has no schema people.none')]);
});

test('init describes a workspace as it is, with import blocks, and status then has no drift', async () => {
  await rm(join(cwd, 'lakehouse.yaml'));
  catalog.users.push(
    { id: '2', userName: 'bo@team.example', displayName: 'Bo: "B"', groups: ['members', 'admins'] },
    { id: '3', userName: 'cy@team.example', displayName: 'Cy', groups: [] },
  );
  catalog.securables.set('people.bo_2', { owner: 'bo@team.example', grants: {} });
  catalog.securables.set('people.shared_gold', { owner: 'admins', grants: {} });
  catalog.securables.set('sales', { owner: 'admins', grants: { members: ['USE_CATALOG', 'USE_SCHEMA', 'SELECT'] } });
  catalog.securables.set('sales.gold', { owner: 'admins', grants: {} });
  catalog.securables.set('system', { owner: 'System user', grants: {} });
  const { code, stdout, stderr } = await workspace('init', '--from-workspace', '--people-catalog', 'People');
  expect([code, stdout, stderr]).toEqual([
    0,
    'Wrote lakehouse.yaml, and wrote imports.tf\n',
    'Look through it, then: btc-fake workspace status\n',
  ]);
  expect(await workspace('status')).toMatchObject({ code: 0, stdout: '' });
  expect((await workspace('plan-names', '--json')).json()).toEqual([
    { email: 'ada@team.example', schema: 'ada' },
    { email: 'bo@team.example', schema: 'bo_2' },
  ]);
  const blocks = await readFile(join(cwd, 'imports.tf'), 'utf8');
  expect([...blocks.matchAll(/id = "(.*)"/g)].map(([, id]) => id)).toEqual([
    'sales',
    'catalog/sales',
    'sales.gold',
    'people',
    'catalog/people',
    'people.shared_gold',
    'people.ada',
    'people.bo_2',
  ]);
  expect(blocks).toContain('databricks_schema.personal["bo_2"]\n  id = "people.bo_2"');
  const again = await workspace('init', '--from-workspace');
  expect([again.code, again.stderr]).toEqual([64, expect.stringContaining('has a workspace already')]);
});

test('init names what a description cannot hold, and leaves it out', async () => {
  await rm(join(cwd, 'lakehouse.yaml'));
  catalog.users.push({ id: '2', userName: 'bo@team.example', displayName: 'Bo', groups: [] });
  catalog.securables.set('people.bo', { owner: 'bo@team.example', grants: {} });
  catalog.securables.set('people.gone', { owner: 'gone@team.example', grants: {} });
  catalog.securables.set('people.ada', { owner: 'ada@team.example', grants: { members: ['SELECT'] } });
  catalog.securables.set('people.zz', { owner: 'ada@team.example', grants: {} });
  catalog.securables.set('sales', {
    owner: 'admins',
    grants: { members: ['SELECT', 'EXTERNAL_USE_SCHEMA'], 'ada@team.example': ['USE_CATALOG'] },
  });
  const { code, stdout } = await workspace('init', '--from-workspace', '--json');
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { notices: string[] }).notices).toEqual([
    'schema people.gone belongs to gone@team.example, who is no active user: it is left out',
    'schema people.zz is the second schema of ada@team.example, after ada: it is left out',
    'SELECT of members on people.ada is left out: a personal schema has no grants in a description',
    'EXTERNAL_USE_SCHEMA of members on sales is left out: a description does not know the privilege',
    'USE_CATALOG of ada@team.example on sales is left out: grants go to groups',
    'SELECT on sales is useless to members without USE_CATALOG and USE_SCHEMA: it is left out',
    'no role of bo has USE_CATALOG on people: the personal schema cannot be used: it is left out',
  ]);
  expect(await workspace('validate')).toMatchObject({ code: 0 });
});

test('init writes nothing where the workspace has no such catalog, or a page cannot be read', async () => {
  await rm(join(cwd, 'lakehouse.yaml'));
  const { code, stderr } = await workspace('init', '--from-workspace', '--people-catalog', 'nowhere');
  expect([code, stderr]).toEqual([64, expect.stringContaining('The workspace has no catalog "nowhere"')]);
  catalog.meddle = ({ path }) =>
    path.endsWith('/schemas') ? { status: 403, body: { error_code: 'PERMISSION_DENIED' } } : undefined;
  expect(await workspace('init', '--from-workspace')).toMatchObject({ code: 1, stdout: '' });
  expect(await readdir(cwd)).toEqual(['ca.pem']);
});
