/** What a column holds: a whole number, a text, or an instant in UTC. */
export type ColumnType = 'bigint' | 'text' | 'instant';

/** One column of a table. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Whether a value may be missing. */
  readonly nullable: boolean;
}

/** A value: numbers and texts as they are, instants as epoch milliseconds, null where a value is missing. */
export type Cell = number | string | null;

/** A table with typed columns, whatever it is written as. */
export interface Table<Name extends string = string> {
  readonly name: Name;
  readonly columns: readonly Column[];
}

/** A column without nulls. */
export function column(name: string, type: ColumnType = 'bigint'): Column {
  return { name, type, nullable: false };
}

/** A column whose values may be missing. */
export function optionalColumn(name: string, type: ColumnType): Column {
  return { name, type, nullable: true };
}
