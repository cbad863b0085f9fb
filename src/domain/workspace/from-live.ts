import { EVERYBODY, type Snapshot } from './snapshot.ts';
import { type CatalogPlan, type Grant, type Person, PRIVILEGES, type Privilege, type Workspace } from './workspace.ts';

/** What a workspace does not say by itself. */
export interface ImportChoice {
  /** The catalog with the personal schemas. */
  readonly peopleCatalog: string;
  /** The owner of everything shared, where the catalog of people does not belong to a group. */
  readonly adminGroup: string;
}

/** A workspace to be described. */
export interface Imported {
  readonly workspace: Workspace;
  /** What of the workspace is not in the description, and why: a line each. */
  readonly notices: readonly string[];
}

const KNOWN: ReadonlySet<string> = new Set(PRIVILEGES);
const SCHEMA_NAME = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * Describes a workspace as it is. A schema of the catalog of people that belongs to a user is the personal schema of
 * that user; groups that have grants are roles. What a description cannot hold is a notice.
 * @param live with the display names of users by address.
 */
export function workspaceFrom(
  live: Snapshot & { readonly displayNames: ReadonlyMap<string, string> },
  { peopleCatalog, adminGroup }: ImportChoice,
): Imported {
  const notices: string[] = [];
  const catalogName = peopleCatalog.toLowerCase();
  const owner = live.securables.get(catalogName)?.owner;
  const owner_group = owner !== undefined && isGroup(live, owner) ? owner : adminGroup;
  const personal = personalSchemas(live, catalogName, notices);
  const grants = grantsOf(live, new Set([...personal.values()].map((schema) => `${catalogName}.${schema}`)), notices);
  const roles = rolesOf([owner_group, ...grants.map(({ group }) => group)]);
  const people: Record<string, Person> = {};
  for (const [email, schema] of personal) {
    const groups = live.users.get(email) ?? new Set();
    people[schema] = {
      email,
      name: live.displayNames.get(email) || email,
      roles: [...roles].filter(([, group]) => group === EVERYBODY || groups.has(group)).map(([role]) => role),
      schema,
    };
  }
  const shared_catalogs: Record<string, CatalogPlan> = {};
  for (const name of live.securables.keys()) {
    if (!name.includes('.') && name !== catalogName) shared_catalogs[name] = { schemas: schemasOf(live, name) };
  }
  const own = new Set(personal.values());
  const foreign = new Set([...live.securables].filter(([, one]) => one.owner?.includes('@')).map(([name]) => name));
  const schemas = schemasOf(live, catalogName).filter(
    (name) => !own.has(name) && !foreign.has(`${catalogName}.${name}`),
  );
  const workspace: Workspace = {
    edition: 'premium',
    users: 'existing',
    owner_group,
    people_catalog: { name: catalogName, schemas },
    shared_catalogs,
    roles: Object.fromEntries([...roles].map(([role, group]) => [role, { group, origin: 'existing' as const }])),
    grants,
    notebooks: {},
    people,
    departed: {},
  };
  return { workspace, notices };
}

function personalSchemas(live: Snapshot, catalog: string, notices: string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const schema of schemasOf(live, catalog)) {
    const email = live.securables.get(`${catalog}.${schema}`)?.owner;
    if (email === undefined || !email.includes('@')) continue;
    const why = !live.users.has(email)
      ? `belongs to ${email}, who is no active user`
      : found.has(email)
        ? `is the second schema of ${email}, after ${found.get(email)}`
        : SCHEMA_NAME.test(schema)
          ? undefined
          : 'has a name that no personal schema can have';
    if (why === undefined) found.set(email, schema);
    else notices.push(`schema ${catalog}.${schema} ${why}: it is left out`);
  }
  return found;
}

/** Grants to groups, those of one group with the same privileges together. */
function grantsOf(live: Snapshot, personal: ReadonlySet<string>, notices: string[]): Grant[] {
  const found = new Map<string, { group: string; on: string[]; privileges: Privilege[] }>();
  for (const [object, { grants = new Map<string, ReadonlySet<string>>() }] of live.securables) {
    for (const [principal, privileges] of grants) {
      const skipped = personal.has(object)
        ? 'a personal schema has no grants in a description'
        : isGroup(live, principal)
          ? undefined
          : 'grants go to groups';
      const known = [...privileges].filter((one) => skipped === undefined && KNOWN.has(one)) as Privilege[];
      const left = [...privileges].filter((one) => !known.some((other) => other === one));
      if (left.length > 0) {
        const why = skipped ?? 'a description does not know the privilege';
        notices.push(`${left.join(', ')} of ${principal} on ${object} is left out: ${why}`);
      }
      if (known.length === 0) continue;
      known.sort();
      const key = JSON.stringify([principal, known]);
      const same = found.get(key) ?? { group: principal, on: [], privileges: known };
      same.on.push(object);
      found.set(key, same);
    }
  }
  return [...found.values()];
}

/** A role for each group, named after the group. */
function rolesOf(groups: readonly string[]): Map<string, string> {
  const roles = new Map<string, string>();
  for (const group of new Set(groups)) {
    const base =
      group
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '_')
        .replaceAll(/^_+|_+$/g, '') || 'role';
    let name = base;
    for (let suffix = 2; roles.has(name); suffix += 1) name = `${base}_${suffix}`;
    roles.set(name, group);
  }
  return roles;
}

function schemasOf({ securables }: Snapshot, catalog: string): string[] {
  const start = `${catalog}.`;
  return [...securables.keys()].filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
}

function isGroup({ groups }: Snapshot, principal: string): boolean {
  return groups.has(principal) || principal === EVERYBODY;
}
