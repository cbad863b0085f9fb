import { SingleBar } from 'cli-progress';
import { PaceMeter } from '../../domain/run/pace.ts';
import { STAGES, type Stage } from '../../domain/run/stages.ts';
import { unservedText } from '../../domain/run/unserved-stage.ts';
import { duration } from '../../domain/wording.ts';
import type { RunStatus } from '../../queries/run-status.ts';
import { beforeNextLine, printProgress, styled } from '../terminal.ts';
import { progressBar, progressText } from './progress-line.ts';

const STAGE_TEXT = {
  'run-start': 'Starting the run',
  'catalog-download': 'Fetching the catalog files',
  assignment: 'Making the assignments',
  'employee-simulation': 'Simulating the employees',
  'file-assembly': 'Writing the files',
  publish: 'Publishing',
  landing: 'Landing',
} as const;

const LINE_EVERY_MS = 10_000;
/** Some terminals do not say how wide they are. */
const UNKNOWN_COLUMNS = 80;
const UNSERVED_AFTER_MS = 3_000;
const SIMULATION = STAGES.indexOf('employee-simulation');

/** Shows how a run goes: a line for each stage, and for the employees a bar on a terminal, else a line now and then. */
export class RunProgress {
  readonly #begunAt: number;
  /** How many of the stages have been named. */
  #named = 0;
  #bar: SingleBar | undefined;
  #outageSince: number | undefined;
  #unserved: { readonly what: string; readonly since: number; isSaid: boolean } | undefined;
  #warehouseSince: number | undefined;
  #lastLineAt: number;
  /** Of the first look at employees under way: what the pace of all of them goes by. */
  #firstLook: { readonly at: number; readonly done: number } | undefined;
  #meter: PaceMeter | undefined;

  /** @param now when the run was begun or taken up, epoch milliseconds. */
  constructor(now: number) {
    this.#begunAt = now;
    this.#lastLineAt = now;
  }

  show(status: RunStatus, now: number): void {
    if (status.state === 'queued' || status.state === 'cancelled') return;
    this.#showOutage(status, now);
    this.#showUnserved(status, now);
    const { counts } = status;
    // The first employees are done while the last ones are still assigned.
    const current = Math.max(STAGES.indexOf(status.stage), counts.done > 0 ? SIMULATION : 0);
    // A stage can begin and end between two looks; each has its line all the same.
    for (; this.#named <= current; this.#named++) this.#nameStage(STAGES[this.#named]!, status, now);
    this.#showWarehouse(status, now);
    if (current === SIMULATION) this.#showEmployees(counts, now);
  }

  #showWarehouse({ warehouse }: RunStatus, now: number): void {
    const isNew = warehouse !== undefined && warehouse.since !== this.#warehouseSince;
    this.#warehouseSince = warehouse?.since;
    if (!isNew) return;
    this.#printLine(`Waiting for the SQL warehouse, for up to ${duration(warehouse.until - warehouse.since)}:`, now);
    printProgress(`          ${warehouse.reason}`);
  }

  #showOutage({ outage }: RunStatus, now: number): void {
    const isNew = outage !== undefined && outage.since !== this.#outageSince;
    this.#outageSince = outage?.since;
    if (!isNew) return;
    this.#printLine('Paused while the recommender fails for everybody; the last failure:', now);
    printProgress(`          ${outage.reason}`);
  }

  /**
   * Said once for each thing that is missing; a worker that has only just started has a moment to say that it is there.
   */
  #showUnserved({ unserved }: RunStatus, now: number): void {
    const text = unserved && unservedText(unserved);
    if (text?.what !== this.#unserved?.what) this.#unserved = text && { what: text.what, since: now, isSaid: false };
    if (!text || !this.#unserved || this.#unserved.isSaid || now - this.#unserved.since < UNSERVED_AFTER_MS) return;
    this.#unserved.isSaid = true;
    this.#printLine(`Waiting: ${text.what}`, now);
    for (const line of [...text.workers, text.remedy]) printProgress(`          ${line}`);
  }

  /** Takes the bar away. */
  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #nameStage(stage: Stage, { counts }: RunStatus, now: number): void {
    if (STAGES.indexOf(stage) === SIMULATION + 1) this.#endEmployees(counts, now);
    this.#printLine(STAGE_TEXT[stage], now);
  }

  #showEmployees(counts: RunStatus['counts'], now: number): void {
    const { employees, done, failed } = counts;
    this.#firstLook ??= done === employees ? { at: this.#begunAt, done: 0 } : { at: now, done };
    this.#meter ??= new PaceMeter(this.#firstLook.at, this.#firstLook.done);
    const look = { counts, pace: this.#meter.measure({ done, left: employees - done - failed }, now) };
    if (process.stderr.isTTY) {
      const line = progressBar(look, process.stderr.columns || UNKNOWN_COLUMNS);
      if (this.#bar) this.#bar.update(done, { line });
      else this.#bar = this.#startBar(employees, done, line);
    } else if (now - this.#lastLineAt >= LINE_EVERY_MS) {
      this.#lastLineAt = now;
      this.#printLine(`  ${progressText(look)}`, now);
    }
  }

  /** The last line of the employees: how fast all of them went that were seen. */
  #endEmployees(counts: RunStatus['counts'], now: number): void {
    // They may all have been done between two looks.
    const { at, done } = this.#firstLook ?? { at: this.#begunAt, done: 0 };
    const seconds = (now - at) / 1000;
    const pace = { perSecond: seconds > 0 ? (counts.done - done) / seconds : 0, leftMs: 0 };
    this.#printLine(`  ${progressText({ counts, pace })}`, now);
  }

  #printLine(text: string, now: number): void {
    printProgress(`${styled('dim', `${((now - this.#begunAt) / 1000).toFixed(1).padStart(6)} s`)} ${text}`);
  }

  #startBar(total: number, done: number, line: string): SingleBar {
    const bar = new SingleBar({
      format: (_options, _params, payload: { line: string }) => payload.line,
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
      gracefulExit: false,
    });
    // Any other line first takes the bar away; the next look puts it below.
    beforeNextLine(() => this.end());
    bar.start(total, done, { line });
    return bar;
  }
}
