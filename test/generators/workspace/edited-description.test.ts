// Proves that adding and removing people changes their own lines of a description and no other, however the file is
// written.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { withoutPerson, withPerson, withWorkspace } from '../../../src/generators/workspace/edited-description.ts';
import { starterWorkspace } from '../../../src/generators/workspace/starter.ts';
import { DESCRIPTION_HEAD, workspaceOf } from '../../support/described-workspace.ts';

const START = { peopleCatalog: 'people', adminGroup: 'admins_group', memberGroup: 'members_group' };
const TEXT = withWorkspace(`${DESCRIPTION_HEAD}# The end of what was there.\n`, starterWorkspace(START));
const ADA = { email: 'ada@team.example', name: 'Ada: "A" # 1', roles: ['member', 'admin'], schema: 'ada' };
const BO = { email: 'bo@team.example', name: 'null', roles: ['member'], schema: 'bo' };

/** The lines of one text that the other lacks. */
const onlyIn = (one: string, other: string) => one.split('\n').filter((line) => !other.split('\n').includes(line));

describe('a new part workspace', () => {
  test('is right, with groups that own and may read', () => {
    expect(workspaceOf(TEXT)).toMatchObject({ owner_group: 'admins_group', people: {}, departed: {} });
  });

  test.each(['', 'version: 1', 'version: 1\n', 'version: 1\n\n'])(
    'stands a line below what was there (%j)',
    (before) => {
      expect(withWorkspace(before, 'workspace:\n')).toMatch(/^(version: 1\n\n)?workspace:\n$/);
    },
  );
});

describe('a person', () => {
  test('is added with their own lines alone, first and second', () => {
    const first = withPerson(TEXT, 'ada', ADA);
    expect(onlyIn(TEXT, first)).toEqual(['  people: {}']);
    const second = withPerson(first, 'bo', BO);
    expect(onlyIn(first, second)).toEqual([]);
    expect(onlyIn(second, first)).toEqual([
      '    bo:',
      '      email: bo@team.example',
      '      name: "null"',
      '      roles: [member]',
      '      schema: bo',
    ]);
    expect(workspaceOf(second).people).toEqual({ ada: ADA, bo: BO });
  });

  test('who leaves and comes back leaves the file as it was', () => {
    const both = withPerson(withPerson(TEXT, 'ada', ADA), 'bo', BO);
    const { roles: _roles, ...departed } = BO;
    const left = withoutPerson(both, 'bo', departed);
    expect(workspaceOf(left)).toMatchObject({ people: { ada: ADA }, departed: { bo: departed } });
    expect(withPerson(left, 'bo', BO)).toBe(both);
  });

  test.each<[how: string, written: string]>([
    ['in braces', 'people: { bo: { email: bo@team.example, name: "null", roles: [member], schema: bo } }'],
    ['not at all', ''],
    ['with nothing', 'people:'],
    ['with a comment behind', 'people: {} # nobody yet'],
    [
      'deeper, with comments',
      'people:\n      # the first\n      bo: # him\n        email: bo@team.example\n        name: "null"\n        roles:\n          - member\n        schema: bo # his\n      # nobody else',
    ],
  ])('is added where people are written %s', (_how, written) => {
    const text = TEXT.replace('people: {}', written);
    const before = written.includes('bo:') ? { bo: BO } : {};
    const after = workspaceOf(withPerson(text, 'ada', ADA));
    expect(after.people).toEqual({ ...before, ada: ADA });
    expect(after.departed).toEqual({});
  });

  test('keeps their name whatever it is, in a file with any line breaks', () => {
    const anyName = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((name) => !/\p{Cc}|\$\{|\{\{/u.test(name));
    fc.assert(
      fc.property(anyName, fc.boolean(), (name, isWindows) => {
        const text = isWindows ? TEXT.replaceAll('\n', '\r\n') : TEXT;
        const added = withPerson(withPerson(text, 'ada', { ...ADA, name }), 'bo', BO);
        expect(workspaceOf(added).people).toEqual({ ada: { ...ADA, name }, bo: BO });
      }),
    );
  });
});
