import { mixIn } from './number-hash.ts';

const FIRST_CAPACITY = 1024;
const MAX_LOAD = 0.75;

/**
 * A set of ids (positive safe integers), in 11 to 21 bytes for each. A JavaScript Set takes twice that, and takes it
 * where the garbage collector looks: it then leaves several times as much garbage lie before it comes.
 */
export class IdSet {
  #size = 0;
  /** 0 is a free slot. Their number is a power of two. */
  #slots = new Float64Array(FIRST_CAPACITY);

  /** @returns whether the id was not there before. */
  add(id: number): boolean {
    const slot = this.#slotOf(id);
    if (this.#slots[slot] !== 0) return false;
    this.#slots[slot] = id;
    this.#size += 1;
    if (this.#size > this.#slots.length * MAX_LOAD) this.#grow();
    return true;
  }

  /** The place of the id, or the free one where it belongs. */
  #slotOf(id: number): number {
    const mask = this.#slots.length - 1;
    let slot = mixIn(0, id) & mask;
    while (this.#slots[slot] !== 0 && this.#slots[slot] !== id) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Float64Array(2 * old.length);
    for (const id of old) if (id !== 0) this.#slots[this.#slotOf(id)] = id;
  }
}
