import type { QueueName, Queues } from '../adapters/redis/queues.ts';
import { type WorkerEntry, WorkerRegistry } from '../adapters/shared-state/worker-registry.ts';
import type { RunRecord } from '../domain/run/record.ts';
import {
  DISPENSABLE,
  type FrozenSources,
  type RunSources,
  SOURCE_NAMES,
  type SourceName,
  sourceDifferences,
  sourceText,
} from '../domain/run/sources.ts';
import type { UnservedStage } from '../domain/run/unserved-stage.ts';

/** The sources that each stage uses: only these have to be the run's in a process that works on it. */
export const STAGE_SOURCES: Readonly<Record<QueueName, readonly SourceName[]>> = {
  'run-start': [],
  'catalog-download': ['sftpInbound'],
  assignment: ['databricks'],
  'employee-simulation': ['recommender'],
  'file-assembly': [],
  publish: ['sftpOutbound'],
  landing: ['lakehouse'],
};

/** The stages that read or write the run's files. */
export const STAGES_WITH_FILES: ReadonlySet<QueueName> = new Set(['assignment', 'file-assembly', 'publish', 'landing']);

/**
 * The sources that a process settles when it starts a run: those that it has, and that there are none where it serves
 * the stage itself (contract section 2). What is left is settled by the process that takes the stage.
 */
export function sourcesToSettle(own: RunSources, served: readonly QueueName[]): FrozenSources {
  const names = served.flatMap((stage) => STAGE_SOURCES[stage]);
  return settledBy(
    own,
    SOURCE_NAMES.filter((name) => own[name] !== null || names.includes(name)),
  );
}

/**
 * What a process settles of these sources: what it has, and of those that a run can do without also that there is none.
 */
export function settledBy(own: RunSources, names: readonly SourceName[]): FrozenSources {
  const settled = names.filter((name) => own[name] !== null || DISPENSABLE.includes(name));
  return Object.fromEntries(settled.map((name) => [name, own[name]]));
}

/** What a stage of a run needs that no living worker has; undefined when one can take it, or the run goes with any. */
export async function unservedStage(
  queues: Queues,
  run: RunRecord,
  stage: QueueName,
): Promise<UnservedStage | undefined> {
  const { sources } = run;
  if (!sources) return undefined;
  const entries = (await new WorkerRegistry(queues.redis).list()).filter((entry) => entry.queues.includes(stage));
  const workers = entries.map((entry) => ({ host: entry.host, pid: entry.pid, has: lackOf(entry, run, stage) }));
  if (workers.some(({ has }) => has.length === 0)) return undefined;
  return { stage, needs: needsOf(run, stage), workers };
}

/** What a stage of a run needs, in words. */
function needsOf({ sources, outputDir }: RunRecord, stage: QueueName): string[] {
  const needs = STAGE_SOURCES[stage].flatMap((name) => {
    const source = sources?.[name];
    return source === undefined ? [] : [sourceText(name, source)];
  });
  return STAGES_WITH_FILES.has(stage) && outputDir !== undefined ? [...needs, folderText(outputDir)] : needs;
}

function lackOf({ sources: own, lacksFolders = [] }: WorkerEntry, run: RunRecord, stage: QueueName): string[] {
  // A worker of an earlier build does not say; it takes every job.
  if (own === undefined) return [];
  const other = sourceDifferences(run.sources ?? {}, own, STAGE_SOURCES[stage]).map(({ here }) => here);
  const { outputDir } = run;
  const lacks = STAGES_WITH_FILES.has(stage) && outputDir !== undefined && lacksFolders.includes(outputDir);
  return lacks ? [...other, `no ${folderText(outputDir)}`] : other;
}

/** The folder of a run's files, in words. */
export function folderText(outputDir: string): string {
  return `folder ${outputDir}`;
}
