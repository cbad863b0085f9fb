import { POPULATION_CHUNK, type RunRecord } from '../adapters/run-record.ts';
import type { RunStore } from '../adapters/run-store.ts';
import type { Source } from '../domain/completions.ts';
import type { EmployeeType } from '../domain/employees.ts';

/** What the simulation has come to so far. */
export interface TallySoFar {
  readonly byType: Readonly<Record<EmployeeType, { employees: number; done: number; completions: number }>>;
  readonly completionsBySource: Readonly<Record<Source, number>>;
  readonly recommendations: number;
}

/** The employees of one chunk of the population whose results have not been seen yet. */
interface OpenChunk {
  readonly types: readonly EmployeeType[];
  positions: number[];
}

/** How often results are looked for at the most. */
const PASS_EVERY_MS = 1_000;

/**
 * Counts a run by employee type and by source while it goes on. A result never changes, so each is read once; what is asked for
 * again are the employees who had none. It all happens in the background: nobody waits for it.
 */
export class LiveTally {
  readonly #store: RunStore;
  readonly #run: Pick<RunRecord, 'plan' | 'population'>;
  readonly #chunks: OpenChunk[] = [];
  readonly #tally;
  #populationRead = false;
  #seen = 0;
  #passBegunAt = Number.NEGATIVE_INFINITY;
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
    const isDue = !this.#closed && !this.#pass && now - this.#passBegunAt >= PASS_EVERY_MS;
    if (isDue && (!this.#populationRead || done !== this.#seen)) {
      this.#passBegunAt = now;
      this.#pass = this.#readMore(done)
        .catch(() => {})
        .finally(() => {
          this.#pass = undefined;
        });
    }
    return this.#populationRead ? structuredClone(this.#tally) : undefined;
  }

  /** Ends what is going on in the background. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pass;
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
