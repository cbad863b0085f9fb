import { type Command, Option } from 'commander';
import type { WorkspaceMetrics } from '../../../databricks-tools/workspace/workspace-metrics.ts';
import { TARGET_NAMES, type TargetName } from '../../../domain/description/description.ts';
import { pathArgument, wholeNumberArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { printJson, printProgress, printResult } from '../../terminal.ts';

interface MetricsOptions {
  readonly file: string;
  readonly env?: TargetName;
  readonly days: number;
  readonly storage?: boolean;
  readonly json?: boolean;
}

/** `btc-fake workspace metrics`: what the workspace holds and does, in numbers. */
export function addWorkspaceMetrics(workspace: Command, done: (code: ExitCode) => void): void {
  workspace
    .command('metrics')
    .description('count people, schemas, tables, jobs and runs; cost and storage through a SQL warehouse')
    .option('--file <file>', 'the description', pathArgument, 'lakehouse.yaml')
    .addOption(
      new Option('--env <target>', 'the target whose workspace is read (default: the first)').choices(TARGET_NAMES),
    )
    .option('--days <number>', 'days of runs and cost, 1 to 60', wholeNumberArgument(1, 60), 7)
    .option('--storage', 'ask for the size of every table')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  btc-fake workspace metrics --env dev --days 30')
    .action(async ({ file, env, days, storage = false, json }: MetricsOptions) => {
      const { workspaceMetrics } = await import('../../../databricks-tools/workspace/workspace-metrics.ts');
      const metrics = await workspaceMetrics({ file, env, days, storage, nowMs: Date.now() });
      for (const note of metrics.notes) printProgress(note);
      if (json) printJson(metrics);
      else for (const line of textOf(metrics, days)) printResult(line);
      done(EXIT.ok);
    });
}

function textOf(metrics: WorkspaceMetrics, days: number): string[] {
  const { people, users, groups, schemas, tables, views, storageBytes, jobs, tasks, runs, cost } = metrics;
  return [
    `people  ${people} described, ${users} active users, ${groups} groups`,
    `tables  ${tables} tables and ${views} views in ${schemas} schemas`,
    ...(storageBytes === null ? [] : [`storage  ${storageBytes} bytes`]),
    `jobs  ${jobs} with ${tasks} tasks`,
    `runs in ${days} days  ${runs.succeeded} succeeded, ${runs.failed} failed, ${runs.running} running`,
    ...(cost ?? []).map(({ workspaceId, product, currency, amount, unpriced }) => {
      const left = unpriced === 0 ? '' : `, ${unpriced} records without a price`;
      return `cost in ${days} days  workspace ${workspaceId}, ${product}: ${amount.toFixed(2)} ${currency}${left}`;
    }),
  ];
}
