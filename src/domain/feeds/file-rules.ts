import type { PairSet } from '../pair-set.ts';

/** The rules for the rows of one feed, given in file order. Lines are counted from 1. */
export interface FeedRules {
  readonly columns: readonly string[];
  /** @returns what is wrong with the row, by itself and after those before it. */
  readonly row: (fields: readonly string[], line: number) => readonly string[];
  /** Notes a row that could not be read, so that its two neighbours are not compared with each other. */
  readonly skip: () => void;
}

/** The (user, content) pairs by which the two feeds of a run are compared. */
export interface RunPairs {
  /** Gets the pairs of the feed that is read, when the other one comes later. */
  readonly own?: PairSet | undefined;
  /** The pairs of the other feed, when it was read before. */
  readonly other?: PairSet | undefined;
}
