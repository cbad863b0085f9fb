import { closest, distance } from 'fastest-levenshtein';
import type { Description } from '../description/description.ts';
import type { Path, Problem } from '../description/problem.ts';
import { quotedValue } from '../quoted-value.ts';
import { covers, securables } from './access.ts';
import { isReservedSchemaName } from './schema-name.ts';
import type { Grant, Privilege, Workspace } from './workspace.ts';

/** The greatest distance between a mistyped name and the intended name. */
const NEAR = 3;
/** What a privilege on data is good for only together with these on the way to it. */
const WAY: readonly Privilege[] = ['USE_CATALOG', 'USE_SCHEMA'];
const NEEDS_NO_WAY: ReadonlySet<Privilege> = new Set([
  'ALL_PRIVILEGES',
  'APPLY_TAG',
  'BROWSE',
  'MANAGE',
  'USE_CATALOG',
]);
const ON_CATALOGS_ALONE: ReadonlySet<Privilege> = new Set(['USE_CATALOG', 'CREATE_SCHEMA']);

/** What is wrong with the part `workspace` beyond its schema: each mistake with its place. */
export function workspaceProblems(description: Description): Problem[] {
  const { workspace } = description;
  if (workspace === undefined) return [];
  const problems = [
    ...catalogProblems(description, workspace),
    ...roleProblems(workspace),
    ...workspace.grants.flatMap((grant, index) => grantProblems(workspace, grant, index)),
    ...peopleProblems(workspace),
  ];
  return problems.map(({ path, what }) => ({ path: ['workspace', ...path], what }));
}

/** Each object has one manager: a catalog is named once, and what the bundle makes is not named here. */
function catalogProblems({ managed_by, targets }: Description, workspace: Workspace): Problem[] {
  const found: Problem[] = [];
  const { people_catalog, shared_catalogs } = workspace;
  const spelled = new Map([[people_catalog.name.toLowerCase(), people_catalog.name]]);
  for (const [name, { schemas }] of Object.entries(shared_catalogs)) {
    const path = ['shared_catalogs', name];
    const before = spelled.get(name.toLowerCase());
    if (before !== undefined) found.push({ path, what: `the catalog ${name} is named twice, also as ${before}` });
    spelled.set(name.toLowerCase(), name);
    found.push(...twice(schemas, [...path, 'schemas'], 'schema'));
  }
  found.push(...twice(people_catalog.schemas, ['people_catalog', 'schemas'], 'schema'));
  if (managed_by !== 'bundle') return found;
  for (const target of targets) {
    const schemas = Object.entries(shared_catalogs).find(
      ([name]) => name.toLowerCase() === target.catalog.toLowerCase(),
    );
    const index = schemas?.[1].schemas.findIndex((name) => name.toLowerCase() === target.schema.toLowerCase()) ?? -1;
    if (schemas === undefined || index < 0) continue;
    found.push({
      path: ['shared_catalogs', schemas[0], 'schemas', index],
      what: `${schemas[0]}.${target.schema} has two managers: the bundle makes it for ${target.name} (managed_by: bundle)`,
    });
  }
  return found;
}

function roleProblems({ edition, users, roles, owner_group }: Workspace): Problem[] {
  const found: Problem[] = [];
  const seen = new Map<string, string>();
  for (const [name, { group, origin }] of Object.entries(roles)) {
    const path = ['roles', name];
    if (group.includes('@'))
      found.push({ path: [...path, 'group'], what: `${quotedValue(group)} is a person, not a group` });
    const other = seen.get(group);
    if (other !== undefined) found.push({ path, what: `the roles ${other} and ${name} are the same group ${group}` });
    seen.set(group, name);
    if (edition === 'free' && origin === 'create') {
      found.push({
        path: [...path, 'origin'],
        what: 'Free Edition has no account API: make the group by hand (existing)',
      });
    }
  }
  if (edition === 'free' && users === 'create') {
    found.push({ path: ['users'], what: 'Free Edition has no account API: invite people by hand (existing)' });
  }
  if (owner_group.includes('@')) {
    found.push({ path: ['owner_group'], what: `${quotedValue(owner_group)} is a person, not a group` });
  }
  return found;
}

function grantProblems(workspace: Workspace, { group, on, privileges }: Grant, index: number): Problem[] {
  const found: Problem[] = [];
  const path = ['grants', index];
  const groups = [workspace.owner_group, ...Object.values(workspace.roles).map((role) => role.group)];
  if (group.includes('@')) {
    found.push({ path: [...path, 'group'], what: `${quotedValue(group)} is a person: grants go to groups` });
  } else if (!groups.includes(group)) {
    found.push({
      path: [...path, 'group'],
      what: `${quotedValue(group)} is the group of no role${advice(group, groups)}`,
    });
  }
  const personal = personalSchemas(workspace);
  const objects = securables(workspace).filter((name) => !personal.has(name));
  for (const [at, object] of on.entries()) {
    const place = [...path, 'on', at];
    if (personal.has(object)) {
      found.push({
        path: place,
        what: `${object} is a personal schema: its owner has all rights on it, and others none`,
      });
    } else if (object !== '*' && !objects.includes(object)) {
      found.push({ path: place, what: `${quotedValue(object)} is not in the description${advice(object, objects)}` });
    } else {
      found.push(...privilegeProblems(workspace, group, object, privileges, path));
    }
  }
  return found;
}

/** A privilege without effect: a schema does not know it, or the way to the data is missing. */
function privilegeProblems(
  { grants }: Workspace,
  group: string,
  object: string,
  privileges: readonly Privilege[],
  path: Path,
): Problem[] {
  const found: Problem[] = [];
  for (const [at, privilege] of privileges.entries()) {
    const place = [...path, 'privileges', at];
    if (object.includes('.') && ON_CATALOGS_ALONE.has(privilege)) {
      found.push({ path: place, what: `${privilege} is a privilege of catalogs, and ${object} is a schema` });
    }
    if (NEEDS_NO_WAY.has(privilege)) continue;
    const missing = WAY.filter(
      (step) =>
        step !== privilege &&
        (step !== 'USE_SCHEMA' || privilege !== 'CREATE_SCHEMA') &&
        !has(grants, group, object, step),
    );
    if (missing.length === 0) continue;
    const where = object === '*' ? 'every catalog' : object;
    found.push({
      path: place,
      what: `${privilege} on ${where} is useless to ${group} without ${missing.join(' and ')}`,
    });
  }
  return found;
}

function has(grants: readonly Grant[], group: string, object: string, privilege: Privilege): boolean {
  const [catalog = ''] = object.split('.');
  return grants.some(
    (grant) =>
      grant.group === group &&
      (grant.privileges.includes(privilege) || grant.privileges.includes('ALL_PRIVILEGES')) &&
      grant.on.some((place) => covers(place, privilege === 'USE_CATALOG' && object !== '*' ? catalog : object)),
  );
}

function peopleProblems(workspace: Workspace): Problem[] {
  const { people, departed, people_catalog, roles } = workspace;
  const found: Problem[] = [];
  const accounts = new Map<string, string>();
  const schemas = new Map<string, string>(
    people_catalog.schemas.map((name) => [name.toLowerCase(), 'a shared schema']),
  );
  for (const [group, members] of [['people', people] as const, ['departed', departed] as const]) {
    for (const [key, { email, schema }] of Object.entries(members)) {
      const path = [group, key];
      const account = accounts.get(email.toLowerCase());
      if (account !== undefined)
        found.push({ path: [...path, 'email'], what: `${quotedValue(email, 80)} is ${account} too` });
      accounts.set(email.toLowerCase(), key);
      const owner = schemas.get(schema);
      if (owner !== undefined)
        found.push({ path: [...path, 'schema'], what: `the name ${schema} belongs to ${owner}` });
      if (isReservedSchemaName(schema))
        found.push({ path: [...path, 'schema'], what: `the name ${schema} is reserved` });
      schemas.set(schema, key);
      if (group === 'people' && Object.hasOwn(departed, key)) {
        found.push({ path, what: `${key} is among people and among departed` });
      }
    }
  }
  for (const [key, person] of Object.entries(people)) {
    for (const [at, role] of person.roles.entries()) {
      if (Object.hasOwn(roles, role)) continue;
      const what = `${quotedValue(role)} is not a role${advice(role, Object.keys(roles))}`;
      found.push({ path: ['people', key, 'roles', at], what });
    }
    if (!person.roles.some((role) => reaches(workspace, role))) {
      const what = `no role of ${key} has USE_CATALOG on ${people_catalog.name}: the personal schema cannot be used`;
      found.push({ path: ['people', key, 'roles'], what });
    }
  }
  return found;
}

function reaches({ roles, grants, people_catalog, owner_group }: Workspace, role: string): boolean {
  const group = roles[role]?.group;
  return group !== undefined && (group === owner_group || has(grants, group, people_catalog.name, 'USE_CATALOG'));
}

function personalSchemas({ people_catalog, people, departed }: Workspace): ReadonlySet<string> {
  const all = [...Object.values(people), ...Object.values(departed)];
  return new Set(all.map(({ schema }) => `${people_catalog.name}.${schema}`));
}

/** Names that are one to Unity Catalog, which does not tell upper from lower case. */
function twice(names: readonly string[], path: Path, what: string): Problem[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    const isRepeated = seen.has(name.toLowerCase());
    seen.add(name.toLowerCase());
    return isRepeated ? [{ path: [...path, index], what: `the ${what} ${name} is named twice` }] : [];
  });
}

function advice(name: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(name.toLowerCase(), [...known]);
  return distance(name.toLowerCase(), nearest.toLowerCase()) <= NEAR ? `; did you mean ${nearest}?` : '';
}
