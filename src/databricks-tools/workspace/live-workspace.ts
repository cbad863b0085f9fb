import type { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { principalName, type Securable, type Snapshot } from '../../domain/workspace/snapshot.ts';
import { privilegeName } from '../../domain/workspace/terraform-state.ts';
import { anArray, anObject, aText } from '../remote/json-values.ts';
import { allOfScim, allPages } from '../remote/pages.ts';
import { inLanes } from './lanes.ts';

const SCIM = '/api/2.0/preview/scim/v2';
export const UNITY_CATALOG = '/api/2.1/unity-catalog';

/** A workspace as its API shows it, and what went away while it was read. */
export interface LiveWorkspace extends Snapshot {
  /** `schema people.ada`: it was listed, and was gone when its grants were asked for. */
  readonly vanished: readonly string[];
  /** Display names by address in lower case. */
  readonly displayNames: ReadonlyMap<string, string>;
}

interface Listed {
  readonly name: string;
  readonly owner: string | undefined;
}

/**
 * Reads groups, users, and catalogs with their schemas, owners and grants.
 * @param choice catalogs, in lower case, whose schemas and grants are read (all without it); `withGrants: false` reads
 * no grants.
 * @throws BtcFakeError DATABRICKS_LOGIN_REFUSED for a login without the rights; DATABRICKS_UNREACHABLE, DATABRICKS_API.
 */
export async function readLiveWorkspace(
  rest: DatabricksRest,
  { catalogs, withGrants = true }: { readonly catalogs?: ReadonlySet<string>; readonly withGrants?: boolean } = {},
): Promise<LiveWorkspace> {
  const groups = await scimList(rest, 'Groups', 'id,displayName', 'listing the groups');
  const users = await scimList(rest, 'Users', 'id,userName,displayName,active,groups', 'listing the users');
  const wanted = await listedCatalogs(rest, catalogs);
  const vanished: string[] = [];
  const below = await inLanes(wanted, ({ name }) => schemasOf(rest, name));
  const listed = wanted.flatMap((catalog, index) => {
    const schemas = below[index];
    if (schemas !== undefined) return [catalog, ...schemas];
    vanished.push(`catalog ${catalog.name}`);
    return [];
  });
  const none: Awaited<ReturnType<typeof grantsOf>> = new Map();
  const grants = withGrants ? await inLanes(listed, ({ name }) => grantsOf(rest, name)) : listed.map(() => none);
  const found = new Map<string, Securable>();
  for (const [index, { name, owner }] of listed.entries()) {
    const own = grants[index];
    if (own === undefined) vanished.push(`${name.includes('.') ? 'schema' : 'catalog'} ${name}`);
    else found.set(name, { owner, grants: own });
  }
  return {
    groups: new Set(groups.map(({ displayName }) => aText(displayName))),
    users: new Map(users.filter(isActive).map((user) => [principalName(aText(user.userName)), groupNames(user)])),
    displayNames: new Map(users.map((user) => [principalName(aText(user.userName)), aText(user.displayName)])),
    securables: found,
    vanished,
  };
}

/** Names of the groups that a user of SCIM is in, directly or by another group. */
export function groupNames(user: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  return new Set(anArray(user.groups).map((one) => aText(anObject(one).display)));
}

/** Privileges by principal, of the pages of an answer about permissions. */
export async function grantsOf(
  rest: DatabricksRest,
  name: string,
): Promise<ReadonlyMap<string, ReadonlySet<string>> | undefined> {
  const kind = name.includes('.') ? 'schema' : 'catalog';
  const pages = await allPages(rest, 'privilege_assignments', {
    path: `${UNITY_CATALOG}/permissions/${kind}/${encodeURIComponent(name)}`,
    doing: `reading the grants on ${kind} ${name}`,
  });
  if (pages === undefined) return undefined;
  const found = new Map<string, Set<string>>();
  for (const { principal, privileges } of pages) {
    const key = principalName(aText(principal));
    const own = found.get(key) ?? new Set();
    for (const one of anArray(privileges)) own.add(privilegeName(aText(one)));
    found.set(key, own);
  }
  return found;
}

/** Users of SCIM that match an address, whatever its case. */
export function usersNamed(rest: DatabricksRest, email: string) {
  const filter = `userName eq "${email.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  return allOfScim(rest, { path: `${SCIM}/Users`, query: { filter }, doing: `looking for the user ${email}` });
}

function scimList(rest: DatabricksRest, kind: 'Groups' | 'Users', attributes: string, doing: string) {
  return allOfScim(rest, { path: `${SCIM}/${kind}`, query: { attributes }, doing });
}

/** Lists show only what the login may see: a catalog that is wanted and not listed is asked for by its name. */
async function listedCatalogs(rest: DatabricksRest, wanted: ReadonlySet<string> | undefined): Promise<Listed[]> {
  const path = `${UNITY_CATALOG}/catalogs`;
  const all = (await allPages(rest, 'catalogs', { path, doing: 'listing the catalogs' })) ?? [];
  const listed = all.filter(isOfPeople).map((one) => securable(one, aText(one.name)));
  if (wanted === undefined) return listed;
  const names = new Set(listed.map(({ name }) => name));
  const hidden = await inLanes(
    [...wanted].filter((name) => !names.has(name)),
    async (name) => {
      const doing = `reading the catalog ${name}`;
      const answer = await rest.call({
        method: 'GET',
        path: `${path}/${encodeURIComponent(name)}`,
        doing,
        mayLack: true,
      });
      return answer === undefined ? [] : [securable(anObject(answer), name)];
    },
  );
  return [...listed.filter(({ name }) => wanted.has(name)), ...hidden.flat()];
}

async function schemasOf(rest: DatabricksRest, catalog: string): Promise<Listed[] | undefined> {
  const schemas = await allPages(rest, 'schemas', {
    path: `${UNITY_CATALOG}/schemas`,
    query: { catalog_name: catalog },
    doing: `listing the schemas of ${catalog}`,
  });
  return schemas
    ?.filter(({ name }) => aText(name) !== 'information_schema')
    .map((one) => securable(one, `${catalog}.${aText(one.name)}`));
}

function securable({ owner }: Readonly<Record<string, unknown>>, name: string): Listed {
  return { name: name.toLowerCase(), owner: aText(owner) === '' ? undefined : principalName(aText(owner)) };
}

/** Catalogs that the account makes, or another shares, are nobody's to describe. */
function isOfPeople({ name, catalog_type: type }: Readonly<Record<string, unknown>>): boolean {
  const isSystem = ['hive_metastore', 'samples', 'system'].includes(aText(name)) || aText(name).startsWith('__');
  return !isSystem && (aText(type) === '' || aText(type) === 'MANAGED_CATALOG');
}

/** A user who is switched off cannot log in: for the description such a person is not there. */
function isActive({ active }: Readonly<Record<string, unknown>>): boolean {
  return active !== false;
}
