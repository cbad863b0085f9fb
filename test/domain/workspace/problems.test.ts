// Proves that each kind of mistake in the workspace of a description is found, on its line, and that a right one has
// none.
import { describe, expect, test } from '@jest/globals';
import { DESCRIPTION_HEAD, problemsOf } from '../../support/described-workspace.ts';

const RIGHT = `${DESCRIPTION_HEAD}workspace:
  owner_group: admins_group
  people_catalog:
    name: people
    schemas: [shared_bronze, shared_gold]
  shared_catalogs:
    sales_dev:
      schemas: [bronze, silver]
  roles:
    admin: { group: admins_group }
    member: { group: members_group, origin: create }
  grants:
    - group: members_group
      on: ["*"]
      privileges: [USE_CATALOG]
    - group: members_group
      on: [sales_dev.bronze, people.shared_gold]
      privileges: [USE_SCHEMA, SELECT]
  notebooks:
    /Shared/labs/start: notebooks/start.py
  people:
    ada:
      email: ada@team.example
      name: Ada
      roles: [member]
      schema: ada
    bo:
      email: bo@team.example
      name: Bo
      roles: [admin]
      schema: bo
  departed:
    cy:
      email: cy@team.example
      name: Cy
      schema: cy
`;

test('a workspace that is right has no problem', () => expect(problemsOf(RIGHT)).toEqual([]));

describe('a mistake is found on its line:', () => {
  test.each<[what: string, from: string, to: string, found: string]>([
    ['a person twice', 'email: bo@team.example', 'email: ADA@team.example', '30: "ADA@team.example" is ada too'],
    [
      'somebody who has left, added by hand',
      'email: cy@team.example',
      'email: Bo@Team.example',
      '36: "Bo@Team.example" is bo too',
    ],
    ['a schema of two people', 'schema: bo', 'schema: ada', '33: the name ada belongs to ada'],
    ['the schema of somebody who has left', 'schema: bo', 'schema: cy', '38: the name cy belongs to bo'],
    ['a reserved name', 'schema: bo', 'schema: information_schema', '33: the name information_schema is reserved'],
    [
      'a name that clashes with a shared schema',
      'schema: bo',
      'schema: shared_gold',
      '33: the name shared_gold belongs to a shared',
    ],
    [
      'a name with other letters',
      'schema: bo',
      'schema: Bo',
      '33: workspace.people.bo.schema: "Bo" is not a name of a-z, 0-9',
    ],
    ['somebody here and gone', '    cy:', '    bo:', '29: bo is among people and among departed'],
    ['an unknown role', 'roles: [admin]', 'roles: [admn]', '32: "admn" is not a role; did you mean admin?'],
    ['no role', 'roles: [admin]', 'roles: []', '32: workspace.people.bo.roles is empty'],
    ['no address', '      email: bo@team.example\n', '', 'email is missing'],
    [
      'a grant to a person',
      '  - group: members_group\n      on: ["*"]',
      '  - group: ada@team.example\n      on: ["*"]',
      '15: "ada@team.example" is a person: grants go to groups',
    ],
    [
      'a grant to a group of no role',
      '  - group: members_group\n      on: [sales',
      '  - group: member_group\n      on: [sales',
      '18: "member_group" is the group of no role; did you mean members_group?',
    ],
    [
      'a person as a role’s group',
      'admin: { group: admins_group }',
      'admin: { group: bo@team.example }',
      '12: "bo@team.example" is a person, not a group',
    ],
    [
      'SELECT without USE_SCHEMA',
      '[USE_SCHEMA, SELECT]',
      '[SELECT]',
      '20: SELECT on sales_dev.bronze is useless to members_group without USE_SCHEMA',
    ],
    [
      'SELECT without USE_CATALOG',
      '      on: ["*"]',
      '      on: [people]',
      '20: SELECT on sales_dev.bronze is useless to members_group without USE_CATALOG',
    ],
    [
      'a privilege of catalogs on a schema',
      '[USE_SCHEMA, SELECT]',
      '[USE_SCHEMA, CREATE_SCHEMA]',
      '20: CREATE_SCHEMA is a privilege of catalogs, and sales_dev.bronze is a schema',
    ],
    [
      'an unknown privilege',
      '[USE_SCHEMA, SELECT]',
      '[USE_SCHEMA, REED]',
      '20: workspace.grants.1.privileges.1: "REED" is not one of',
    ],
    [
      'an object that is not there',
      'sales_dev.bronze,',
      'sales_dev.bronce,',
      '19: "sales_dev.bronce" is not in the description; did you mean sales_dev.bronze?',
    ],
    ['a grant on a personal schema', 'people.shared_gold]', 'people.ada]', '19: people.ada is a personal schema'],
    ['a catalog twice', '    sales_dev:', '    People:', '9: the catalog People is named twice, also as people'],
    ['a schema twice', '[bronze, silver]', '[bronze, Bronze]', '10: the schema Bronze is named twice'],
    [
      'an object with two managers',
      'sales_dev:\n      schemas: [bronze, silver]',
      'training_dev:\n      schemas: [bronze, btc_fake]',
      '10: training_dev.btc_fake has two managers',
    ],
    ['a role without its group', 'admin: { group: admins_group }', 'admin: {}', '12: group is missing'],
    [
      'one group of two roles',
      'group: members_group, origin',
      'group: admins_group, origin',
      '13: the roles admin and member are the same group',
    ],
    ['a notebook with its ending', '/Shared/labs/start:', '/Shared/labs/start.py:', '22: '],
    [
      'an account API on Free Edition',
      '  owner_group',
      '  edition: free\n  owner_group',
      '14: Free Edition has no account API: make the group by hand',
    ],
    [
      'users made on Free Edition',
      '  owner_group',
      '  edition: free\n  users: create\n  owner_group',
      '5: Free Edition has no account API: invite people by hand',
    ],
    [
      'a person as the owner',
      'owner_group: admins_group',
      'owner_group: bo@team.example',
      '4: "bo@team.example" is a person, not a group',
    ],
    [
      'no way to the personal schemas',
      '      on: ["*"]',
      '      on: [sales_dev]',
      '27: no role of ada has USE_CATALOG on people',
    ],
    [
      'a mistyped key',
      '  departed:',
      '  departet:',
      '34: "workspace.departet" is not a setting; did you mean departed?',
    ],
  ])('%s', (_what, from, to, found) => {
    const text = RIGHT.replace(from, to);
    expect(text).not.toBe(RIGHT);
    expect(problemsOf(text).join('\n')).toContain(found);
  });
});
