import { Ajv } from 'ajv';
import { workspaceProblems } from '../workspace/problems.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Description, TARGET_NAMES, type Target, type TargetName, type TargetSettings } from './description.ts';
import { TEXT_FORMATS } from './formats.ts';
import { missingChoices } from './missing-choices.ts';
import { isOfPeople, type PeopleText, putPeople, readPeople } from './people-file.ts';
import { invalidDescription, type Path, type Problem } from './problem.ts';
import { DESCRIPTION_SCHEMA } from './schema.ts';
import { readYaml, schemaProblems } from './yaml-text.ts';

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
 * @param people the file that `people_file` names; without it nobody is in a description that names one.
 * @throws BtcFakeError LAKEHOUSE_INVALID, whose `lines` hold everything that is wrong, as `FILE:LINE: what`.
 */
export function parseDescription(text: string, file: string, people?: PeopleText): Description {
  const read = readYaml(text);
  if ('problems' in read) throw invalidDescription(file, read.problems);
  const { lineOf } = read;
  const written = read.value ?? {};
  const own = people === undefined ? undefined : readPeople(people);
  if (people !== undefined && own !== undefined && own.problems.length > 0) {
    throw invalidDescription(people.file, own.problems);
  }
  const doubled = own === undefined ? [] : putPeople(written, own);
  if (people !== undefined && doubled.length > 0) {
    const problem = (group: string) => ({
      line: lineOf(['workspace', group]),
      what: `${group} are in ${people.file} (people_file), and not here`,
    });
    throw invalidDescription(file, doubled.map(problem));
  }
  const problems: Problem[] = validate(written) ? [] : schemaProblems(validate.errors);
  if (problems.length === 0) {
    const description = complete(written as WrittenDescription);
    for (const target of description.targets) problems.push(...missingChoices(target, isGiven(written, target.name)));
    problems.push(...workspaceProblems(description));
    if (problems.length === 0) return description;
  }
  throw invalidDescription(
    file,
    problems.map(({ path, what }) =>
      people !== undefined && own !== undefined && isOfPeople(path)
        ? { file: people.file, line: own.lineOf(path.slice(1)), what }
        : { line: lineOf(path), what },
    ),
  );
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
