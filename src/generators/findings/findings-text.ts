import type { SchemaNode } from '../../domain/description/schema-node.ts';
import { columnsInOrder, type DatasetFindings } from '../../domain/findings/dataset.ts';
import type { MultiFindings } from '../../domain/findings/multi-dataset.ts';
import type { Recommendation } from '../../domain/findings/recommendation.ts';
import { DATASET_SCHEMA, MULTI_DATASET_SCHEMA } from '../../domain/findings/schema.ts';
import { type Comments, yamlText } from './yaml-text.ts';

const HEAD = `# TITLE. Written to be edited: what is wrong here is wrong in what is made of it.
# After a change: btc-fake databricks validate-findings FILE
`;

/** The text of `<name>_findings.yaml`. The same findings give the same text. */
export function datasetFindingsText(findings: DatasetFindings): string {
  const { columns: _, short_gold: __, recommendations, ...facts } = findings;
  const value = {
    version: 1,
    ...facts,
    columns: Object.fromEntries(columnsInOrder(findings)),
    recommendations: recommendations.map(written),
  };
  const title = 'Findings of one dataset';
  return head('THIS_FILE', title) + yamlText(inPlace(value), KNOWN, commentsOf(DATASET_SCHEMA));
}

/** The text of `multi_dataset_findings.yaml`. */
export function multiFindingsText(findings: MultiFindings): string {
  const { recommendations, ...facts } = findings;
  const value = { version: 1, ...facts, recommendations: recommendations.map(written) };
  const title = 'Findings over all datasets';
  return head('multi_dataset_findings.yaml', title) + yamlText(value, KNOWN, commentsOf(MULTI_DATASET_SCHEMA));
}

function head(file: string, title: string): string {
  return HEAD.replace('TITLE', title).replace('FILE', file);
}

/** A recommendation as files have it: `kind` is what layer, category and action say. */
function written({ kind: _, ...recommendation }: Recommendation): object {
  return recommendation;
}

/** Columns before recommendations, and both last. */
function inPlace({ columns, recommendations, ...facts }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...facts, columns, recommendations };
}

/** Every key of the schemas; the keys of `datasets` and `columns` are names of people's. */
const KNOWN: ReadonlySet<string> = new Set([DATASET_SCHEMA, MULTI_DATASET_SCHEMA].flatMap(keysOf));

function keysOf(node: SchemaNode): string[] {
  const nested = ['items', 'additionalProperties', 'parameters', 'then'].flatMap((keyword) => {
    const below = node[keyword];
    return typeof below === 'object' && below !== null ? keysOf(below as SchemaNode) : [];
  });
  const conditions = Array.isArray(node.allOf) ? (node.allOf as readonly SchemaNode[]).flatMap(keysOf) : [];
  return [
    ...Object.entries(node.properties ?? {}).flatMap(([key, below]) => [key, ...keysOf(below)]),
    ...nested,
    ...conditions,
  ];
}

/** The schema's descriptions as comments above the keys of the whole file. */
function commentsOf({ properties = {} }: SchemaNode): Comments {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, { description }]) => (description ? [[key, description]] : [])),
  );
}
