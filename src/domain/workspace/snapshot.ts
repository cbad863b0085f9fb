import { securables } from './access.ts';
import type { Workspace } from './workspace.ts';

/** Catalogs, schemas, groups and people, with owners and grants, wherever they were read. */
export interface Snapshot {
  /** Account groups by their names. */
  readonly groups: ReadonlySet<string>;
  /** Addresses in lower case, each with the person's groups; undefined where the source does not say. */
  readonly users: ReadonlyMap<string, ReadonlySet<string> | undefined>;
  /** `catalog` or `catalog.schema`, in lower case. */
  readonly securables: ReadonlyMap<string, Securable>;
}

/** A catalog or a schema. */
export interface Securable {
  /** A group, or the address of a person in lower case; undefined where the source does not say. */
  readonly owner: string | undefined;
  /** Privileges by principal; undefined where the source does not hold them. */
  readonly grants: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

/** Everybody in an account is in this group, and no list of groups shows it. */
export const EVERYBODY = 'account users';

/** `catalog people`, or `schema people.ada`. */
export function securableText(name: string): string {
  return `${name.includes('.') ? 'schema' : 'catalog'} ${name}`;
}

/** Names and addresses of principals are compared so: addresses in lower case, groups as they are. */
export function principalName(name: string): string {
  return name.includes('@') ? name.toLowerCase() : name;
}

/** What the description asks for. */
export function describedSnapshot(workspace: Workspace): Snapshot {
  const { people, people_catalog, owner_group, roles } = workspace;
  const owners = new Map(
    Object.values(people).map(({ schema, email }) => [`${people_catalog.name}.${schema}`, principalName(email)]),
  );
  return {
    groups: new Set([owner_group, ...Object.values(roles).map(({ group }) => group)].filter(isListed)),
    users: new Map(
      Object.values(people).map((person) => [
        principalName(person.email),
        new Set(person.roles.flatMap((role) => roles[role]?.group ?? []).filter(isListed)),
      ]),
    ),
    securables: new Map(
      securables(workspace).map((name) => [
        name.toLowerCase(),
        { owner: owners.get(name) ?? owner_group, grants: grantsOn(workspace, name) },
      ]),
    ),
  };
}

function isListed(group: string): boolean {
  return group !== EVERYBODY;
}

/** What is granted on an object itself; `*` is every catalog, and a schema inherits from its catalog. */
function grantsOn({ grants }: Workspace, name: string): Map<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { group, on, privileges } of grants) {
    if (!on.some((place) => place === name || (place === '*' && !name.includes('.')))) continue;
    const own = found.get(group) ?? new Set();
    for (const privilege of privileges) own.add(privilege);
    found.set(group, own);
  }
  return found;
}
