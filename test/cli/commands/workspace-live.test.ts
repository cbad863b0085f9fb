// Proves what the commands say that look into a workspace: drift, rights and numbers, with exit codes, and a clear
// error for a login without the rights.
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
