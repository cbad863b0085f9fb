import { numberOf, type RowReader } from '../engine.ts';
import { viewColumn } from '../sources/source.ts';
import type { ColumnProfile } from './column-profile.ts';

/** Distinct values of these columns together, nulls left out, counted exactly; large sets are kept on disk. */
export async function distinctRows(engine: RowReader, relation: string, positions: readonly number[]): Promise<number> {
  const names = positions.map(viewColumn).join(', ');
  const filled = positions.map((position) => `${viewColumn(position)} IS NOT NULL`).join(' AND ');
  const [row] = await engine.rows(
    `SELECT count(*) AS n FROM (SELECT 1 FROM ${relation} WHERE ${filled} GROUP BY ${names})`,
  );
  return numberOf(row?.n);
}

/** The columns that no two rows share a value of, each checked exactly in all rows. */
export async function uniqueColumns(
  engine: RowReader,
  relation: string,
  rows: number,
  columns: readonly ColumnProfile[],
): Promise<ReadonlyMap<number, number>> {
  const distinct = new Map<number, number>();
  if (rows === 0) return distinct;
  const likely = columns.filter((one) => one.filled === rows && one.distinct >= rows * 0.85 && couldBeKey(one));
  for (const { position } of likely.slice(0, MOST_CHECKS))
    distinct.set(position, await distinctRows(engine, relation, [position]));
  return distinct;
}

/** Each check reads the file again; what is not checked is not claimed. */
const MOST_CHECKS = 12;

/** Fractions and times are unique by chance. */
function couldBeKey({ guess, pointed, numbers, filled }: ColumnProfile): boolean {
  if (guess.kind === 'number') return numbers?.wholes === filled && pointed === 0;
  return guess.kind === 'whole' || guess.kind === 'text';
}

/** Pairs of columns that are equal in every row: those whose counts agree are compared value by value. */
export async function equalColumns(
  engine: RowReader,
  relation: string,
  columns: readonly ColumnProfile[],
): Promise<readonly (readonly [first: number, second: number])[]> {
  const bySignature = new Map<string, number[]>();
  for (const one of columns) {
    if (one.filled === 0) continue;
    const { numbers, least, greatest, meanLength } = one;
    const signature = JSON.stringify([
      ...[one.filled, one.distinct, one.guess.kind, least, greatest, meanLength],
      ...[numbers?.min, numbers?.max, numbers?.wholes, numbers?.zeros],
    ]);
    bySignature.set(signature, [...(bySignature.get(signature) ?? []), one.position]);
  }
  const pairs = [...bySignature.values()].flatMap(([first, ...others]) =>
    others.map((other) => [first!, other] as const),
  );
  if (pairs.length === 0) return [];
  const differences = pairs.map(
    ([a, b], index) => `count_if(${viewColumn(a)} IS DISTINCT FROM ${viewColumn(b)}) AS d${index}`,
  );
  const [row] = await engine.rows(`SELECT ${differences.join(', ')} FROM ${relation}`);
  return pairs.filter((_, index) => numberOf(row?.[`d${index}`]) === 0);
}
