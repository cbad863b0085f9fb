import type { ColumnType, RelationshipType } from '../../../domain/findings/column-types.ts';
import { columnsInOrder } from '../../../domain/findings/dataset.ts';
import type { Relationship } from '../../../domain/findings/multi-dataset.ts';
import { numberOf } from '../engine.ts';
import type { ExploredDataset } from '../explore-dataset.ts';
import { viewColumn } from '../sources/source.ts';

/** A column that may refer to another dataset's key. */
interface Candidate {
  readonly key: ExploredDataset;
  readonly keyColumn: string;
  readonly keyPosition: number;
  readonly other: ExploredDataset;
  readonly otherColumn: string;
  readonly otherPosition: number;
  /** 0 to 1: how much the names say so. */
  readonly names: number;
}

/** Relationships, and how many likely ones were not looked at. */
export interface FoundRelationships {
  readonly relationships: readonly Relationship[];
  readonly unchecked: number;
}

/** Each check reads both datasets. */
const MOST_CHECKS = 60;
/** The share of the other side's values that must be keys. */
const LEAST_COVERAGE = 0.5;
const REFERRING: readonly ColumnType[] = [
  'identifier',
  'categorical_nominal',
  'categorical_ordinal',
  'numeric_discrete',
];

/**
 * Columns whose values are keys of another dataset. Every claim of cardinality and coverage is counted exactly, in all
 * rows of both.
 */
export async function findRelationships(datasets: readonly ExploredDataset[]): Promise<FoundRelationships> {
  const candidates = datasets
    .flatMap((key) =>
      datasets
        .filter((other) => other !== key && other.reader === key.reader)
        .flatMap((other) => candidatesOf(key, other)),
    )
    .sort((a, b) => b.names - a.names);
  const found: Relationship[] = [];
  for (const candidate of candidates.slice(0, MOST_CHECKS)) {
    if (found.some((one) => isSame(one, candidate))) continue;
    const relationship = await checked(candidate);
    if (relationship !== undefined) found.push(relationship);
  }
  return { relationships: bestOf(found), unchecked: Math.max(0, candidates.length - MOST_CHECKS) };
}

function candidatesOf(key: ExploredDataset, other: ExploredDataset): Candidate[] {
  const columns = columnsInOrder(key.findings);
  return key.keys.flatMap((keyPosition) => {
    const [keyColumn, keyFindings] = columns[keyPosition]!;
    return columnsInOrder(other.findings).flatMap(([otherColumn, one]): Candidate[] => {
      if (!REFERRING.includes(one.inferred_type)) return [];
      const names = nameScore(keyColumn, key.findings.name, otherColumn);
      const bothIds = one.inferred_type === 'identifier' && keyFindings.inferred_type === 'identifier';
      const sameKind = (one.data_type === 'string') === (keyFindings.data_type === 'string');
      if (names < 0.5 && !(bothIds && sameKind && one.data_type === 'string')) return [];
      const otherPosition = one.position;
      return [{ key, keyColumn, keyPosition, other, otherColumn, otherPosition, names }];
    });
  });
}

/** `customer_id` and `customer id`; `id` of `customers` and `customer`; `code` of `regions` and `region_code`. */
function nameScore(key: string, dataset: string, other: string): number {
  const [a, b] = [plainName(key), plainName(other)];
  const owner = plainName(dataset).replace(/s$/, '');
  if (a === b) return a === 'id' ? 0.3 : 1;
  if (b === `${owner}${a}` || b === owner || a === `${owner}${b}`) return 0.9;
  const stem = (name: string) => name.replace(/(id|key|code|no|nr|number)$/, '');
  if (stem(a) !== '' && stem(a) === stem(b)) return 0.8;
  return owner.length > 2 && b.includes(owner) ? 0.6 : 0;
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

async function checked(one: Candidate): Promise<Relationship | undefined> {
  const side = ({ source }: ExploredDataset, position: number) =>
    `SELECT CAST(${viewColumn(position)} AS STRING) AS k, count(*) AS n FROM ${source.relation} WHERE ${viewColumn(position)} IS NOT NULL GROUP BY CAST(${viewColumn(position)} AS STRING)`;
  const [row] = await one.key.reader.rows(
    `SELECT count(l.k) AS keys, max(l.n) AS key_rows, count(r.k) AS others, max(r.n) AS other_rows,
      count(CASE WHEN l.k IS NOT NULL AND r.k IS NOT NULL THEN 1 END) AS both_sides
     FROM (${side(one.key, one.keyPosition)}) l FULL JOIN (${side(one.other, one.otherPosition)}) r ON l.k = r.k`,
  );
  const [keys, others, both] = [numberOf(row?.keys), numberOf(row?.others), numberOf(row?.both_sides)];
  if (keys === 0 || others === 0) return undefined;
  const coverage = both / others;
  if (coverage < (one.names >= 0.5 ? LEAST_COVERAGE : 0.95)) return undefined;
  const type: RelationshipType = numberOf(row?.other_rows) > 1 ? 'one_to_many' : 'one_to_one';
  return {
    left_dataset: one.key.findings.name,
    right_dataset: one.other.findings.name,
    left_columns: [one.keyColumn],
    right_columns: [one.otherColumn],
    relationship_type: type,
    confidence: Math.round((one.names * 0.5 + coverage * 0.5) * 100) / 100,
    left_coverage: rounded(both / keys),
    right_coverage: rounded(coverage),
  };
}

/** Between two datasets, in one direction, the most certain relationship of each column. */
function bestOf(found: readonly Relationship[]): Relationship[] {
  const best = new Map<string, Relationship>();
  for (const one of found) {
    const by = JSON.stringify([one.left_dataset, one.right_dataset, one.right_columns]);
    if ((best.get(by)?.confidence ?? -1) < one.confidence) best.set(by, one);
  }
  return [...best.values()];
}

function isSame(one: Relationship, { key, other, keyColumn, otherColumn }: Candidate): boolean {
  return (
    one.relationship_type === 'one_to_one' &&
    one.left_dataset === other.findings.name &&
    one.right_dataset === key.findings.name &&
    one.left_columns[0] === otherColumn &&
    one.right_columns[0] === keyColumn
  );
}

function rounded(share: number): number {
  return Math.floor(share * 10_000) / 10_000;
}
