// Proves what `workspace status` calls drift: nothing where all agree, and each kind of difference by name.
import { expect, test } from '@jest/globals';
import { driftOf } from '../../../src/domain/workspace/drift.ts';
import { describedSnapshot, type Securable, type Snapshot } from '../../../src/domain/workspace/snapshot.ts';
import { DESCRIPTION_HEAD, workspaceOf } from '../../support/described-workspace.ts';

const WORKSPACE = workspaceOf(`${DESCRIPTION_HEAD}workspace:
  owner_group: admins
  people_catalog: { name: people, schemas: [shared] }
  shared_catalogs: { sales: { schemas: [bronze] } }
  roles: { member: { group: members }, admin: { group: admins } }
  grants:
    - { group: members, on: ["*"], privileges: [USE_CATALOG, USE_SCHEMA] }
    - { group: members, on: [sales.bronze], privileges: [SELECT] }
  people:
    ada: { email: Ada@team.example, name: Ada, roles: [member], schema: ada }
  departed:
    bo: { email: bo@team.example, name: Bo, schema: bo }
`);
const DESCRIBED = describedSnapshot(WORKSPACE);
const NONE = new Set<string>();

const changed = (name: string, securable: Partial<Securable> | undefined, from: Snapshot = DESCRIBED): Snapshot => {
  const securables = new Map(from.securables);
  const before = securables.get(name) ?? { owner: 'admins', grants: new Map() };
  if (securable === undefined) securables.delete(name);
  else securables.set(name, { ...before, ...securable });
  return { ...from, securables };
};
const texts = (live: Snapshot, state?: Snapshot, ignored: ReadonlySet<string> = NONE) =>
  driftOf(DESCRIBED, live, state, WORKSPACE, ignored).map(
    ({ kind, where, object, what }) => `${kind} ${where} ${object}: ${what}`,
  );

test('a workspace and a state as described have no drift', () => {
  expect(texts(DESCRIBED, DESCRIBED)).toEqual([]);
});

test('a group, a person, a membership and a schema that are missing are named', () => {
  expect(texts({ ...DESCRIBED, groups: new Set(['admins']) })).toEqual([
    'missing workspace group members: the workspace has no such group',
  ]);
  expect(texts({ ...DESCRIBED, users: new Map() })).toEqual([
    'missing workspace person ada@team.example: the workspace has no such user',
  ]);
  expect(texts({ ...DESCRIBED, users: new Map([['ada@team.example', new Set(['admins'])]]) })).toEqual([
    'different workspace person ada@team.example: is not in members',
    'different workspace person ada@team.example: is in admins without a role',
  ]);
  expect(texts(changed('people.ada', undefined))).toEqual([
    'missing workspace schema people.ada: is described, and is not there',
  ]);
});

test('a person who has left and is still in a group is extra', () => {
  const users = new Map([...DESCRIBED.users, ['bo@team.example', new Set(['members'])]]);
  expect(texts({ ...DESCRIBED, users })).toEqual([
    'extra workspace person bo@team.example: has left, and is in members',
  ]);
});

test('a schema of somebody who has left must belong to the owner group', () => {
  expect(texts(changed('people.bo', { owner: 'bo@team.example' }))).toEqual([
    'different workspace schema people.bo: belongs to bo@team.example, not to admins',
  ]);
});

test('a schema that is not described is extra, but not that of a target, nor one in a foreign catalog', () => {
  const live = changed('else.where', {}, changed('sales.information_schema', {}, changed('sales.own', {})));
  expect(texts(live)).toEqual(['extra workspace schema sales.own: is there, and is not described']);
  expect(texts(live, undefined, new Set(['sales.own']))).toEqual([]);
});

test('grants made elsewhere are listed with whether an apply removes them', () => {
  const given = new Map([
    ['members', new Set(['SELECT', 'MODIFY'])],
    ['guests', new Set(['SELECT'])],
  ]);
  expect(texts(changed('sales.bronze', { grants: given }))).toEqual([
    'extra workspace schema sales.bronze: members has MODIFY, granted elsewhere: an apply removes it',
    'extra workspace schema sales.bronze: guests has SELECT, granted elsewhere: an apply removes it',
  ]);
  const shared = new Map([['guests', new Set(['SELECT'])]]);
  expect(texts(changed('people.ada', { grants: shared }))).toEqual([
    'extra workspace schema people.ada: guests has SELECT, granted elsewhere: an apply leaves it',
  ]);
  expect(texts(changed('people.ada', { grants: shared }), changed('people.ada', { grants: shared }))).toEqual([
    'extra workspace schema people.ada: guests has SELECT, granted elsewhere: an apply removes it',
  ]);
});

test('a grant that is described and not given is missing', () => {
  expect(texts(changed('sales', { grants: new Map([['members', new Set(['USE_CATALOG'])]]) }))).toEqual([
    'missing workspace catalog sales: members lacks USE_SCHEMA',
  ]);
});

test('the state is compared too: what to import, what would be destroyed, what has gone', () => {
  expect(texts(DESCRIBED, changed('people.ada', undefined))).toEqual([
    'missing state schema people.ada: is in the workspace, and not in the state: import it, or an apply fails',
  ]);
  expect(texts(changed('people.old', {}), changed('people.old', {}))).toEqual([
    'extra workspace schema people.old: is there, and is not described',
    'extra state schema people.old: is no longer described: an apply would destroy it',
  ]);
  expect(texts(changed('people.ada', undefined), DESCRIBED)).toEqual([
    'missing workspace schema people.ada: is described, and is not there',
    'different state schema people.ada: has gone from the workspace: an apply makes it again, empty',
  ]);
});
