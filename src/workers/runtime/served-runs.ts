import { resolve } from 'node:path';
import type { Settings } from '../../../config/settings.ts';
import { hasFolder } from '../../adapters/disk/output-folder.ts';
import type { QueueName } from '../../adapters/redis/queues.ts';
import { FrozenSourcesStore } from '../../adapters/run-store/frozen-sources.ts';
import type { RunId } from '../../domain/ids.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import { type RunSources, type SourceDifference, sourceDifferences } from '../../domain/run/sources.ts';
import { ownSources } from '../../queries/own-sources.ts';
import { folderText, STAGE_SOURCES, STAGES_WITH_FILES, settledBy } from '../../queries/served-stages.ts';
import type { WorkerContext } from './worker-context.ts';

/** Thrown where this process must not work on a run, because it has other sources, or not the folder of its files. */
export class RunNotServed extends Error {
  readonly runId: RunId;
  readonly differences: readonly SourceDifference[];

  constructor(runId: RunId, differences: readonly SourceDifference[]) {
    super(differences.map(({ wanted, here }) => `the run has ${wanted}; this process has ${here}`).join('; '));
    this.name = 'RunNotServed';
    this.runId = runId;
    this.differences = differences;
  }
}

/** How long a folder that was missing is told of. */
const LACKED_FOR_MS = 60_000;

/** Holds which runs this process may work on: those whose sources and folder are its own (contract section 2). */
export class ServedRuns {
  readonly sources: RunSources;
  readonly #outputDir: string;
  readonly #store: WorkerContext['store'];
  readonly #frozen: FrozenSourcesStore;
  readonly #onLack: () => void;
  readonly #lacked = new Map<string, number>();

  /** @param onLack is told when a folder is found missing, once until it is there. */
  constructor(settings: Settings, { store, queues }: Pick<WorkerContext, 'store' | 'queues'>, onLack = () => {}) {
    this.sources = ownSources(settings);
    this.#outputDir = settings.files.outputDir;
    this.#store = store;
    this.#onLack = onLack;
    this.#frozen = new FrozenSourcesStore(queues.redis);
  }

  /** The folders that runs asked for in the last minute and that are not here. */
  get lacksFolders(): readonly string[] {
    const since = performance.now() - LACKED_FOR_MS;
    return [...this.#lacked].filter(([, at]) => at >= since).map(([folder]) => folder);
  }

  /**
   * Settles what a stage uses and nobody has settled, and compares the others with what this process has.
   * @throws RunNotServed, and what Redis throws.
   */
  async take(run: RunRecord, stage: QueueName): Promise<void> {
    const difference = await this.differences(await this.#settled(run, stage), stage);
    if (difference.length > 0) throw new RunNotServed(run.plan.id, difference);
  }

  /** What a stage of a run would need that is not here. */
  async differences({ sources, outputDir }: RunRecord, stage: QueueName): Promise<SourceDifference[]> {
    if (!sources) return [];
    const found = sourceDifferences(sources, this.sources, STAGE_SOURCES[stage]);
    if (!STAGES_WITH_FILES.has(stage) || outputDir === undefined) return found;
    if (await hasFolder(outputDir, this.#outputDir)) {
      this.#lacked.delete(outputDir);
      return found;
    }
    const isKnown = this.lacksFolders.includes(outputDir);
    this.#lacked.set(outputDir, performance.now());
    if (!isKnown) this.#onLack();
    return [...found, { wanted: `the ${folderText(outputDir)}`, here: 'no such folder' }];
  }

  async #settled(run: RunRecord, stage: QueueName): Promise<RunRecord> {
    const { sources, outputDir, plan } = run;
    if (!sources) return run;
    const open = STAGE_SOURCES[stage].filter((name) => sources[name] === undefined);
    // The assignments are the first files. A process with another warehouse does not make them, nor says where they
    // lie.
    const isFolderOpen = stage === 'assignment' && outputDir === undefined;
    const mayNameFolder = isFolderOpen && sourceDifferences(sources, this.sources, STAGE_SOURCES[stage]).length === 0;
    if (open.length === 0 && !mayNameFolder) return run;
    await this.#frozen.settle(plan.id, {
      sources: settledBy(this.sources, open),
      ...(mayNameFolder ? { outputDir: resolve(this.#outputDir) } : {}),
    });
    return this.#store.getRun(plan.id);
  }
}
