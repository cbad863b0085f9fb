import { readFile } from 'node:fs/promises';
import { unreadable } from '../../adapters/csv/rows.ts';
import type { TargetName } from '../../domain/description/description.ts';
import { systemCode } from '../../domain/errors.ts';
import { type Drift, driftOf } from '../../domain/workspace/drift.ts';
import { describedSnapshot } from '../../domain/workspace/snapshot.ts';
import { parseTerraformState } from '../../domain/workspace/terraform-state.ts';
import { describedTarget } from '../described-target.ts';
import { describedWorkspace } from './described-workspace.ts';
import { readLiveWorkspace } from './live-workspace.ts';
import { withWorkspaceApi } from './workspace-api.ts';

/** What a comparison found. */
export interface WorkspaceStatus {
  readonly drift: readonly Drift[];
  /** What was compared: people, catalogs and schemas of the description. */
  readonly compared: { readonly people: number; readonly groups: number; readonly objects: number };
  /** Objects that went away while the workspace was read; they count as not there. */
  readonly vanished: readonly string[];
}

/**
 * Compares a description with the workspace of a target, and with Terraform's state where a file is given.
 * @param stateFile with the output of `terraform show -json` or `terraform state pull`.
 * @throws BtcFakeError USAGE, LAKEHOUSE_INVALID, FILE_UNREADABLE, CONFIG_INVALID, DATABRICKS_LOGIN_REFUSED,
 * DATABRICKS_UNREACHABLE, DATABRICKS_API.
 */
export async function workspaceStatus(
  file: string,
  env: TargetName | undefined,
  stateFile: string | undefined,
): Promise<WorkspaceStatus> {
  const { workspace } = await describedWorkspace(file);
  const { description, target } = await describedTarget(file, env);
  const state = stateFile === undefined ? undefined : parseTerraformState(await textOf(stateFile), stateFile);
  const described = describedSnapshot(workspace);
  const catalogs = new Set([...described.securables.keys()].filter((name) => !name.includes('.')));
  const live = await withWorkspaceApi(target.host, file, (rest) => readLiveWorkspace(rest, { catalogs }));
  const ofTargets = new Set(description.targets.map(({ catalog, schema }) => `${catalog}.${schema}`.toLowerCase()));
  return {
    drift: driftOf(described, live, state, workspace, ofTargets),
    compared: { people: described.users.size, groups: described.groups.size, objects: described.securables.size },
    vanished: live.vanished,
  };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, systemCode(error), error);
  }
}
