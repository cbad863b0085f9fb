import type { DataType, SourceFormat } from '../../../domain/findings/column-types.ts';
import type { Engine, RowReader } from '../engine.ts';

/** How the values of a column come out of its source. Text columns are looked into: they may hold anything. */
export type Physical = 'text' | 'whole' | 'number' | 'boolean' | 'date' | 'timestamp' | 'other';

/** A column as its source has it. In the source's view it is called `c<position>`. */
export interface SourceColumn {
  readonly name: string;
  /** The header, where the name is another. */
  readonly sourceName?: string;
  readonly physical: Physical;
  /** What the source declares, as Spark spells it; text files declare `string`. */
  readonly dataType: DataType;
}

/** A dataset that can be read again and again. */
export interface OpenSource {
  readonly format: SourceFormat;
  /** As the findings name it. */
  readonly path: string;
  readonly table?: string;
  readonly columns: readonly SourceColumn[];
  /** Something that can stand behind FROM and has the columns `c0`, `c1` … */
  readonly relation: string;
  /** Set for a table of a warehouse, which counts by itself: its rows never come here. */
  readonly warehouse?: RowReader;
  /** How many records could not be read by the last full read, and are left out of every count. */
  readonly unreadable: (engine: Engine) => Promise<number>;
}

/** The column of the view. */
export function viewColumn(position: number): string {
  return `c${position}`;
}

/** None: sources whose records can all be read. */
export async function noneUnreadable(): Promise<number> {
  return 0;
}
