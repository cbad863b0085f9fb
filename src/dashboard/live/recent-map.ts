/** A map that keeps what was used last, and forgets the rest. */
export class RecentMap<Key, Value extends object> {
  readonly #limit: number;
  readonly #entries = new Map<Key, Value>();
  readonly #onForgotten: (value: Value) => void;

  constructor(limit: number, onForgotten: (value: Value) => void = () => {}) {
    this.#limit = limit;
    this.#onForgotten = onForgotten;
  }

  /** What is kept for a key; it then is what was used last. */
  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#limit) return;
    const [oldest, forgotten] = this.#entries.entries().next().value!;
    this.#entries.delete(oldest);
    this.#onForgotten(forgotten);
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  values(): Value[] {
    return [...this.#entries.values()];
  }
}
