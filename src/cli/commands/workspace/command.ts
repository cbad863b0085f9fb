import type { Command } from 'commander';
import type { ExitCode } from '../../exit-codes.ts';
import { addWorkspaceAccess } from './access.ts';
import { addWorkspaceInit } from './init.ts';
import { addWorkspaceMetrics } from './metrics.ts';
import { addWorkspacePeople } from './people.ts';
import { addWorkspaceStatus } from './status.ts';
import { addWorkspaceValidate } from './validate.ts';

/**
 * `btc-fake workspace …`: people, catalogs and rights of a Databricks workspace, as `lakehouse.yaml` describes them.
 */
export function workspaceCommand(program: Command, done: (code: ExitCode) => void): void {
  const workspace = program
    .command('workspace')
    .description('people, catalogs and rights of a Databricks workspace, as lakehouse.yaml describes them');
  addWorkspaceInit(workspace, done);
  addWorkspacePeople(workspace, done);
  addWorkspaceValidate(workspace, done);
  addWorkspaceAccess(workspace, done);
  addWorkspaceStatus(workspace, done);
  addWorkspaceMetrics(workspace, done);
}
