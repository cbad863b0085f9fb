import { OutputFiles, type OutputPresence } from '../../adapters/disk/output-files.ts';
import { writtenFolder } from '../../adapters/disk/output-folder.ts';
import { secretCutter } from '../../adapters/process/secret-cutter.ts';
import type { ContentId, EmployeeId, RunId } from '../../domain/ids.ts';
import { RecentMap } from '../../domain/recent-map.ts';
import { failureGroup } from '../../domain/run/failure-group.ts';
import type { FailedEmployee, OutputFile } from '../../domain/run/manifest.ts';
import type { Pace } from '../../domain/run/pace.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import type { Stage } from '../../domain/run/stages.ts';
import { FailedEmployees, type RunFailures } from '../../queries/failed-employees.ts';
import { type FailureGroups, type FailureRead, groupFailures, readFailures } from '../../queries/failure-groups.ts';
import { isEnded, type RunCounts, type RunStatus, runStatus } from '../../queries/run-status.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import type { KnownCatalogs } from '../live/known-catalogs.ts';
import { RunPace } from '../live/pace.ts';
import { LiveTally, type TallySoFar, tallied } from '../live/tally.ts';
import { filesOfRun } from './outputs.ts';

/** Everything that the page of a run shows, at one moment (`now`, epoch milliseconds). */
export interface RunView {
  readonly run: RunRecord;
  readonly status: RunStatus;
  readonly now: number;
  /** While employees are simulated. */
  readonly pace?: Pace;
  /** The failed employees, or of a finished run those that it was finished without. */
  readonly failures: FailureGroups;
  readonly tally?: TallySoFar;
  /** Of the manager's Daily Dose contents. */
  readonly titles: ReadonlyMap<ContentId, string>;
  /** The files of a finished run. */
  readonly files: readonly { readonly file: OutputFile; readonly presence: OutputPresence }[];
}

/** The failed employees of a run by reason, and what they were made from. */
interface KnownGroups {
  readonly failedJobs: RunFailures;
  readonly read: Promise<ReadonlyMap<string, FailureRead>>;
  readonly groups: Promise<FailureGroups>;
}

/** Of more failed employees than this, the newest are grouped. */
const GROUPED = 2_000;
/** The stages in which the employees' pace says how long the run still takes. */
const BEFORE_FILES: ReadonlySet<Stage> = new Set(['assignment', 'employee-simulation']);
const RUNS_KEPT = 8;
/** How long a page waits for the last ones to be counted. */
const SETTLE_MS = 1_000;

/**
 * Gathers what pages show of runs. What never changes, or has not changed, is not read again; what is large is read in
 * the background or in part, so that a view takes a few milliseconds however large the run is.
 */
export class RunViews {
  readonly failed: FailedEmployees;
  readonly #outputs: OutputFiles;
  readonly #context: DashboardContext;
  readonly #catalogs: KnownCatalogs;
  readonly #cutSecrets: (text: string) => string;
  readonly #pace = new RunPace();
  readonly #tallies = new RecentMap<RunId, LiveTally>(RUNS_KEPT, (tally) => tally.close());
  readonly #groups = new RecentMap<RunId, KnownGroups>(RUNS_KEPT);

  constructor(context: DashboardContext, catalogs: KnownCatalogs) {
    this.#context = context;
    this.#catalogs = catalogs;
    this.failed = new FailedEmployees(context.queues);
    this.#outputs = new OutputFiles(context.loaded.settings.files.outputDir);
    this.#cutSecrets = secretCutter(context.secrets);
  }

  /** The files of a run, in the folder where they were written. */
  outputsOf(run: RunRecord): OutputFiles {
    return this.#outputs.in(writtenFolder(run, this.#context.loaded.settings.files.outputDir));
  }

  /** How a run stands. */
  async status(run: RunRecord): Promise<RunStatus> {
    const { queues, store } = this.#context;
    const status = await runStatus(queues, store, run, this.failed);
    const { reason, outage, warehouse } = status;
    return {
      ...status,
      ...(reason === undefined ? {} : { reason: this.#cutSecrets(reason) }),
      ...(outage ? { outage: { ...outage, reason: this.#cutSecrets(outage.reason) } } : {}),
      ...(warehouse ? { warehouse: { ...warehouse, reason: this.#cutSecrets(warehouse.reason) } } : {}),
    };
  }

  /** @throws BtcFakeError RUN_NOT_FOUND. */
  async view(runId: RunId): Promise<RunView> {
    const run = await this.#context.store.getRun(runId);
    const outputs = this.outputsOf(run);
    const [status, failures, titles, files] = await Promise.all([
      this.status(run),
      this.#failures(run),
      this.#titlesOf(run),
      Promise.all(filesOfRun(run).map(async (file) => ({ file, presence: await outputs.presence(file) }))),
    ]);
    const now = this.#context.now();
    const tally = await this.#tallyOf(run, status, now);
    const pace = this.#paceOf(run, status, now);
    const counts = run.manifest || run.cancelled ? status.counts : agreedCounts(status.counts, tally, failures);
    return {
      run,
      status: { ...status, counts },
      now,
      failures,
      titles,
      files,
      ...(tally ? { tally } : {}),
      ...(pace ? { pace } : {}),
    };
  }

  /** The failed employees of a run with their reasons, those that failed last first. */
  async failures(run: RunRecord, limit: number, skip: number): Promise<readonly FailedEmployee[]> {
    if (isEnded(run)) return this.#readable(run.without.slice(skip, skip + limit));
    const failures = await this.failed.ofRun(run.plan.id);
    return failures ? readFailures(this.#context.queues, failures, { limit, skip, cut: this.#cutSecrets }) : [];
  }

  /** All failed employees, or those of one group, also where only the newest are grouped for the page. */
  async failedIds(runId: RunId, groupId?: string): Promise<readonly EmployeeId[]> {
    const failures = await this.failed.ofRun(runId);
    if (!failures) return [];
    const reading = { limit: failures.jobIds.size, cut: this.#cutSecrets };
    const failed = await readFailures(this.#context.queues, failures, reading);
    if (groupId === undefined) return failed.map(({ employeeId }) => employeeId);
    return groupFailures(failed).groups.find(({ id }) => id === groupId)?.employeeIds ?? [];
  }

  /** Ends what runs in the background. */
  async close(): Promise<void> {
    await Promise.all(this.#tallies.values().map((tally) => tally.close()));
  }

  async #failures(run: RunRecord): Promise<FailureGroups> {
    const runId = run.plan.id;
    if (isEnded(run)) return groupFailures(this.#readable(run.without.slice(0, GROUPED)), run.without.length);
    const failedJobs = await this.failed.ofRun(runId);
    if (!failedJobs) return groupFailures([]);
    const known = this.#groups.get(runId);
    if (known?.failedJobs === failedJobs) return known.groups;
    const reading = { limit: GROUPED, cut: this.#cutSecrets, ...(known ? { known: await known.read } : {}) };
    const failed = readFailures(this.#context.queues, failedJobs, reading);
    const fresh: KnownGroups = {
      failedJobs,
      read: failed.then((all) => new Map(all.map((one) => [one.jobId, one]))),
      groups: failed.then((all) => groupFailures(all, failedJobs.jobIds.size)),
    };
    this.#groups.set(runId, fresh);
    Promise.all([fresh.read, fresh.groups]).catch(() => this.#groups.delete(runId));
    return fresh.groups;
  }

  async #titlesOf(run: RunRecord): Promise<ReadonlyMap<ContentId, string>> {
    if (!run.assignments) return new Map();
    const wanted = new Set(run.assignments.tally.dailyDose.map(({ contentId }) => contentId));
    const { StandAloneContent } = await this.#catalogs.of(run);
    return new Map(StandAloneContent.filter(({ id }) => wanted.has(id)).map(({ id, title }) => [id, title]));
  }

  async #tallyOf(run: RunRecord, { counts }: RunStatus, now: number): Promise<TallySoFar | undefined> {
    if (run.manifest && run.without.length === 0) {
      const { byType, completionsBySource, recommendations } = run.manifest.counts;
      const tallyOf = (type: keyof typeof byType) => ({ ...byType[type], done: byType[type].employees });
      return {
        byType: { a: tallyOf('a'), b: tallyOf('b'), f: tallyOf('f') },
        completionsBySource,
        recommendations,
        isFresh: true,
      };
    }
    const known = this.#tallies.get(run.plan.id);
    const tally = known ?? new LiveTally(this.#context.store, run);
    if (!known) this.#tallies.set(run.plan.id, tally);
    const isOver = isEnded(run) || counts.done + counts.failed >= counts.employees;
    return isOver ? tally.settle(counts.done, now, SETTLE_MS) : tally.look(counts.done, now);
  }

  #paceOf({ plan, stageStartedAt }: RunRecord, { state, stage, counts }: RunStatus, now: number): Pace | undefined {
    const begunAt = stageStartedAt.assignment;
    if (state !== 'running' || begunAt === undefined || !BEFORE_FILES.has(stage)) return undefined;
    const left = Math.max(0, counts.employees - counts.done - counts.failed);
    return this.#pace.measure(plan.id, { done: counts.done, left }, begunAt, now);
  }

  /** Reasons were cut by the worker that wrote them; it may have known other secrets. */
  #readable(failed: readonly FailedEmployee[]): (FailedEmployee & Pick<FailureRead, 'common'>)[] {
    return failed.map(({ employeeId, reason }) => {
      const shown = this.#cutSecrets(reason);
      return { employeeId, reason: shown, common: failureGroup(shown, employeeId) };
    });
  }
}

/**
 * All parts of a page show the same numbers, though they were read one after the other: those of the tables, if these
 * are fresh.
 */
function agreedCounts(counts: RunCounts, tally: TallySoFar | undefined, failures: FailureGroups): RunCounts {
  const done = tally?.isFresh ? tallied(tally) : counts.done;
  return { ...counts, done, failed: failures.total };
}
