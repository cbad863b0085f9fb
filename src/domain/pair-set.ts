import { mixIn } from './number-hash.ts';

const FIRST_CAPACITY = 1024;
const MAX_LOAD = 0.75;

/**
 * A set of pairs of positive safe integers (an employee and a content), in 22 to 43 bytes for each: a JavaScript Set of
 * texts takes several times that, and ends at 16.7 million.
 */
export class PairSet {
  #size = 0;
  #capacity = FIRST_CAPACITY;
  /** First and second number of each slot, side by side; 0 is a free slot. */
  #slots = new Float64Array(2 * FIRST_CAPACITY);

  get size(): number {
    return this.#size;
  }

  has(first: number, second: number): boolean {
    return this.#slots[this.#slotOf(first, second)] !== 0;
  }

  /** @returns whether the pair was not there before. */
  add(first: number, second: number): boolean {
    const slot = this.#slotOf(first, second);
    if (this.#slots[slot] !== 0) return false;
    this.#put(slot, first, second);
    this.#size += 1;
    if (this.#size > this.#capacity * MAX_LOAD) this.#grow();
    return true;
  }

  #put(slot: number, first: number, second: number): void {
    this.#slots[slot] = first;
    this.#slots[slot + 1] = second;
  }

  /** The place of the pair, or the free one where it belongs. */
  #slotOf(first: number, second: number): number {
    const mask = this.#capacity - 1;
    let index = mixIn(mixIn(0, first), second) & mask;
    for (;;) {
      const slot = 2 * index;
      const found = this.#slots[slot];
      if (found === 0 || (found === first && this.#slots[slot + 1] === second)) return slot;
      index = (index + 1) & mask;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#capacity *= 2;
    this.#slots = new Float64Array(2 * this.#capacity);
    for (let i = 0; i < old.length; i += 2) {
      const first = old[i]!;
      const second = old[i + 1]!;
      if (first !== 0) this.#put(this.#slotOf(first, second), first, second);
    }
  }
}
