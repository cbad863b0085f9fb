import { findCatalogColumns } from '../catalog/content.ts';
import { parseRunFileName } from '../run/file-names.ts';
import { columnKey } from './columns.ts';
import { COMPLETION_COLUMNS } from './rows.ts';

/** The feeds that a run writes byte for byte as contract section 5 says. */
export const FEED_KINDS = ['ContentUserCompletion', 'Non_Completed_Assignments'] as const;
export type FeedKind = (typeof FEED_KINDS)[number];

/** The files that a run reads, in any CSV that contract section 1 allows. */
export const INPUT_KINDS = ['CourseCatalog', 'StandAloneContent', 'employees'] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

/** A copy of the operator's template: the contract has no rules for its rows. */
export const PLACEHOLDER_KIND = 'UserCompletion';

/** The files about a run, which lie beside its feeds. */
export type AboutKind = 'manifest' | 'summary';

export type FileKind = FeedKind | InputKind | typeof PLACEHOLDER_KIND | AboutKind;

const KINDS: readonly Exclude<FileKind, AboutKind>[] = [...FEED_KINDS, ...INPUT_KINDS, PLACEHOLDER_KIND];
/** The kind of file that a name announces by its beginning, in any case; undefined when it announces none. */
export function kindOfName(name: string): FileKind | undefined {
  return parseRunFileName(name)?.about ?? KINDS.find((kind) => name.toLowerCase().startsWith(kind.toLowerCase()));
}

/**
 * The kind of file that a header announces. A catalog has an id and something else that catalogs have; one with Daily
 * Dose flags is taken for a StandAloneContent one.
 */
export function kindOfHeader(header: readonly string[]): FeedKind | InputKind | undefined {
  const keys = new Set(header.map(columnKey));
  const hasAll = (names: readonly string[]) => names.every((name) => keys.has(columnKey(name)));
  if (hasAll(COMPLETION_COLUMNS)) return 'ContentUserCompletion';
  if (hasAll(['UserID', 'RequestId', 'TrainingElementId'])) return 'Non_Completed_Assignments';
  if (keys.has('employeeid')) return 'employees';
  const { id, title, dailyDose, createdAt } = findCatalogColumns(header);
  if (id < 0 || Math.max(title, dailyDose, createdAt) < 0) return undefined;
  return dailyDose >= 0 ? 'StandAloneContent' : 'CourseCatalog';
}
