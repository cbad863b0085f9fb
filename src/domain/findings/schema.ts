import type { SchemaNode } from '../description/schema-node.ts';
import { COLUMN_TYPES, DATA_TYPE_PATTERN, GRANULARITIES, RELATIONSHIP_TYPES, SOURCE_FORMATS } from './column-types.ts';
import { CATEGORY_ORDER, KIND_NAMES, KINDS } from './kinds.ts';
import { WINDOW_PATTERN } from './multi-dataset.ts';
import type { Layer } from './recommendation.ts';

const text = (description: string): SchemaNode => ({ description, type: 'string' });
const optionalText = (description: string): SchemaNode => ({ description, type: ['string', 'null'] });
const count: SchemaNode = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const number: SchemaNode = { type: 'number' };
const share: SchemaNode = { type: 'number', minimum: 0, maximum: 1 };
const percent: SchemaNode = { type: 'number', minimum: 0, maximum: 100 };
const scalar: SchemaNode = { type: ['string', 'number', 'boolean'] };
const yes = (description: string, value: boolean): SchemaNode => ({ description, type: 'boolean', default: value });
const word = (words: readonly unknown[], description: string): SchemaNode => ({ description, enum: words });
const list = (description: string, items: SchemaNode): SchemaNode => ({ description, type: 'array', items });
const names = (description: string): SchemaNode => list(description, { type: 'string' });
const group = (properties: Readonly<Record<string, SchemaNode>>, required: readonly string[] = []): SchemaNode => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});

const VERSION: SchemaNode = { description: 'Version of this shape. Absent: the shape of earlier tools.', const: 1 };
const ISSUES = list(
  'What is wrong, and how bad it is.',
  group(
    {
      issue: text('A short name.'),
      severity: word(['info', 'warning', 'critical'], 'How much it counts against the score.'),
      message: text('For a person.'),
      count,
    },
    ['issue', 'severity', 'message'],
  ),
);

/** A keyword of JSON Schema; written out as a key, it would make the object look like a promise. */
const THEN = 'then';

/** The recommendations of some layers: what all have, and for each kind its parameters. */
function recommendations(layers: readonly Layer[]): SchemaNode {
  const kinds = KIND_NAMES.map((kind) => ({ kind, parts: kind.split('.') })).filter(({ parts }) =>
    layers.includes(parts[0] as Layer),
  );
  return list('What to do, each with its parameters and the reason.', {
    ...group(
      {
        id: { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,200}$' },
        layer: { enum: layers, description: 'The layer.' },
        category: {
          enum: [...new Set(layers.flatMap((layer) => CATEGORY_ORDER[layer]))],
          description: 'The step of the layer.',
        },
        action: text('What to do in this step.'),
        target_column: text('The column; * for whole rows; for derived the new column.'),
        parameters: { type: 'object' },
        rationale: text('Why; any text.'),
        priority: { description: '1 comes before 2.', type: 'integer', minimum: 1, maximum: 1000, default: 1 },
        dependencies: { ...names('Ids of what must come before.'), default: [] },
      },
      ['id', 'layer', 'category', 'action', 'target_column', 'parameters', 'rationale'],
    ),
    allOf: kinds.map(({ kind, parts: [layer, category, action] }) => ({
      if: {
        required: ['layer', 'category', 'action'],
        properties: { layer: { const: layer }, category: { const: category }, action: { const: action } },
      },
      [THEN]: { properties: { parameters: KINDS[kind].parameters } },
    })),
  });
}

const COLUMN = group(
  {
    source_name: text('The header of the source, where it is not the name.'),
    position: { ...count, description: 'Place in the source, from 0.' },
    data_type: { description: 'As Spark SQL spells it.', type: 'string', pattern: DATA_TYPE_PATTERN },
    date_formats: names("Spark's date patterns of a text column."),
    inferred_type: word(COLUMN_TYPES, 'What the column is for.'),
    confidence: share,
    evidence: names('Why this type.'),
    universal_metrics: group({
      null_count: count,
      null_percentage: percent,
      distinct_count: count,
      distinct_exact: { type: 'boolean' },
      most_common_values: list('', group({ value: scalar, count }, ['value', 'count'])),
    }),
    type_metrics: group({
      min: scalar,
      max: scalar,
      mean: number,
      std: number,
      skewness: number,
      zero_count: count,
      negative_count: count,
      quantiles: { type: 'object', additionalProperties: { type: 'number' } },
      outlier_count: count,
      min_length: count,
      max_length: count,
      mean_length: number,
    }),
    quality_issues: ISSUES,
    quality_score: percent,
    cleaning_recommendations: names(
      'Short forms such as impute:median or cap_outlier:iqr; each becomes one of bronze.',
    ),
    transformation_recommendations: names('Short forms such as one_hot or log; each becomes one of gold.'),
  },
  ['data_type', 'inferred_type'],
);

const ID = 'https://btc-fake.example/schemas/';

/** The published schema of `<name>_findings.yaml`. */
export const DATASET_SCHEMA: SchemaNode = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: `${ID}dataset_findings.schema.json`,
  title: 'Findings of one dataset',
  ...group(
    {
      version: VERSION,
      name: { description: 'As multi_dataset_findings.yaml calls it.', type: 'string', minLength: 1 },
      source_path: text('File, folder, or catalog.schema.table.'),
      source_format: word(SOURCE_FORMATS, 'How it is read.'),
      source_table: text('The table of a SQLite file.'),
      row_count: count,
      column_count: count,
      sampled_rows: { ...count, description: 'Set when only some rows were read.' },
      values_kept: yes('False: explored with --no-values.', true),
      granularity: word(GRANULARITIES, 'One row for each entity, or for each event.'),
      entity_column: optionalText('The column that says whom a row is about.'),
      time_column: optionalText('The column that says when.'),
      target_column: optionalText('The label to predict.'),
      identifier_columns: { ...names('Columns of ids.'), default: [] },
      datetime_columns: { ...names('Columns of times.'), default: [] },
      candidate_keys: { ...list('Sets of columns that no two rows share.', names('')), default: [] },
      constant_columns: { ...names('Columns with one value.'), default: [] },
      duplicate_columns: {
        ...list('Columns that equal another.', group({ column: text(''), same_as: text('') }, ['column', 'same_as'])),
        default: [],
      },
      leakage_suspects: {
        ...list(
          'Columns that tell the label.',
          group({ column: text(''), reason: text(''), score: share }, ['column', 'reason', 'score']),
        ),
        default: [],
      },
      overall_quality_score: { ...percent, default: 100 },
      quality_issues: { ...ISSUES, default: [] },
      time_series_metadata: group({
        granularity: word(GRANULARITIES, ''),
        entity_column: text(''),
        time_column: text(''),
        first: text('ISO'),
        last: text('ISO'),
        span_days: number,
        unique_entities: count,
        avg_events_per_entity: number,
        suggested_aggregations: names(''),
      }),
      columns: { description: 'By name.', type: 'object', additionalProperties: COLUMN },
      recommendations: { ...recommendations(['bronze']), default: [] },
    },
    ['version', 'name', 'source_path', 'source_format', 'row_count', 'column_count', 'granularity', 'columns'],
  ),
};

/** The published schema of `multi_dataset_findings.yaml`. */
export const MULTI_DATASET_SCHEMA: SchemaNode = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: `${ID}multi_dataset_findings.schema.json`,
  title: 'Findings over all datasets',
  ...group(
    {
      version: VERSION,
      datasets: {
        description: 'By name.',
        type: 'object',
        additionalProperties: group(
          {
            findings_path: text('Relative to this file.'),
            source_path: text('As in the findings of the dataset.'),
            granularity: word(GRANULARITIES, ''),
            row_count: count,
            column_count: count,
            entity_column: optionalText(''),
            time_column: optionalText(''),
            target_column: optionalText(''),
            excluded: yes('True: nothing is built for it.', false),
          },
          ['findings_path', 'source_path', 'granularity'],
        ),
      },
      relationships: {
        ...list(
          'Datasets that share a key.',
          group(
            {
              left_dataset: text(''),
              right_dataset: text(''),
              left_columns: { ...names(''), minItems: 1 },
              right_columns: { ...names(''), minItems: 1 },
              relationship_type: word(RELATIONSHIP_TYPES, ''),
              confidence: { ...share, default: 1 },
              left_coverage: share,
              right_coverage: share,
            },
            ['left_dataset', 'right_dataset', 'left_columns', 'right_columns', 'relationship_type'],
          ),
        ),
        default: [],
      },
      primary_entity_dataset: optionalText('The dataset whose entities get features.'),
      event_datasets: { ...names('Datasets of events, to be aggregated.'), default: [] },
      aggregation_windows: {
        ...list('', { type: 'string', pattern: WINDOW_PATTERN }),
        default: ['24h', '7d', '30d', '90d', '180d', '365d', 'all_time'],
      },
      recommendations: { ...recommendations(['silver', 'gold']), default: [] },
    },
    ['version', 'datasets'],
  ),
};
