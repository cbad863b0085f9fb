import { duration } from '../domain/wording.ts';
import { beforeNextLine, printProgress } from './terminal.ts';

/** Elsewhere than on a terminal a long step is mentioned again that seldom. */
const LINE_EVERY_MS = 10_000;

/**
 * Shows the steps of a long command: on a terminal one line that changes, elsewhere a line for
 * each step, and now and then how far it is.
 */
export class StepLine {
  readonly #now: () => number;
  #step = '';
  #since = 0;
  #lastLineAt = 0;
  #isShown = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  step(what: string): void {
    this.#step = what;
    this.#since = this.#now();
    this.#lastLineAt = this.#since;
    if (process.stderr.isTTY) this.#show(undefined);
    else printProgress(what);
  }

  tick(percent: number | undefined): void {
    if (this.#step === '') return;
    if (process.stderr.isTTY) {
      this.#show(percent);
      return;
    }
    if (this.#now() - this.#lastLineAt < LINE_EVERY_MS) return;
    this.#lastLineAt = this.#now();
    printProgress(stepText(this.#step, this.#now() - this.#since, percent));
  }

  /** Takes the line away. */
  end(): void {
    this.#step = '';
    if (this.#isShown) process.stderr.write('\r\u001b[2K');
    this.#isShown = false;
  }

  #show(percent: number | undefined): void {
    const width = (process.stderr.columns || 80) - 1;
    const text = stepText(this.#step, this.#now() - this.#since, percent);
    process.stderr.write(`\r\u001b[2K${text.slice(0, width)}`);
    this.#isShown = true;
    beforeNextLine(() => {
      if (this.#isShown) process.stderr.write('\r\u001b[2K');
      this.#isShown = false;
    });
  }
}

/** Shows the steps of a piece of work, and takes the line away however the work ends. */
export async function withStepLine<T>(work: (line: StepLine) => Promise<T>): Promise<T> {
  const line = new StepLine(Date.now);
  try {
    return await work(line);
  } finally {
    line.end();
  }
}

/** `orders: reading every column, 43 %, 12 s`; the time only when it is worth saying. */
export function stepText(step: string, elapsedMs: number, percent: number | undefined): string {
  const share = percent === undefined || percent === 0 ? '' : `, ${percent} %`;
  return `${step}${share}${elapsedMs < 2000 ? '' : `, ${duration(elapsedMs)}`}`;
}
