// Proves that both forms in which Terraform shows its state read alike, and that nothing else passes for one.
import { expect, test } from '@jest/globals';
import { parseTerraformState } from '../../../src/domain/workspace/terraform-state.ts';

const SCHEMA = { name: 'Ada', catalog_name: 'people', owner: 'Ada@team.example' };
const GRANTS = { schema: 'people.ada', grant: [{ principal: 'members', privileges: ['USE SCHEMA', 'SELECT'] }] };

const SHOWN = {
  format_version: '1.0',
  values: {
    root_module: {
      resources: [
        { mode: 'managed', type: 'databricks_group', values: { display_name: 'members' } },
        { mode: 'data', type: 'databricks_group', values: { display_name: 'looked_up' } },
        { mode: 'managed', type: 'databricks_user', values: { user_name: 'Ada@team.example' } },
      ],
      child_modules: [
        {
          resources: [{ mode: 'managed', type: 'databricks_schema', index: 'ada', values: SCHEMA }],
          child_modules: [{ resources: [{ mode: 'managed', type: 'databricks_grants', values: GRANTS }] }],
        },
      ],
    },
  },
};
const PULLED = {
  version: 4,
  resources: [
    { mode: 'managed', type: 'databricks_group', instances: [{ attributes: { display_name: 'members' } }] },
    { mode: 'data', type: 'databricks_group', instances: [{ attributes: { display_name: 'looked_up' } }] },
    { mode: 'managed', type: 'databricks_user', instances: [{ attributes: { user_name: 'Ada@team.example' } }] },
    { mode: 'managed', type: 'databricks_schema', instances: [{ index_key: 'ada', attributes: SCHEMA }] },
    { mode: 'managed', type: 'databricks_grants', instances: [{ attributes: GRANTS }] },
  ],
};

test.each([
  ['terraform show -json', SHOWN],
  ['terraform state pull', PULLED],
])('what %s writes is read, modules below modules and data sources left out', (_, state) => {
  const { groups, users, securables } = parseTerraformState(JSON.stringify(state), 'state.json');
  expect(groups).toEqual(new Set(['members']));
  expect([...users.keys()]).toEqual(['ada@team.example']);
  expect(securables).toEqual(
    new Map([
      ['people.ada', { owner: 'ada@team.example', grants: new Map([['members', new Set(['USE_SCHEMA', 'SELECT'])]]) }],
    ]),
  );
});

test('an empty state holds nothing', () => {
  expect(parseTerraformState('{"format_version":"1.0"}', 'state.json').securables.size).toBe(0);
});

test.each(['', '{', '[]', '{"version":3,"resources":[]}', 'null'])('%j is no state', (text) => {
  expect(() => parseTerraformState(text, 'state.json')).toThrow('state.json is no state of Terraform');
});
