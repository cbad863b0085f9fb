import { Ajv } from 'ajv';
import { invalidFile, type Path, type Problem } from '../description/problem.ts';
import type { SchemaNode } from '../description/schema-node.ts';
import { readYaml, schemaProblems } from '../description/yaml-text.ts';
import type { BtcFakeError } from '../errors.ts';
import type { Placed } from './check-recommendations.ts';
import { kindProblem } from './check-recommendations.ts';
import type { Recommendation } from './recommendation.ts';

/** A file of findings as it is written. */
export interface WrittenFindings {
  readonly value: Readonly<Record<string, unknown>>;
  readonly file: string;
  readonly lineOf: (path: Path) => number;
}

/** Reads a file of findings as YAML; JSON is YAML too. @throws BtcFakeError FINDINGS_INVALID. */
export function readWritten(text: string, file: string): WrittenFindings {
  const read = readYaml(text.replace(/^\uFEFF/, ''));
  if ('problems' in read) throw invalidFindings(file, read.problems);
  const { value, lineOf } = read;
  if (!isGroup(value)) throw invalidFindings(file, [{ line: 1, what: 'the file is not a group of settings' }]);
  return { value, file, lineOf };
}

/** BtcFakeError FINDINGS_INVALID, whose `lines` hold every problem as `FILE:LINE: what`. */
export function invalidFindings(
  file: string,
  problems: readonly { readonly line: number; readonly what: string }[],
): BtcFakeError {
  return invalidFile('FINDINGS_INVALID', file, problems, 'docs/explore.md explains every part of it.');
}

/** The same for problems with paths; nothing happens when there are none. */
export function refuse({ file, lineOf }: WrittenFindings, problems: readonly Problem[]): void {
  if (problems.length > 0)
    throw invalidFindings(
      file,
      problems.map(({ path, what }) => ({ line: lineOf(path), what })),
    );
}

/** A schema as a function that fills in defaults and returns what is wrong. */
export function schemaCheck(schema: SchemaNode): (value: unknown) => Problem[] {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, allowUnionTypes: true, verbose: true });
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? [] : schemaProblems(validate.errors));
}

/** Recommendations with their kinds, and those whose kind does not exist as problems. */
export function placedRecommendations(value: unknown): { placed: Placed[]; problems: Problem[] } {
  const placed: Placed[] = [];
  const problems: Problem[] = [];
  for (const [index, written] of ((value ?? []) as readonly Recommendation[]).entries()) {
    const path = ['recommendations', index];
    const { layer, category, action } = written;
    const what = kindProblem(layer, category, action);
    if (what === undefined)
      placed.push({
        path,
        recommendation: { ...written, kind: `${layer}.${category}.${action}` } as unknown as Recommendation,
      });
    else problems.push({ path: [...path, 'action'], what });
  }
  return { placed, problems };
}

/** Whether a value is a group of settings, not a list or a single value. */
export function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A group without the settings that are null: they are not set. */
export function withoutNulls(group: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(group).filter(([, value]) => value !== null));
}
