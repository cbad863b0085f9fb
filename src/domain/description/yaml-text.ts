import type { ErrorObject } from 'ajv';
import { type Document, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { describeProblem } from './describe-problem.ts';
import { lineFinder, type Path, type Problem } from './problem.ts';

/** What a YAML file that people edit says, and where. */
export interface ReadYaml {
  /** As JSON would have it; undefined or null for an empty file. */
  readonly value: unknown;
  /** The line, from 1, on which the last known step of a path begins. */
  readonly lineOf: (path: Path) => number;
}

/** A mistake with its line, from 1. */
export interface LineProblem {
  readonly line: number;
  readonly what: string;
}

/** Reads YAML without what two readers could understand differently: aliases, merges, keys that are no words. */
export function readYaml(text: string): ReadYaml | { readonly problems: readonly LineProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false });
  const found = [
    ...[...document.errors, ...document.warnings].map(({ pos, message }) => ({
      position: pos[0],
      what: firstSentence(message),
    })),
    ...strangeNodes(document),
  ];
  if (found.length > 0)
    return { problems: found.map(({ position, what }) => ({ line: lines.linePos(position).line, what })) };
  return { value: document.toJS(), lineOf: lineFinder(document, lines) };
}

/** The breaches of a schema as problems. Needs errors with their schemas (`verbose`). */
export function schemaProblems(errors: readonly ErrorObject[] | null | undefined): Problem[] {
  return (errors ?? []).filter(isOwn).map((error) => ({ path: pathOf(error), what: describeProblem(error) }));
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

/** A key that breaks its format, and a condition that holds, are reported twice: with what is wrong, and bare. */
function isOwn({ keyword }: ErrorObject): boolean {
  return keyword !== 'propertyNames' && keyword !== 'if';
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
