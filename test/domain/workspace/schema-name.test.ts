// Proves that a personal schema is proposed a name that Unity Catalog takes and nobody else has, whatever the address.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isReservedSchemaName, proposeSchemaName } from '../../../src/domain/workspace/schema-name.ts';

const proposed = (email: string, ...taken: string[]) => proposeSchemaName(email, (name) => taken.includes(name));

describe('the name of a personal schema', () => {
  test.each([
    ['ada.lovelace@team.example', 'ada_lovelace'],
    ['Ada.LOVELACE@team.example', 'ada_lovelace'],
    ['ada+labs@team.example', 'ada'],
    ['jöß.møller@team.example', 'joss_moller'],
    ['o’brien@team.example', 'o_brien'],
    ['__x__@team.example', 'x'],
    ['7up@team.example', 'p_7up'],
    ['佐藤@team.example', 'person'],
    ['default@team.example', 'default_2'],
    ['information_schema@team.example', 'information_schema_2'],
  ])('of %s is %s', (email, name) => expect(proposed(email)).toBe(name));

  test('gets the first number that is free', () => {
    expect(proposed('ada@a.example', 'ada', 'ada_2', 'ada_4')).toBe('ada_3');
  });

  test('is right and nobody else’s for ten thousand addresses of any form', () => {
    const taken = new Set<string>();
    const local = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
      fc.constantFrom('ada', 'Ada', 'a.da'),
    );
    fc.assert(
      fc.property(local, (text) => {
        const name = proposeSchemaName(`${text}@team.example`, (one) => taken.has(one));
        expect(name).toMatch(/^[a-z][a-z0-9_]{0,63}$/);
        expect(isReservedSchemaName(name)).toBe(false);
        expect(taken.has(name)).toBe(false);
        taken.add(name);
      }),
      { numRuns: 10_000 },
    );
  });
});
