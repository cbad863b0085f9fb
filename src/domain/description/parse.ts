import { Ajv, type ErrorObject } from 'ajv';
import { type Document, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { workspaceProblems } from '../workspace/problems.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { describeProblem } from './describe-problem.ts';
import { type Description, TARGET_NAMES, type Target, type TargetName, type TargetSettings } from './description.ts';
import { TEXT_FORMATS } from './formats.ts';
import { missingChoices } from './missing-choices.ts';
import { invalidDescription, lineFinder, type Path, type Problem } from './problem.ts';
import { DESCRIPTION_SCHEMA } from './schema.ts';

/** The file as it is written, defaults filled in. */
interface WrittenDescription extends TargetSettings {
  readonly version: 1;
  readonly name: string;
  readonly managed_by: Description['managed_by'];
  readonly workspace?: Workspace;
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
    throw invalidDescription(
      file,
      syntax.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, what: firstSentence(message) })),
    );
  }
  const lineOf = lineFinder(document, lines);
  const strange = strangeNodes(document);
  if (strange.length > 0)
    throw invalidDescription(
      file,
      strange.map(({ position, what }) => ({ line: lines.linePos(position).line, what })),
    );
  const written: unknown = document.toJS() ?? {};
  const problems: Problem[] = validate(written)
    ? []
    : (validate.errors ?? []).filter(isOwn).map((error) => ({ path: pathOf(error), what: describeProblem(error) }));
  if (problems.length === 0) {
    const description = complete(written as WrittenDescription);
    for (const target of description.targets) problems.push(...missingChoices(target, isGiven(written, target.name)));
    problems.push(...workspaceProblems(description));
    if (problems.length === 0) return description;
  }
  throw invalidDescription(
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
function complete({ version, name, managed_by, targets, workspace, ...shared }: WrittenDescription): Description {
  return {
    version,
    name,
    managed_by,
    ...(workspace === undefined ? {} : { workspace }),
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

/** A key that breaks its format is reported twice: with what is wrong, and with the bare fact that it is. */
function isOwn({ keyword }: ErrorObject): boolean {
  return keyword !== 'propertyNames';
}

/** Where an error is: a key that is not known is the place, not the group around it. */
function pathOf({ instancePath, keyword, params, propertyName }: ErrorObject): Path {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (propertyName !== undefined) return [...path, propertyName];
  return keyword === 'additionalProperties' ? [...path, params.additionalProperty as string] : path;
}

function firstSentence(message: string): string {
  return message.split('\n')[0]!.replace(/\.$/, '');
}
