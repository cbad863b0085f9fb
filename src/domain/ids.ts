/**
 * Ids are parsed once, at the edge, and branded, so that a content id cannot be taken for an employee id. Both are
 * positive integers of at most 15 digits, which a JavaScript number holds exactly.
 */
declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** An employee (a "ba" in Databricks and at the recommender). Written without grouping in every file. */
export type EmployeeId = Branded<number, 'EmployeeId'>;
/** A piece of training. Canonical form: digits without grouping. */
export type ContentId = Branded<number, 'ContentId'>;
/** One simulated week. Letters, digits, `-` and `_`: it becomes part of job ids and Redis keys. */
export type RunId = Branded<string, 'RunId'>;

const MAX_DIGITS = 15;
const PLAIN = new RegExp(`^0*[1-9][0-9]{0,${MAX_DIGITS - 1}}$`);
/** A spreadsheet's way to write a whole number. */
const NO_FRACTION = /\.0+$/;
const GROUPED = /^[1-9][0-9]{0,2}(,[0-9]{3})+$/;
const RUN_ID = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/;

/** An employee id from the text of a CSV field, or undefined when it is not a positive integer of at most 15 digits. */
export function parseEmployeeId(text: string): EmployeeId | undefined {
  return PLAIN.test(text) ? (Number(text) as EmployeeId) : undefined;
}

/**
 * A content id from text (with or without comma grouping, also with `.0` behind it) or from a number or bigint, or
 * undefined when it is none. Contract section 1, "Content ids".
 */
export function parseContentId(value: unknown): ContentId | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? parseContentId(String(value)) : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const text = value.trim().replace(NO_FRACTION, '');
  const digits = GROUPED.test(text) ? text.replaceAll(',', '') : text;
  return PLAIN.test(digits) ? (Number(digits) as ContentId) : undefined;
}

/** A content id as feeds write it: `1,915,085`. */
export function formatContentId(id: ContentId): string {
  let rest = String(id);
  let groups = '';
  for (; rest.length > 3; rest = rest.slice(0, -3)) groups = `,${rest.slice(-3)}${groups}`;
  return rest + groups;
}

/** A run id, or undefined when the text cannot be one. */
export function parseRunId(text: string): RunId | undefined {
  return RUN_ID.test(text) ? (text as RunId) : undefined;
}
