import type { Command } from 'commander';
import type { ExitCode } from '../../exit-codes.ts';
import { addDatabricksExplore } from './explore.ts';
import { addDatabricksExport } from './export.ts';
import { addDatabricksRun } from './run.ts';
import { addDatabricksValidateFindings } from './validate-findings.ts';

/** `btc-fake databricks …`: the simulation as a native job on Databricks. */
export function databricksCommand(program: Command, done: (code: ExitCode) => void): void {
  const databricks = program.command('databricks').description('the simulation as a native job on Databricks');
  addDatabricksExport(databricks, done);
  addDatabricksRun(databricks, done);
  addDatabricksExplore(databricks, done);
  addDatabricksValidateFindings(databricks, done);
}
