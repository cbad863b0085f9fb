import { BtcFakeError } from '../errors.ts';
import { quotedValue } from '../quoted-value.ts';
import type { Path } from './problem.ts';
import { type LineProblem, readYaml } from './yaml-text.ts';

/** A file that holds the people of a description. */
export interface PeopleText {
  /** As messages name it. */
  readonly file: string;
  readonly text: string;
}

/** What a file of people says: its groups, or what is wrong with it as a file. */
export interface ReadPeople {
  readonly groups: Readonly<Record<string, unknown>>;
  readonly problems: readonly LineProblem[];
  readonly lineOf: (path: Path) => number;
}

const GROUPS: readonly string[] = ['people', 'departed'];

/** The file of people that a description names (`workspace.people_file`); undefined without one. */
export function peopleFileOf(text: string): string | undefined {
  const read = readYaml(text);
  if ('problems' in read || !isGroup(read.value) || !isGroup(read.value.workspace)) return undefined;
  const name = read.value.workspace.people_file;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Reads a file of people. It holds `people` and `departed` as the part `workspace` would, and nothing else. */
export function readPeople({ file, text }: PeopleText): ReadPeople {
  const read = readYaml(text);
  if ('problems' in read) return { groups: {}, problems: read.problems, lineOf: () => 1 };
  const { value, lineOf } = read;
  if (value !== undefined && value !== null && !isGroup(value)) {
    return { groups: {}, problems: [{ line: 1, what: 'the file does not hold people and departed' }], lineOf };
  }
  const groups = Object.fromEntries(Object.entries(value ?? {}).map(([key, members]) => [key, members ?? {}]));
  const problems = Object.keys(groups)
    .filter((key) => !GROUPS.includes(key))
    .map((key) => ({
      line: lineOf([key]),
      what: `${quotedValue(key)} is not known; ${file} holds people and departed`,
    }));
  return { groups, problems, lineOf };
}

/**
 * Puts the groups of a file of people into a description that was read.
 * @returns the groups that the description has too, in which nobody may be.
 */
export function putPeople(written: unknown, { groups }: ReadPeople): string[] {
  if (!isGroup(written) || !isGroup(written.workspace)) return [];
  const workspace: Record<string, unknown> = written.workspace;
  const twice = GROUPS.filter((group) => !isEmpty(workspace[group]));
  for (const group of GROUPS) workspace[group] = groups[group] ?? {};
  return twice;
}

/** Whether a path of the description leads into its file of people. */
export function isOfPeople([part, group]: Path): boolean {
  return part === 'workspace' && GROUPS.includes(String(group));
}

/** BtcFakeError FILE_UNREADABLE for a file of people that is not there. @param description the file that names it. */
export function noPeopleFile(file: string, description: string, cause: unknown): BtcFakeError {
  return new BtcFakeError('FILE_UNREADABLE', `${file}: there is no such file; people_file in ${description} names it`, {
    remedy: 'Write it with the line "people: {}", or take people_file out.',
    cause,
  });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (isGroup(value) && Object.keys(value).length === 0);
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
