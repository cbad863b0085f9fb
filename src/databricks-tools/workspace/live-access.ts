import type { DatabricksRest } from '../../adapters/databricks/rest.ts';
import type { TargetName } from '../../domain/description/description.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { quotedValue } from '../../domain/quoted-value.ts';
import { type Access, securables } from '../../domain/workspace/access.ts';
import { findPerson, sameAccount } from '../../domain/workspace/people.ts';
import { EVERYBODY, principalName, securableText } from '../../domain/workspace/snapshot.ts';
import { privilegeName } from '../../domain/workspace/terraform-state.ts';
import { PRIVILEGES, type Privilege } from '../../domain/workspace/workspace.ts';
import { describedTarget } from '../described-target.ts';
import { anArray, anObject, aText } from '../remote/json-values.ts';
import { allPages } from '../remote/pages.ts';
import { describedWorkspace } from './described-workspace.ts';
import { inLanes } from './lanes.ts';
import { groupNames, UNITY_CATALOG, usersNamed } from './live-workspace.ts';
import { withWorkspaceApi } from './workspace-api.ts';

/**
 * What a person may do as the workspace itself says: by their own grants, those of their groups, inherited from the
 * catalog, and by owning the object.
 * @param who address, or key in the description. @param object a catalog or `catalog.schema`, described or not;
 * all of the description without it.
 * @throws BtcFakeError USAGE for a person or object that the workspace does not have; LAKEHOUSE_INVALID,
 * FILE_UNREADABLE, CONFIG_INVALID, DATABRICKS_LOGIN_REFUSED, DATABRICKS_UNREACHABLE, DATABRICKS_API.
 */
export async function liveAccess(
  file: string,
  env: TargetName | undefined,
  who: string,
  object: string | undefined,
): Promise<Access[]> {
  const { workspace } = await describedWorkspace(file);
  const { target } = await describedTarget(file, env);
  const email = who.includes('@') ? who : (workspace.people[findPerson(workspace.people, who)]?.email ?? who);
  return await withWorkspaceApi(target.host, file, async (rest) => {
    const user = (await usersNamed(rest, email)).find(({ userName }) => sameAccount(aText(userName), email));
    if (user === undefined) {
      throw new BtcFakeError('USAGE', `The workspace has no user ${quotedValue(email, 80)}`, {
        remedy: 'Give the address with which the person logs in.',
      });
    }
    const principals = new Set([principalName(email), EVERYBODY, ...groupNames(user)]);
    const found = await inLanes(object === undefined ? securables(workspace) : [object], (name) =>
      accessTo(rest, name, principals),
    );
    if (object !== undefined && found[0] === undefined) {
      throw new BtcFakeError('USAGE', `The workspace has no ${securableText(object)}`, {
        remedy: 'Give a catalog, or catalog.schema.',
      });
    }
    return found.flatMap((rights) => rights ?? []);
  });
}

/** Undefined for an object that is not there. */
async function accessTo(
  rest: DatabricksRest,
  name: string,
  principals: ReadonlySet<string>,
): Promise<Access[] | undefined> {
  const kind = name.includes('.') ? 'schema' : 'catalog';
  const doing = `reading the rights on ${kind} ${name}`;
  const id = encodeURIComponent(name);
  const path = `${UNITY_CATALOG}/${kind}s/${id}`;
  const held = await rest.call({ method: 'GET', path, doing, mayLack: true });
  if (held === undefined) return undefined;
  const assignments = await allPages(rest, 'privilege_assignments', {
    path: `${UNITY_CATALOG}/effective-permissions/${kind}/${id}`,
    doing,
  });
  if (assignments === undefined) return undefined;
  const found: Access[] = [];
  const owner = principalName(aText(anObject(held).owner));
  if (principals.has(owner)) {
    const why = owner.includes('@') ? `owner of the ${kind}` : `group ${owner}, the owner`;
    found.push({ object: name, privilege: 'ALL_PRIVILEGES', why });
  }
  for (const { principal, privileges } of assignments) {
    const to = principalName(aText(principal));
    if (!principals.has(to)) continue;
    for (const one of anArray(privileges).map(anObject)) {
      const privilege = privilegeName(aText(one.privilege)) as Privilege;
      const place = aText(one.inherited_from_name) || name;
      const why = `${to.includes('@') ? 'the person' : `group ${to}`}, granted on ${place}`;
      if (!found.some((other) => other.privilege === privilege && other.why === why)) {
        found.push({ object: name, privilege, why });
      }
    }
  }
  return found.sort((a, b) => rank(a.privilege) - rank(b.privilege));
}

/** The order of the description; what it does not know comes last. */
function rank(privilege: Privilege): number {
  const index = PRIVILEGES.indexOf(privilege);
  return index < 0 ? PRIVILEGES.length : index;
}
