// Proves that people in a file of their own count as people in the description do, and that mistakes are found in the
// file and on the line where they are.
import { describe, expect, test } from '@jest/globals';
import { parseDescription } from '../../../src/domain/description/parse.ts';
import { peopleFileOf } from '../../../src/domain/description/people-file.ts';
import { withoutPerson, withPerson } from '../../../src/generators/workspace/edited-description.ts';
import { DESCRIPTION_HEAD } from '../../support/described-workspace.ts';
import { failureOf } from '../../support/failure-of.ts';

const MAIN = `${DESCRIPTION_HEAD}workspace:
  owner_group: admins
  people_catalog: { name: people }
  roles: { member: { group: members } }
  grants: [{ group: members, on: [people], privileges: [USE_CATALOG] }]
  people_file: team.yaml
`;
const ADA = { email: 'ada@team.example', name: 'Ada', roles: ['member'], schema: 'ada' };
const BO = { email: 'bo@team.example', name: 'Bo', roles: ['member'], schema: 'bo' };

const read = (people: string, main = MAIN) =>
  parseDescription(main, 'lakehouse.yaml', { file: 'team.yaml', text: people }).workspace;
const linesOf = async (people: string, main = MAIN) => (await failureOf(() => read(people, main))).lines;

describe('a file of people', () => {
  test('is named by the description', () => {
    expect(peopleFileOf(MAIN)).toBe('team.yaml');
    expect(peopleFileOf(DESCRIPTION_HEAD)).toBeUndefined();
    expect(peopleFileOf('a: [')).toBeUndefined();
  });

  test.each(['', '# nobody yet\n', 'people:\n', 'people: {}\ndeparted: {}', 'people: {}', '# nobody yet'])(
    'gets people and loses them to departed, from %j',
    (text) => {
      const both = withPerson(withPerson(text, 'ada', ADA, 'people_file'), 'bo', BO, 'people_file');
      expect(read(both)?.people).toEqual({ ada: ADA, bo: BO });
      const { roles: _roles, ...departed } = BO;
      const left = withoutPerson(both, 'bo', departed, 'people_file');
      expect(read(left)).toMatchObject({ people: { ada: ADA }, departed: { bo: departed } });
      expect(read(withPerson(left, 'bo', BO, 'people_file'))?.people).toEqual({ ada: ADA, bo: BO });
    },
  );

  test('has its mistakes reported with its own lines, and those of the description with the description', async () => {
    const people = 'people:\n  ada: { email: a@b.example, name: A, roles: [membre], schema: default }\n';
    expect(await linesOf(people, MAIN.replace('group: members, on', 'group: nobody, on'))).toEqual([
      expect.stringMatching(/^lakehouse\.yaml:7: "nobody" is the group of no role/),
      'team.yaml:2: the name default is reserved',
      'team.yaml:2: "membre" is not a role; did you mean member?',
      expect.stringMatching(/^team\.yaml:2: no role of ada/),
    ]);
    expect(await linesOf('people:\n  ada: { email: nobody }\n')).toContainEqual(
      expect.stringMatching(/^team\.yaml:2: workspace\.people\.ada/),
    );
  });

  test.each([
    ['people: [', /^team\.yaml:1: /],
    ['- ada\n', /^team\.yaml:1: the file does not hold people and departed$/],
    ['people: {}\nrole: {}\n', /^team\.yaml:2: "role" is not known; team\.yaml holds people and departed$/],
  ])('that holds %j is refused', async (people, line) => {
    expect(await linesOf(people)).toEqual([expect.stringMatching(line)]);
  });

  test('leaves no place for people in the description, but for empty groups', async () => {
    const inline = `${MAIN}  departed:\n    bo: { email: bo@team.example, name: Bo, schema: bo }\n`;
    expect(await linesOf('', inline)).toEqual([
      'lakehouse.yaml:9: departed are in team.yaml (people_file), and not here',
    ]);
    expect(read('', `${MAIN}  people: {}\n`)?.people).toEqual({});
  });
});
