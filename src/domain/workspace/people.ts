import { BtcFakeError } from '../errors.ts';
import { quotedValue } from '../quoted-value.ts';
import { proposeSchemaName } from './schema-name.ts';
import type { People, Person, Workspace } from './workspace.ts';

/** What is known of a person who is added. */
export interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly roles: readonly string[];
}

/** A person with the key, after one of the changes below. */
export interface Keyed {
  readonly key: string;
  readonly person: Person;
  /** Whether the person was here before, and has the old schema again. */
  readonly returned: boolean;
}

/** Addresses are compared so: one account is one person, whatever the case. */
export function sameAccount(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * The person who is added: with the old key and schema when the account was here before, else with a new one.
 * @throws BtcFakeError USAGE when the account belongs to somebody already.
 */
export function personToAdd(workspace: Pick<Workspace, 'people_catalog'> & People, added: NewPerson): Keyed {
  const here = keyOf(workspace.people, added.email);
  if (here !== undefined) {
    throw new BtcFakeError('USAGE', `${quotedValue(added.email, 80)} is in the description already, as ${here}`);
  }
  const before = keyOf(workspace.departed, added.email);
  const old = before === undefined ? undefined : workspace.departed[before];
  if (before !== undefined && old !== undefined) {
    return { key: before, person: { ...added, schema: old.schema }, returned: true };
  }
  const schema = proposeSchemaName(added.email, isTaken(workspace));
  return { key: schema, person: { ...added, schema }, returned: false };
}

/**
 * Finds a person by address or key.
 * @throws BtcFakeError USAGE when nobody has it.
 */
export function findPerson(people: Readonly<Record<string, { readonly email: string }>>, who: string): string {
  const key = Object.hasOwn(people, who) ? who : keyOf(people, who);
  if (key !== undefined) return key;
  throw new BtcFakeError('USAGE', `Nobody in the description is ${quotedValue(who, 80)}`, {
    remedy: 'See who is there: btc-fake workspace plan-names',
  });
}

/** Each person's address and personal schema, people who are here alone, in the order of their addresses. */
export function schemaNames({ people }: People): { readonly email: string; readonly schema: string }[] {
  return Object.values(people)
    .map(({ email, schema }) => ({ email, schema }))
    .sort((a, b) => (a.email < b.email ? -1 : 1));
}

function keyOf(people: Readonly<Record<string, { readonly email: string }>>, email: string): string | undefined {
  return Object.entries(people).find(([, person]) => sameAccount(person.email, email))?.[0];
}

/** Keys and schemas of everybody who is or was here, and the schemas that are shared. */
function isTaken({ people, departed, people_catalog }: Pick<Workspace, 'people_catalog'> & People) {
  const names = new Set(people_catalog.schemas.map((name) => name.toLowerCase()));
  for (const group of [people, departed]) {
    for (const [key, { schema }] of Object.entries(group)) names.add(key.toLowerCase()).add(schema.toLowerCase());
  }
  return (name: string) => names.has(name);
}
