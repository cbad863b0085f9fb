import { type Options, SingleBar } from 'cli-progress';
import type { RunStatus } from '../producers/run-status.ts';
import { count, duration, printProgress, styled } from './terminal.ts';

const STAGE_TEXT = {
  'run-start': 'Starting the run',
  'catalog-download': 'Fetching the catalog files',
  assignment: 'Making the assignments',
  'employee-simulation': 'Simulating the employees',
  'file-assembly': 'Writing the files',
  publish: 'Publishing',
} as const;

const LINE_EVERY_MS = 10_000;

/** Shows how a run goes on: a line for each stage, and for the employees a bar on a terminal, else a line now and then. */
export class RunProgress {
  readonly #startedAt: number;
  #stage: RunStatus['stage'] | undefined;
  #bar: SingleBar | undefined;
  #lastLineAt: number;
  #firstDone: { at: number; done: number } | undefined;

  constructor(now: number) {
    this.#startedAt = now;
    this.#lastLineAt = now;
  }

  show({ stage, state, counts }: RunStatus, now: number): void {
    if (stage !== this.#stage && state !== 'queued') {
      this.#endBar();
      this.#stage = stage;
      printProgress(`${styled('dim', this.#clock(now))} ${STAGE_TEXT[stage]}`);
    }
    if (stage !== 'employee-simulation' && counts.done === 0) return;
    if (stage === 'assignment' || stage === 'employee-simulation') this.#showEmployees(counts, now);
  }

  end(): void {
    this.#endBar();
  }

  #showEmployees({ done, employees, failed }: RunStatus['counts'], now: number): void {
    this.#firstDone ??= { at: now, done };
    const seconds = (now - this.#firstDone.at) / 1000;
    const perSecond = seconds > 0 ? (done - this.#firstDone.done) / seconds : 0;
    const left = perSecond > 0 ? duration(((employees - done - failed) / perSecond) * 1000) : '?';
    const payload = { perSecond: count(Math.round(perSecond)), left, failed: count(failed), of: count(employees) };
    if (process.stderr.isTTY) {
      this.#bar ??= startBar(employees, payload);
      this.#bar.update(done, payload);
    } else if (now - this.#lastLineAt >= LINE_EVERY_MS) {
      this.#lastLineAt = now;
      const text = `${count(done)} of ${payload.of} employees, ${payload.failed} failed, ${payload.perSecond}/s, ${left} left`;
      printProgress(`${this.#clock(now)} ${text}`);
    }
  }

  #endBar(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #clock(now: number): string {
    return `${((now - this.#startedAt) / 1000).toFixed(1).padStart(6)} s`;
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
