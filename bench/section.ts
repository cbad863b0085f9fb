import type { BenchSizes } from './bench-sizes.ts';
import type { Machine } from './machine.ts';
import type { Spread } from './spread.ts';

/** What every section works with. */
export interface BenchContext {
  readonly sizes: BenchSizes;
  /** Tells what is being done; goes to standard error. */
  readonly say: (line: string) => void;
}

/** A ratio within one run on one machine: the only kind of figure that means something on another machine. */
export interface Ratio {
  /** In the JSON. */
  readonly name: string;
  readonly text: string;
  readonly value: Spread;
  /** What it is held against. */
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number };
}

/** A table of what was measured. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | Spread)[])[];
}

/** A group of bars that are drawn to the same scale. */
export interface BarGroup {
  readonly title: string;
  /** What a bar's length means, for example `calls/s`. */
  readonly unit: string;
  /** Whether each grid line stands for ten times as much as the one before. */
  readonly logarithmic?: boolean;
  readonly bars: readonly { readonly label: string; readonly value: number; readonly baseline?: boolean }[];
}

/** What a section found. */
export interface SectionResult {
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly method: string;
  readonly ratios: readonly Ratio[];
  readonly tables: readonly Table[];
  readonly plots: readonly BarGroup[];
}

/** A part of the benchmark that can be run alone. */
export interface Section {
  readonly name: string;
  readonly about: string;
  /** Left out unless it is asked for by name. */
  readonly onlyByName?: boolean;
  measure(context: BenchContext): Promise<SectionResult>;
}

/** What was measured on one machine. */
export interface BenchResults {
  readonly machine: Machine;
  /** By name, in the order in which they stand in the files. */
  readonly sections: Readonly<Record<string, SectionResult>>;
}
