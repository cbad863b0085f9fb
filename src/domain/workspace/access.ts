import { PRIVILEGES, type Privilege, type Workspace } from './workspace.ts';

/** One privilege of a person on an object, with the reason. */
export interface Access {
  /** `catalog` or `catalog.schema`. */
  readonly object: string;
  readonly privilege: Privilege;
  /** As a person reads it: `group platform_students, granted on sales_dev`, or `owner of the schema`. */
  readonly why: string;
}

/** What ALL_PRIVILEGES does not stand for: the right to give the object away. */
const NOT_IN_ALL: ReadonlySet<Privilege> = new Set(['ALL_PRIVILEGES', 'MANAGE']);
const ON_CATALOGS_ALONE: ReadonlySet<Privilege> = new Set(['USE_CATALOG', 'CREATE_SCHEMA']);

/** Every catalog, and every schema as `catalog.schema`, personal ones and those of people who have left among them. */
export function securables({ people_catalog, shared_catalogs, people, departed }: Workspace): string[] {
  const personal = [...Object.values(people), ...Object.values(departed)].map(({ schema }) => schema);
  return [
    ...Object.entries(shared_catalogs).flatMap(([name, { schemas }]) => below(name, schemas)),
    ...below(people_catalog.name, [...people_catalog.schemas, ...personal]),
  ];
}

/**
 * What one person may do, and why: privileges of the groups of their roles, inherited from catalog to schema, and
 * ownership: a person owns the personal schema, `owner_group` everything else but the personal schemas of others.
 * @param key of somebody in `people`.
 * @param object one catalog or schema; all of them without it.
 * @returns in the order of objects and privileges; an unknown person or object has none.
 */
export function accessOf(workspace: Workspace, key: string, object?: string): Access[] {
  const person = Object.hasOwn(workspace.people, key) ? workspace.people[key] : undefined;
  if (person === undefined) return [];
  const groups = new Set(person.roles.map((role) => workspace.roles[role]?.group));
  const own = schemaOf(workspace, person);
  const others = new Set(Object.values(workspace.people).map((one) => schemaOf(workspace, one)));
  return securables(workspace)
    .filter((name) => object === undefined || name === object)
    .flatMap((name) => {
      const found = new Map<Privilege, string>();
      if (name === own) for (const one of meaning('ALL_PRIVILEGES', name)) found.set(one, 'owner of the schema');
      if (groups.has(workspace.owner_group) && !others.has(name)) {
        const why = `group ${workspace.owner_group}, the owner`;
        for (const one of meaning('ALL_PRIVILEGES', name)) if (!found.has(one)) found.set(one, why);
      }
      for (const { group, on, privileges } of workspace.grants) {
        if (!groups.has(group)) continue;
        const where = on.find((one) => covers(one, name));
        if (where === undefined) continue;
        const place = where === '*' ? 'every catalog' : where;
        for (const one of privileges.flatMap((privilege) => meaning(privilege, name))) {
          if (!found.has(one)) found.set(one, `group ${group}, granted on ${place}`);
        }
      }
      return PRIVILEGES.flatMap((privilege) => {
        const why = found.get(privilege);
        return why === undefined ? [] : [{ object: name, privilege, why }];
      });
    });
}

function schemaOf({ people_catalog }: Workspace, { schema }: { readonly schema: string }): string {
  return `${people_catalog.name}.${schema}`;
}

/** Whether a grant on one place counts for an object: on itself, on its catalog, or on every catalog. */
export function covers(place: string, object: string): boolean {
  return place === '*' || place === object || object.startsWith(`${place}.`);
}

/** What a privilege comes to on an object. A schema has none of those that only a catalog knows. */
function meaning(privilege: Privilege, object: string): Privilege[] {
  const all = privilege === 'ALL_PRIVILEGES' ? PRIVILEGES.filter((one) => !NOT_IN_ALL.has(one)) : [privilege];
  return object.includes('.') ? all.filter((one) => !ON_CATALOGS_ALONE.has(one)) : all;
}

function below(catalog: string, schemas: readonly string[]): string[] {
  return [catalog, ...schemas.map((schema) => `${catalog}.${schema}`)];
}
