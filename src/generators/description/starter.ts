import { stringify } from 'yaml';
import { DESCRIPTION_SCHEMA } from '../../domain/description/schema.ts';
import type { SchemaNode } from '../../domain/description/schema-node.ts';

/** Values that the starter file has in place of the defaults, by the path of the setting (`schedule.cron`). */
export type StarterValues = Readonly<Record<string, string | number | boolean>>;

const HEADER = [
  '# lakehouse.yaml: the Databricks side of BTC Fake, in one file.',
  '# Every setting has its default here; a line can be left out. docs/databricks.md explains each part.',
  '# An option of a command comes before the environment, the environment before this file.',
];
const COMMENT_WIDTH = 110;

/** What differs in the environments, as an example that is valid. */
const TARGETS = [
  'targets:',
  '  dev: {}',
  '  qa:',
  '    catalog: training_qa',
  '  prod:',
  '    catalog: training_prod',
  '    # host: adb-1234567890123456.7.workspace.example',
];

/**
 * The text of a new `lakehouse.yaml`: every setting with its comment, in the order of the schema. A setting without a
 * default is a comment with an example, unless `values` has it.
 */
export function starterDescription(values: StarterValues): string {
  const { targets, version, workspace, ...rest } = DESCRIPTION_SCHEMA.properties ?? {};
  return [
    ...HEADER,
    '',
    'version: 1',
    ...Object.entries(rest).flatMap(([key, node]) => ['', ...settingLines(key, node, '', key, values)]),
    '',
    ...comment(targets?.description, ''),
    ...TARGETS,
    '',
  ].join('\n');
}

function settingLines(key: string, node: SchemaNode, indent: string, path: string, values: StarterValues): string[] {
  const lines = comment(node.description, indent);
  if (node.properties !== undefined) {
    const below = Object.entries(node.properties).flatMap(([name, child]) =>
      settingLines(name, child, `${indent}  `, `${path}.${name}`, values),
    );
    return [...lines, `${indent}${key}:`, ...below];
  }
  const value = values[path] ?? node.default;
  if (value !== undefined) return [...lines, `${indent}${key}: ${scalar(value)}`];
  const [example] = (node.examples ?? []) as string[];
  return [...lines, `${indent}# ${key}: ${scalar(example)}`];
}

function scalar(value: unknown): string {
  return Array.isArray(value) ? '[]' : stringify(value, { lineWidth: 0 }).trimEnd();
}

function comment(text: string | undefined, indent: string): string[] {
  if (text === undefined) return [];
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (indent.length + line.length + word.length + 3 > COMMENT_WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `${indent}# ${line}`);
}
