// Proves that a workspace is read whole through its API: all pages, also when calls are slowed down or objects go
// away in between. A page that fails is an error, never a smaller number.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DatabricksRest } from '../../../src/adapters/databricks/rest.ts';
import { readLiveWorkspace } from '../../../src/databricks-tools/workspace/live-workspace.ts';
import { type DatabricksWorkspace, startDatabricksWorkspace } from '../../support/databricks-workspace.ts';
import { failureOf } from '../../support/failure-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type StoodInCatalog, standInCatalog } from '../../support/unity-catalog.ts';

let catalog: StoodInCatalog;
let workspace: DatabricksWorkspace;
let rest: DatabricksRest;
const folder = temporaryFolder('live');

beforeEach(async () => {
  catalog = standInCatalog();
  catalog.users = Array.from({ length: 250 }, (_, index) => ({
    id: `u${index}`,
    userName: `Person${index}@team.example`,
    displayName: `Person ${index}`,
    groups: index % 2 === 0 ? ['members'] : [],
  }));
  catalog.groups = Array.from({ length: 130 }, (_, index) => `group ${index}`);
  catalog.securables.set('people', { owner: 'admins', grants: { a: ['SELECT'], b: ['SELECT'], c: ['USE CATALOG'] } });
  for (let index = 0; index < 101; index += 1) {
    catalog.securables.set(`people.s${index}`, { owner: `Person${index}@team.example`, grants: {} });
  }
  workspace = await startDatabricksWorkspace(catalog.answer);
  await writeFile(join(folder.path, 'ca.pem'), workspace.caPem);
  const { host, token } = workspace;
  rest = await DatabricksRest.open({ host, token, caFile: join(folder.path, 'ca.pem') }, { attempts: 2 });
});
afterEach(async () => {
  rest.close();
  await workspace.close();
});

test('all of 250 users, 130 groups, 101 schemas and the grants of three principals are read', async () => {
  const { users, groups, securables, vanished } = await readLiveWorkspace(rest);
  expect([users.size, groups.size, securables.size, vanished]).toEqual([250, 130, 102, []]);
  expect(users.get('person2@team.example')).toEqual(new Set(['members']));
  expect(securables.get('people.s100')?.owner).toBe('person100@team.example');
  expect([...(securables.get('people')?.grants ?? [])].map(([name]) => name)).toEqual(['a', 'b', 'c']);
  expect(securables.get('people')?.grants?.get('c')).toEqual(new Set(['USE_CATALOG']));
});

test('the workspace slows calls down, and the reading waits and continues', async () => {
  for (const path of ['/api/2.0/preview/scim/v2/Users', '/api/2.1/unity-catalog/schemas']) {
    workspace.faults.set(path, [{ status: 429, retryAfter: '0' }]);
  }
  expect((await readLiveWorkspace(rest)).securables.size).toBe(102);
});

test.each<[what: string, isPage: (path: string, page: string | null) => boolean]>([
  ['users', (path, page) => path.endsWith('/Users') && page === '201'],
  ['groups', (path, page) => path.endsWith('/Groups') && page === '101'],
  ['schemas', (path, page) => path.endsWith('/schemas') && page?.startsWith('80') === true],
  ['grants', (path, page) => path.endsWith('/permissions/catalog/people') && page?.startsWith('2') === true],
])('a later page of the %s that fails ends the reading with an error', async (_, isPage) => {
  catalog.meddle = ({ path, query }) =>
    isPage(path, query.get('startIndex') ?? query.get('page_token'))
      ? { status: 500, body: { error_code: 'INTERNAL_ERROR', message: 'page lost' } }
      : undefined;
  const { code, message } = await failureOf(readLiveWorkspace(rest));
  expect([code, message]).toEqual(['DATABRICKS_UNREACHABLE', expect.stringContaining('page lost')]);
});

test('a user who is removed between two pages makes the list be read again, so that nobody is skipped', async () => {
  let isRemoved = false;
  catalog.meddle = ({ path, query }) => {
    if (isRemoved || !path.endsWith('/Users') || query.get('startIndex') !== '101') return undefined;
    isRemoved = true;
    catalog.users.shift();
    return undefined;
  };
  const { users } = await readLiveWorkspace(rest);
  expect([users.size, users.has('person100@team.example')]).toEqual([249, true]);
});

test('a list that changes with every page is an error', async () => {
  catalog.meddle = ({ path, query }) => {
    if (path.endsWith('/Users') && query.get('startIndex') !== '1') catalog.users.shift();
    return undefined;
  };
  expect(await failureOf(readLiveWorkspace(rest))).toMatchObject({
    code: 'DATABRICKS_API',
    message: expect.stringContaining('it changed each time while it was read'),
  });
});

test('schemas and catalogs that go away between list and grants are named, and not counted', async () => {
  catalog.securables.set('gone', { owner: 'admins', grants: {} });
  catalog.meddle = ({ path, query }) => {
    if (path.endsWith('/permissions/catalog/people')) catalog.securables.delete('people.s7');
    if (query.get('catalog_name') === 'gone') catalog.securables.delete('gone');
    return undefined;
  };
  const { securables, vanished } = await readLiveWorkspace(rest);
  expect([securables.size, vanished]).toEqual([101, ['catalog gone', 'schema people.s7']]);
});

test('a login without rights is told what it may not do, and an address that the API does not know is no absence', async () => {
  catalog.meddle = ({ path }) =>
    path.endsWith('/permissions/schema/people.s3')
      ? { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'no MANAGE' } }
      : undefined;
  expect(await failureOf(readLiveWorkspace(rest))).toMatchObject({
    code: 'DATABRICKS_LOGIN_REFUSED',
    message: expect.stringContaining('does not allow reading the grants on schema people.s3 (HTTP 403)'),
  });
  catalog.meddle = ({ path }) =>
    path.endsWith('/catalogs')
      ? { status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND', message: 'none' } }
      : undefined;
  expect(await failureOf(readLiveWorkspace(rest))).toMatchObject({ code: 'DATABRICKS_API' });
});

test('a catalog that is wanted and not listed is asked for by its name', async () => {
  catalog.meddle = ({ path }) => (path.endsWith('/catalogs') ? { status: 200, body: {} } : undefined);
  const { securables } = await readLiveWorkspace(rest, { catalogs: new Set(['people', 'nowhere']) });
  expect(securables.size).toBe(102);
});
