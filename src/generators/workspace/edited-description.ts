import { Document, isMap, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import type { Departed, Person } from '../../domain/workspace/workspace.ts';

type Group = 'people' | 'departed';

/** Where people are: in the part `workspace` of a description, or in a file that holds nothing else. */
export type PeoplePlace = 'workspace' | 'people_file';

/**
 * Adds a person to the text of a description, taking them out of `departed` if they are there. All other lines stay as
 * they are.
 * @param text a description that is right and has a `workspace`, or a file of people.
 */
export function withPerson(text: string, key: string, person: Person, place: PeoplePlace = 'workspace'): string {
  return added(removed(text, 'departed', key, place), 'people', key, person, place);
}

/** Moves a person from `people` to `departed`. @param text a description that is right and has them. */
export function withoutPerson(text: string, key: string, departed: Departed, place: PeoplePlace = 'workspace'): string {
  return added(removed(text, 'people', key, place), 'departed', key, departed, place);
}

/** Adds the part `workspace` at the end. @param part its text, with a line break at its end. */
export function withWorkspace(text: string, part: string): string {
  const gap = text === '' || text.endsWith('\n\n') ? '' : text.endsWith('\n') ? '\n' : '\n\n';
  return `${text}${gap}${part}`;
}

function added(text: string, group: Group, key: string, person: Departed | Person, place: PeoplePlace): string {
  const { workspace, pair } = placeOf(text, group, place);
  if (workspace === undefined) return `${withLineBreak(text)}${rendered({ [group]: { [key]: person } }, 0)}`;
  const indent = columnOf(text, startOf(workspace.items[0]));
  if (pair === undefined) {
    return insertedAfter(text, workspace, rendered({ [group]: { [key]: person } }, indent));
  }
  const members = pair.value;
  if (isMap(members) && members.flow !== true && members.items.length > 0) {
    return insertedAfter(text, members, rendered({ [key]: person }, columnOf(text, startOf(members.items[0]))));
  }
  const all = isMap(members) ? { ...(members.toJSON() as object), [key]: person } : { [key]: person };
  return replaced(text, pair, group, rendered(all, indent + 2));
}

function removed(text: string, group: Group, key: string, place: PeoplePlace): string {
  const { workspace, pair } = placeOf(text, group, place);
  const members = pair?.value;
  if (workspace === undefined || pair === undefined || !isMap(members) || !members.has(key)) return text;
  const { [key]: _gone, ...others } = members.toJSON() as Record<string, object>;
  if (Object.keys(others).length === 0) return replaced(text, pair, group, undefined);
  if (members.flow === true) {
    return replaced(text, pair, group, rendered(others, columnOf(text, startOf(workspace.items[0])) + 2));
  }
  const item = members.items.find((one) => isScalar(one.key) && one.key.value === key);
  const start = lineStart(text, startOf(item));
  return text.slice(0, start) + text.slice(lineEnd(text, endOf(item?.value, startOf(item))));
}

/** Where a group of people is written. An empty file of people has no place yet. */
function placeOf(
  text: string,
  group: Group,
  place: PeoplePlace,
): { workspace: YAMLMap | undefined; pair: Pair | undefined } {
  const document = parseDocument(text);
  const workspace = place === 'workspace' ? document.get('workspace', true) : document.contents;
  if (!isMap(workspace)) {
    if (place === 'people_file') return { workspace: undefined, pair: undefined };
    throw new TypeError('the description has no workspace');
  }
  return { workspace, pair: workspace.items.find(({ key }) => isScalar(key) && key.value === group) };
}

/** Replaces the value of a group; without lines it is empty. */
function replaced(text: string, pair: Pair, group: Group, lines: string | undefined): string {
  const start = startOf(pair);
  const end = lineEnd(text, endOf(pair.value, start + group.length));
  return `${text.slice(0, start)}${group}:${lines === undefined ? ' {}\n' : `\n${lines}`}${text.slice(end)}`;
}

function insertedAfter(text: string, node: Node, lines: string): string {
  const end = lineEnd(text, endOf(node, 0));
  return `${withLineBreak(text.slice(0, end))}${lines}${text.slice(end)}`;
}

function withLineBreak(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** YAML in blocks, but lists on one line; each line indented. */
function rendered(value: object, indent: number): string {
  const document = new Document(value);
  const yaml = document.toString({ lineWidth: 0, flowCollectionPadding: false, collectionStyle: 'any' });
  const lists = yaml.replaceAll(/^( *)roles:\n((?: +- .*\n)+)/gm, (_, space: string, items: string) => {
    const words = items.trimEnd().split('\n');
    return `${space}roles: [${words.map((item) => item.trim().slice(2)).join(', ')}]\n`;
  });
  return lists.replaceAll(/^(?=.)/gm, ' '.repeat(indent));
}

function startOf(pair: Pair | undefined): number {
  return (pair?.key as Node | undefined)?.range?.[0] ?? 0;
}

/** Where a value ends, what follows on its line not counted; `otherwise` for a value that is not written. */
function endOf(value: unknown, otherwise: number): number {
  const range = (value as Node | null | undefined)?.range;
  return range === undefined || range === null ? otherwise : range[1];
}

function columnOf(text: string, position: number): number {
  return position - lineStart(text, position);
}

function lineStart(text: string, position: number): number {
  return text.lastIndexOf('\n', position - 1) + 1;
}

/** The beginning of the line after the value; a value may end with its line break. */
function lineEnd(text: string, position: number): number {
  if (position > 0 && text[position - 1] === '\n') return position;
  const end = text.indexOf('\n', position);
  return end < 0 ? text.length : end + 1;
}
