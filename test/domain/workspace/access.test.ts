// Proves the whole matrix of rights: each role on each object, by grants that are inherited and by ownership, with
// nothing besides.
import { expect, test } from '@jest/globals';
import { accessOf, securables } from '../../../src/domain/workspace/access.ts';
import { PRIVILEGES } from '../../../src/domain/workspace/workspace.ts';
import { DESCRIPTION_HEAD, workspaceOf } from '../../support/described-workspace.ts';

const WORKSPACE = workspaceOf(`${DESCRIPTION_HEAD}workspace:
  owner_group: owners
  people_catalog: { name: people, schemas: [shared] }
  shared_catalogs: { sales: { schemas: [bronze, gold] } }
  roles:
    owner: { group: owners }
    reader: { group: readers }
    writer: { group: writers }
  grants:
    - { group: owners, on: [people], privileges: [USE_CATALOG] }
    - { group: readers, on: ["*"], privileges: [USE_CATALOG, USE_SCHEMA, SELECT] }
    - { group: writers, on: [people, sales], privileges: [USE_CATALOG] }
    - { group: writers, on: [sales.bronze], privileges: [ALL_PRIVILEGES] }
  people:
    own: { email: own@team.example, name: Own, roles: [owner], schema: own }
    read: { email: read@team.example, name: Read, roles: [reader], schema: read }
    write: { email: write@team.example, name: Write, roles: [writer], schema: write }
  departed:
    gone: { email: gone@team.example, name: Gone, schema: gone }
`);

const ON_CATALOG = PRIVILEGES.filter((one) => one !== 'ALL_PRIVILEGES' && one !== 'MANAGE').join(' ');
const ON_SCHEMA = ON_CATALOG.replace('CREATE_SCHEMA ', '').replace('USE_CATALOG ', '');
const READ = 'SELECT USE_SCHEMA';

test('every person has on every object what the description gives, and nothing else', () => {
  const matrix = Object.fromEntries(
    Object.keys(WORKSPACE.people).map((key) => [
      key,
      Object.fromEntries(
        securables(WORKSPACE).map((object) => [
          object,
          accessOf(WORKSPACE, key, object)
            .map(({ privilege }) => privilege)
            .join(' '),
        ]),
      ),
    ]),
  );
  expect(matrix).toEqual({
    own: {
      sales: ON_CATALOG,
      'sales.bronze': ON_SCHEMA,
      'sales.gold': ON_SCHEMA,
      people: ON_CATALOG,
      'people.shared': ON_SCHEMA,
      'people.own': ON_SCHEMA,
      'people.read': '',
      'people.write': '',
      'people.gone': ON_SCHEMA,
    },
    read: {
      sales: 'SELECT USE_CATALOG USE_SCHEMA',
      'sales.bronze': READ,
      'sales.gold': READ,
      people: 'SELECT USE_CATALOG USE_SCHEMA',
      'people.shared': READ,
      'people.own': READ,
      'people.read': ON_SCHEMA,
      'people.write': READ,
      'people.gone': READ,
    },
    write: {
      sales: 'USE_CATALOG',
      'sales.bronze': ON_SCHEMA,
      'sales.gold': '',
      people: 'USE_CATALOG',
      'people.shared': '',
      'people.own': '',
      'people.read': '',
      'people.write': ON_SCHEMA,
      'people.gone': '',
    },
  });
});

test('each right has its reason', () => {
  const why = (key: string, object: string) => new Set(accessOf(WORKSPACE, key, object).map((one) => one.why));
  expect(why('read', 'people.read')).toEqual(new Set(['owner of the schema']));
  expect(why('read', 'sales.gold')).toEqual(new Set(['group readers, granted on every catalog']));
  expect(why('write', 'sales.bronze')).toEqual(new Set(['group writers, granted on sales.bronze']));
  expect(why('own', 'people.gone')).toEqual(new Set(['group owners, the owner']));
  expect(why('nobody', 'people')).toEqual(new Set());
});
