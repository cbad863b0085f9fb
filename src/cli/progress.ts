import { type Options, SingleBar } from 'cli-progress';
import { STAGES, type Stage } from '../adapters/run-record.ts';
import { count, duration } from '../domain/wording.ts';
import type { RunStatus } from '../producers/run-status.ts';
import { printProgress, styled } from './terminal.ts';

const STAGE_TEXT = {
  'run-start': 'Starting the run',
  'catalog-download': 'Fetching the catalog files',
  assignment: 'Making the assignments',
  'employee-simulation': 'Simulating the employees',
  'file-assembly': 'Writing the files',
  publish: 'Publishing',
} as const;

const LINE_EVERY_MS = 10_000;
const SIMULATION = STAGES.indexOf('employee-simulation');

/** How many employees were done at an instant. */
interface Look {
  readonly at: number;
  readonly done: number;
}

/** Shows how a run goes on: a line for each stage, and for the employees a bar on a terminal, else a line now and then. */
export class RunProgress {
  readonly #start: Look;
  /** How many of the stages have been named. */
  #named = 0;
  #bar: SingleBar | undefined;
  #outageSince: number | undefined;
  #lastLineAt: number;
  /** From where on the pace is told. */
  #firstLook: Look | undefined;

  /** @param now when the run was begun or taken up, epoch milliseconds. */
  constructor(now: number) {
    this.#start = { at: now, done: 0 };
    this.#lastLineAt = now;
  }

  show(status: RunStatus, now: number): void {
    if (status.state === 'queued') return;
    this.#showOutage(status, now);
    const current = STAGES.indexOf(status.stage);
    // A stage can begin and end between two looks; each has its line all the same.
    for (; this.#named <= current; this.#named++) this.#nameStage(STAGES[this.#named]!, status, now);
    if (current === SIMULATION || (current < SIMULATION && status.counts.done > 0))
      this.#showEmployees(status.counts, now);
  }

  #showOutage({ outage }: RunStatus, now: number): void {
    const isNew = outage !== undefined && outage.since !== this.#outageSince;
    this.#outageSince = outage?.since;
    if (!isNew) return;
    // The bar would write over it; it begins anew below.
    this.end();
    printProgress(
      `${styled('dim', this.#clock(now))} Resting while the recommender fails for everybody; the last failure:`,
    );
    printProgress(`          ${outage.reason}`);
  }

  /** Leaves what was shown last standing. */
  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #nameStage(stage: Stage, { counts }: RunStatus, now: number): void {
    if (STAGES.indexOf(stage) === SIMULATION + 1) this.#endEmployees(counts, now);
    printProgress(`${styled('dim', this.#clock(now))} ${STAGE_TEXT[stage]}`);
  }

  #showEmployees(counts: RunStatus['counts'], now: number): void {
    const { employees, done } = counts;
    // Where all are done at the first look, their pace is that of the run so far.
    this.#firstLook ??= done === employees ? this.#start : { at: now, done };
    const payload = this.#payload(counts, now);
    if (process.stderr.isTTY) {
      this.#bar ??= startBar(employees, payload);
      this.#bar.update(done, payload);
    } else if (now - this.#lastLineAt >= LINE_EVERY_MS) {
      this.#lastLineAt = now;
      this.#printLine(counts, now);
    }
  }

  #endEmployees(counts: RunStatus['counts'], now: number): void {
    // They may all have been done between two looks.
    this.#firstLook ??= this.#start;
    if (process.stderr.isTTY) this.#showEmployees(counts, now);
    else this.#printLine(counts, now);
    this.end();
  }

  #printLine(counts: RunStatus['counts'], now: number): void {
    const { of, failed, perSecond, left } = this.#payload(counts, now);
    printProgress(
      `${this.#clock(now)}   ${count(counts.done)} of ${of} employees, ${failed} failed, ${perSecond}/s, ${left} left`,
    );
  }

  #payload({ done, employees, failed }: RunStatus['counts'], now: number) {
    const { at, done: before } = this.#firstLook!;
    const seconds = (now - at) / 1000;
    const perSecond = seconds > 0 ? (done - before) / seconds : 0;
    const left = employees - done - failed;
    return {
      of: count(employees),
      failed: count(failed),
      perSecond: perSecond > 0 ? count(Math.round(perSecond)) : '?',
      left: left === 0 ? 'none' : perSecond > 0 ? duration((left / perSecond) * 1000) : '?',
    };
  }

  #clock(now: number): string {
    return `${((now - this.#start.at) / 1000).toFixed(1).padStart(6)} s`;
  }
}

function startBar(total: number, payload: object): SingleBar {
  const options: Options = {
    format: '         {bar} {value} of {of} · {failed} failed · {perSecond}/s · {left} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    stream: process.stderr,
    gracefulExit: false,
  };
  const bar = new SingleBar(options);
  bar.start(total, 0, payload);
  return bar;
}
