import { createHash, type Hash } from 'node:crypto';
import type { FrozenPopulation } from '../../domain/run/record.ts';
import type { Employee } from '../../domain/simulation/employees.ts';
import { encodeEmployees } from './employee-records.ts';

/** Computes what a frozen population is known by, from its chunks in order. */
export class PopulationHash {
  readonly #hash: Hash = createHash('sha256');
  #count = 0;

  add(employees: readonly Employee[]): void {
    this.#hash.update(`${encodeEmployees(employees)}\n`);
    this.#count += employees.length;
  }

  digest(): FrozenPopulation {
    return { count: this.#count, sha256: this.#hash.digest('hex') };
  }
}
