import { Ajv, type ErrorObject } from 'ajv';
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { BtcFakeError } from '../errors.ts';
import { describeProblem } from './describe-problem.ts';
import { type Description, TARGET_NAMES, type Target, type TargetName, type TargetSettings } from './description.ts';
import { TEXT_FORMATS } from './formats.ts';
import { missingChoices } from './missing-choices.ts';
import { DESCRIPTION_SCHEMA } from './schema.ts';

/** A step of the way to a value: a key, or a position in a list. */
type Path = readonly (string | number)[];

interface Problem {
  readonly path: Path;
  readonly what: string;
}

/** The file as it is written, defaults filled in. */
interface WrittenDescription extends TargetSettings {
  readonly version: 1;
  readonly name: string;
  readonly managed_by: Description['managed_by'];
  readonly targets: { readonly [N in TargetName]?: DeepPartial<TargetSettings> | null };
}

type DeepPartial<T> = { readonly [K in keyof T]?: T[K] extends readonly unknown[] ? T[K] : DeepPartial<T[K]> };

/**
 * Reads a description.
 * @param text of `lakehouse.yaml`.
 * @param file as messages name it.
 * @throws BtcFakeError LAKEHOUSE_INVALID, whose `lines` hold everything that is wrong, as `FILE:LINE: what`.
 */
export function parseDescription(text: string, file: string): Description {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false });
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0) {
    throw invalid(
      file,
      syntax.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, what: firstSentence(message) })),
    );
  }
  const lineOf = (path: Path) => lines.linePos(positionOf(document.contents, path)).line;
  const strange = strangeNodes(document);
  if (strange.length > 0)
    throw invalid(
      file,
      strange.map(({ position, what }) => ({ line: lines.linePos(position).line, what })),
    );
  const written: unknown = document.toJS() ?? {};
  const problems: Problem[] = validate(written)
    ? []
    : (validate.errors ?? []).map((error) => ({ path: pathOf(error), what: describeProblem(error) }));
  if (problems.length === 0) {
    const description = complete(written as WrittenDescription);
    for (const target of description.targets) problems.push(...missingChoices(target, isGiven(written, target.name)));
    if (problems.length === 0) return description;
  }
  throw invalid(
    file,
    problems.map(({ path, what }) => ({ line: lineOf(path), what })),
  );
}

/** What YAML allows and no setting needs: it would be read as something else than people see. */
function strangeNodes(document: Document.Parsed): { position: number; what: string }[] {
  const found: { position: number; what: string }[] = [];
  const refuse = (node: unknown, what: string) => found.push({ position: (node as Node).range?.[0] ?? 0, what });
  visit(document, {
    Alias: (_, alias) => refuse(alias, 'an alias (*) is not allowed here: write the value itself'),
    Pair: (_, { key }) => {
      if (!isScalar(key)) refuse(key, 'a key must be a word');
    },
  });
  return found;
}

/** The schema as a function, made once. */
const validate = compile();

function compile() {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, allowUnionTypes: true, verbose: true });
  for (const [name, { accepts }] of Object.entries(TEXT_FORMATS)) ajv.addFormat(name, accepts);
  return ajv.compile<WrittenDescription>(DESCRIPTION_SCHEMA);
}

/** Each target with the settings of the whole file where it has none of its own. */
function complete({ version, name, managed_by, targets, ...shared }: WrittenDescription): Description {
  return {
    version,
    name,
    managed_by,
    targets: TARGET_NAMES.flatMap((target): Target[] => {
      const own = targets[target];
      return own === undefined ? [] : [{ ...(merged(shared, own ?? {}) as TargetSettings), name: target }];
    }),
  };
}

function merged(shared: object, own: object): object {
  const result: Record<string, unknown> = { ...shared };
  for (const [key, value] of Object.entries(own)) {
    const below = result[key];
    result[key] = isGroup(value) && isGroup(below) ? merged(below, value) : value;
  }
  return result;
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The path at which a target gives a setting: in its own part, else in the part for all. */
function isGiven(written: unknown, target: TargetName): (path: Path) => Path {
  return (path) => {
    const own = ['targets', target, ...path];
    return valueAt(written, own) === undefined ? path : own;
  };
}

function valueAt(written: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (isGroup(value) ? (value as Record<string, unknown>)[String(key)] : undefined),
    written,
  );
}

/** Where an error is: a key that is not known is the place, not the group around it. */
function pathOf({ instancePath, keyword, params }: ErrorObject): Path {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return keyword === 'additionalProperties' ? [...path, params.additionalProperty as string] : path;
}

/** The offset at which the last known step of a path begins: its key where it has one. */
function positionOf(contents: Node | null, path: Path): number {
  let node: unknown = contents;
  let position = contents?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) return position;
      position = (pair.key as Node).range?.[0] ?? position;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      position = (node as Node | undefined)?.range?.[0] ?? position;
    }
  }
  return position;
}

function firstSentence(message: string): string {
  return message.split('\n')[0]!.replace(/\.$/, '');
}

function invalid(file: string, problems: readonly { readonly line: number; readonly what: string }[]): BtcFakeError {
  const inOrder = [...problems].sort((a, b) => a.line - b.line);
  const lines = [...new Set(inOrder.map(({ line, what }) => `${file}:${line}: ${what}`))];
  const count = lines.length === 1 ? 'One error' : `${lines.length} errors`;
  return new BtcFakeError('LAKEHOUSE_INVALID', `${count} in ${file}`, {
    lines,
    remedy: 'Correct the file; docs/databricks.md explains every setting of it.',
  });
}
