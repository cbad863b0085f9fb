import { within } from '../../adapters/process/time-limit.ts';
import { POPULATION_CHUNK } from '../../adapters/run-store/record-codec.ts';
import type { RunStore } from '../../adapters/run-store/store.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import type { Source } from '../../domain/simulation/completions.ts';
import type { EmployeeType } from '../../domain/simulation/employees.ts';

/** What the simulation has come to so far. */
export interface TallySoFar {
  readonly byType: Readonly<Record<EmployeeType, { employees: number; done: number; completions: number }>>;
  readonly completionsBySource: Readonly<Record<Source, number>>;
  readonly recommendations: number;
  /** Whether it counts all results of the last moments. */
  readonly isFresh: boolean;
}

/** How many results a tally is made from. */
export function tallied({ byType }: Pick<TallySoFar, 'byType'>): number {
  return byType.a.done + byType.b.done + byType.f.done;
}

/** The employees of one chunk of the population whose results have not been seen yet. */
interface OpenChunk {
  readonly types: readonly EmployeeType[];
  positions: number[];
}

/** How often results are looked for at the most. */
const PASS_EVERY_MS = 1_000;
/**
 * A count is fresh for so long: a pass for what is new takes a moment, but the first one of a large run takes longer.
 */
const FRESH_MS = 5_000;

/**
 * Counts a run by employee type and by source while it runs. A result never changes, so each is read once; what is
 * asked for again are the employees who had none. It all happens in the background: nobody waits for it.
 */
export class LiveTally {
  readonly #store: RunStore;
  readonly #run: Pick<RunRecord, 'plan' | 'population'>;
  readonly #chunks: OpenChunk[] = [];
  readonly #tally;
  #populationRead = false;
  #seen = 0;
  #passBegunAt = Number.NEGATIVE_INFINITY;
  #caughtUpAt = Number.NEGATIVE_INFINITY;
  #pass: Promise<void> | undefined;
  #closed = false;

  constructor(store: RunStore, run: Pick<RunRecord, 'plan' | 'population'>) {
    this.#store = store;
    this.#run = run;
    const none = () => ({ employees: 0, done: 0, completions: 0 });
    this.#tally = {
      byType: { a: none(), b: none(), f: none() },
      completionsBySource: { manager: 0, ai: 0 },
      recommendations: 0,
    };
  }

  /**
   * What is known now; undefined until the population was read. Has a look in the background when there are other than
   * `done` results, which the caller has counted. Never throws: what could not be read is read the next time.
   */
  look(done: number, now: number): TallySoFar | undefined {
    if (this.#has(done)) this.#caughtUpAt = now;
    else if (now - this.#passBegunAt >= PASS_EVERY_MS) void this.#begin(done, now);
    if (!this.#populationRead) return undefined;
    return { ...structuredClone(this.#tally), isFresh: now - this.#caughtUpAt <= FRESH_MS };
  }

  /** The same for a run with nobody left to do: waits until all are counted, but for no longer than `limitMs`. */
  async settle(done: number, now: number, limitMs: number): Promise<TallySoFar | undefined> {
    // What is read in the background may have begun before the last ones were done.
    for (let turn = 0; turn < 2 && !this.#has(done); turn += 1) {
      await within(this.#begin(done, now), limitMs).catch(() => {});
    }
    return this.look(done, now);
  }

  /** Ends what runs in the background. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pass;
  }

  #has(done: number): boolean {
    return this.#populationRead && this.#seen >= done;
  }

  #begin(done: number, now: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    if (this.#pass) return this.#pass;
    this.#passBegunAt = now;
    this.#pass = this.#readMore(done)
      .then(() => {
        if (this.#has(done)) this.#caughtUpAt = now;
      })
      .catch(() => {})
      .finally(() => {
        this.#pass = undefined;
      });
    return this.#pass;
  }

  /** The queue is worked in input order, so mostly all results are seen long before the end of the population. */
  async #readMore(done: number): Promise<void> {
    if (!this.#populationRead) await this.#readPopulation();
    for (const [i, chunk] of this.#chunks.entries()) {
      if (this.#closed || this.#seen >= done) return;
      if (chunk.positions.length > 0) await this.#readResults(chunk, i * POPULATION_CHUNK);
    }
  }

  async #readPopulation(): Promise<void> {
    const { plan, population } = this.#run;
    for await (const employees of this.#store.readPopulation(plan.id, this.#chunks.length)) {
      const first = this.#chunks.length * POPULATION_CHUNK;
      this.#chunks.push({ types: employees.map(({ type }) => type), positions: employees.map((_, i) => first + i) });
      for (const { type } of employees) this.#tally.byType[type].employees += 1;
      if (this.#closed) return;
    }
    const { a, b, f } = this.#tally.byType;
    this.#populationRead = a.employees + b.employees + f.employees === population.count;
  }

  async #readResults(chunk: OpenChunk, first: number): Promise<void> {
    const results = await this.#store.readResults(this.#run.plan, chunk.positions);
    const still: number[] = [];
    for (const [i, position] of chunk.positions.entries()) {
      const result = results[i];
      if (!result) {
        still.push(position);
        continue;
      }
      const ofType = this.#tally.byType[chunk.types[position - first]!];
      ofType.done += 1;
      ofType.completions += result.completions.length;
      for (const { source } of result.completions) this.#tally.completionsBySource[source] += 1;
      this.#tally.recommendations += result.recommendations.length;
      this.#seen += 1;
    }
    chunk.positions = still;
  }
}
