// Proves that what one person does (join, leave, come back, change address, name or roles) never touches what belongs
// to another: keys and schema names are given once and are only read afterwards.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findPerson, personToAdd, sameAccount, schemaNames } from '../../../src/domain/workspace/people.ts';
import type { Departed, Person } from '../../../src/domain/workspace/workspace.ts';
import { failureOf } from '../../support/failure-of.ts';

interface Model {
  readonly people: Record<string, Person>;
  readonly departed: Record<string, Departed>;
}

const CATALOG = { people_catalog: { name: 'people', schemas: ['shared_bronze', 'ada'] } };
const ADDRESSES = [
  'ada@a.example',
  'ADA@a.example',
  'ada@b.example',
  'a.da@a.example',
  'ada+1@a.example',
  'bo@a.example',
];

type Step = (model: Model) => Model;
const address = fc.constantFrom(...ADDRESSES);
const anyStep: fc.Arbitrary<readonly [who: string, step: Step]> = fc.oneof(
  address.map((email) => [email, (model: Model) => joined(model, email)] as const),
  address.map((email) => [email, (model: Model) => left(model, email)] as const),
  fc.tuple(address, address).map(([from, to]) => [from, (model: Model) => moved(model, from, to)] as const),
);

function joined(model: Model, email: string): Model {
  const { key, person } = personToAdd({ ...CATALOG, ...model }, { email, name: email, roles: ['member'] });
  const { [key]: _before, ...departed } = model.departed;
  return { people: { ...model.people, [key]: person }, departed };
}

function left(model: Model, email: string): Model {
  const key = findPerson(model.people, email);
  const { [key]: gone, ...people } = model.people;
  if (gone === undefined) throw new Error(key);
  return {
    people,
    departed: { ...model.departed, [key]: { email: gone.email, name: gone.name, schema: gone.schema } },
  };
}

function moved(model: Model, from: string, to: string): Model {
  const key = findPerson(model.people, from);
  const person = model.people[key];
  const all = [...Object.values(model.people), ...Object.values(model.departed)];
  if (person === undefined || all.some((one) => sameAccount(one.email, to))) throw new Error('not possible');
  return { ...model, people: { ...model.people, [key]: { ...person, email: to } } };
}

const schemasOf = ({ people, departed }: Model) =>
  new Map([...Object.entries(people), ...Object.entries(departed)].map(([key, { schema }]) => [key, schema]));

test('no step of ten thousand sequences changes the key or the schema of anybody, and no two people share one', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 30 }), (steps) => {
      let model: Model = { people: {}, departed: {} };
      for (const [, step] of steps) {
        const before = schemasOf(model);
        try {
          model = step(model);
        } catch {
          continue;
        }
        const after = schemasOf(model);
        for (const [key, schema] of before) expect(after.get(key)).toBe(schema);
        expect(new Set(after.values()).size).toBe(after.size);
        expect([...after.values()]).not.toContain('ada');
      }
    }),
    { numRuns: 10_000 },
  );
});

test('who comes back has the old key and schema, also with an address in other letters', () => {
  const departed = { ada_2: { email: 'Ada@a.example', name: 'Ada', schema: 'ada_2' } };
  const added = personToAdd({ ...CATALOG, people: {}, departed }, { email: 'ada@A.example', name: 'A', roles: ['x'] });
  expect(added).toMatchObject({ key: 'ada_2', returned: true, person: { schema: 'ada_2', email: 'ada@A.example' } });
});

test('one account is one person, whatever the case of the address', () => {
  const people = { ada: { email: 'ada@a.example', name: 'Ada', roles: ['x'], schema: 'ada_2' } };
  const again = failureOf(() =>
    personToAdd({ ...CATALOG, people, departed: {} }, { email: 'ADA@a.example', name: 'A', roles: [] }),
  );
  return expect(again).resolves.toMatchObject({ code: 'USAGE', message: expect.stringContaining('as ada') });
});

test('names are listed for people who are here, by their addresses', () => {
  const people = {
    b: { email: 'b@a.example', name: 'B', roles: ['x'], schema: 'b' },
    a: { email: 'a@a.example', name: 'A', roles: ['x'], schema: 'a_2' },
  };
  const names = schemaNames({ people, departed: { c: { email: 'c@a.example', name: 'C', schema: 'c' } } });
  expect(names).toEqual([
    { email: 'a@a.example', schema: 'a_2' },
    { email: 'b@a.example', schema: 'b' },
  ]);
});
