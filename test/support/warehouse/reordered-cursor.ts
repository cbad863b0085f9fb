import type { ResultCursor } from './duckdb-tables.ts';

/** The same rows in another order: all of them are read at the first page. */
export function reorderedCursor(cursor: ResultCursor, arrange: (rows: unknown[][]) => unknown[][]): ResultCursor {
  let all: unknown[][] | undefined;
  return {
    ...cursor,
    next: async (maxRows) => {
      all ??= arrange((await cursor.next(Number.MAX_SAFE_INTEGER)).rows);
      return { rows: all.splice(0, maxRows), hasMore: all.length > 0 };
    },
  };
}
