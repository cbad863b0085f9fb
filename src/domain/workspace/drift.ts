import { type Securable, type Snapshot, securableText } from './snapshot.ts';
import type { Workspace } from './workspace.ts';

/** One thing in which the description, Terraform's state and the workspace differ. */
export interface Drift {
  /** `missing`: described, and not there. `extra`: there, and not described. `different`: there, otherwise. */
  readonly kind: 'missing' | 'extra' | 'different';
  /** Where it is so. */
  readonly where: 'workspace' | 'state';
  /** `schema people.ada`, `group platform_admins`, `person ada@team.example`. */
  readonly object: string;
  /** What is so, and what an apply would do about it. */
  readonly what: string;
}

/** Catalogs and schemas that others make, and that are therefore no drift. */
const OF_UNITY_CATALOG = 'information_schema';

/**
 * Compares the workspace with its description, and both with Terraform's state where there is one. Only catalogs of
 * the description are looked into: others belong to others.
 * @param ignored schemas in these catalogs that others make, as `catalog.schema` in lower case.
 * @returns first what is in the workspace, then what is in the state.
 */
export function driftOf(
  described: Snapshot,
  live: Snapshot,
  state: Snapshot | undefined,
  { departed }: Pick<Workspace, 'departed'>,
  ignored: ReadonlySet<string>,
): Drift[] {
  return [
    ...groupDrift(described, live),
    ...personDrift(described, live, departed),
    ...securableDrift(described, live, state, ignored),
    ...(state === undefined ? [] : stateDrift(described, live, state)),
  ];
}

function groupDrift(described: Snapshot, live: Snapshot): Drift[] {
  return [...described.groups]
    .filter((name) => !live.groups.has(name))
    .map((name) => drift('missing', 'workspace', `group ${name}`, 'the workspace has no such group'));
}

function personDrift(described: Snapshot, live: Snapshot, departed: Workspace['departed']): Drift[] {
  const found: Drift[] = [];
  for (const [email, wanted] of described.users) {
    const object = `person ${email}`;
    if (!live.users.has(email)) {
      found.push(drift('missing', 'workspace', object, 'the workspace has no such user'));
      continue;
    }
    const has = live.users.get(email) ?? new Set();
    const lacks = [...(wanted ?? [])].filter((group) => !has.has(group));
    if (lacks.length > 0) found.push(drift('different', 'workspace', object, `is not in ${lacks.join(', ')}`));
    const more = [...described.groups].filter((group) => has.has(group) && !wanted?.has(group));
    if (more.length > 0) found.push(drift('different', 'workspace', object, `is in ${more.join(', ')} without a role`));
  }
  for (const { email } of Object.values(departed)) {
    const groups = live.users.get(email.toLowerCase()) ?? new Set();
    const still = [...described.groups].filter((group) => groups.has(group));
    if (still.length === 0) continue;
    found.push(drift('extra', 'workspace', `person ${email.toLowerCase()}`, `has left, and is in ${still.join(', ')}`));
  }
  return found;
}

function securableDrift(
  described: Snapshot,
  live: Snapshot,
  state: Snapshot | undefined,
  ignored: ReadonlySet<string>,
): Drift[] {
  const found: Drift[] = [];
  for (const [name, wanted] of described.securables) {
    const there = live.securables.get(name);
    if (there === undefined) {
      found.push(drift('missing', 'workspace', securableText(name), 'is described, and is not there'));
      continue;
    }
    if (there.owner !== undefined && there.owner !== wanted.owner) {
      const what = `belongs to ${there.owner}, not to ${wanted.owner}`;
      found.push(drift('different', 'workspace', securableText(name), what));
    }
    found.push(...grantDrift(name, wanted, there, state?.securables.get(name)));
  }
  const catalogs = new Set([...described.securables.keys()].filter((name) => !name.includes('.')));
  for (const name of live.securables.keys()) {
    const [catalog = '', schema] = name.split('.');
    if (schema === undefined || schema === OF_UNITY_CATALOG || !catalogs.has(catalog)) continue;
    if (described.securables.has(name) || ignored.has(name)) continue;
    found.push(drift('extra', 'workspace', securableText(name), 'is there, and is not described'));
  }
  return found;
}

/** An apply is authoritative where grants are described, or the state holds the object's grants. */
function grantDrift(name: string, wanted: Securable, there: Securable, state: Securable | undefined): Drift[] {
  const found: Drift[] = [];
  const object = securableText(name);
  const described = wanted.grants ?? new Map<string, ReadonlySet<string>>();
  const given = there.grants ?? new Map<string, ReadonlySet<string>>();
  for (const [principal, privileges] of described) {
    const lacks = [...privileges].filter((one) => !given.get(principal)?.has(one));
    if (lacks.length > 0) found.push(drift('missing', 'workspace', object, `${principal} lacks ${lacks.join(', ')}`));
  }
  const isRemoved = described.size > 0 || (state?.grants?.size ?? 0) > 0;
  for (const [principal, privileges] of given) {
    const more = [...privileges].filter((one) => !described.get(principal)?.has(one));
    if (more.length === 0) continue;
    const then = isRemoved ? ', granted elsewhere: an apply removes it' : ', granted elsewhere: an apply leaves it';
    found.push(drift('extra', 'workspace', object, `${principal} has ${more.join(', ')}${then}`));
  }
  return found;
}

function stateDrift(described: Snapshot, live: Snapshot, state: Snapshot): Drift[] {
  const found: Drift[] = [];
  for (const name of described.securables.keys()) {
    if (state.securables.has(name) || !live.securables.has(name)) continue;
    const what = 'is in the workspace, and not in the state: import it, or an apply fails';
    found.push(drift('missing', 'state', securableText(name), what));
  }
  for (const name of state.securables.keys()) {
    const isDescribed = described.securables.has(name);
    const object = securableText(name);
    if (!isDescribed) found.push(drift('extra', 'state', object, 'is no longer described: an apply would destroy it'));
    if (!live.securables.has(name)) {
      const what = `has gone from the workspace${isDescribed ? ': an apply makes it again, empty' : ''}`;
      found.push(drift('different', 'state', object, what));
    }
  }
  return found;
}

function drift(kind: Drift['kind'], where: Drift['where'], object: string, what: string): Drift {
  return { kind, where, object, what };
}
