import type { SchemaNode } from '../description/schema-node.ts';
import { PRIVILEGES } from './workspace.ts';

const IDENTIFIER = { type: 'string', format: 'identifier' };
const PERSONAL_SCHEMA = { type: 'string', format: 'schema-name' };
const GROUP = { type: 'string', format: 'principal', minLength: 1 };
const ONE_LINE = { type: 'string', format: 'plain-text', minLength: 1 };
const EMAIL = { type: 'string', format: 'e-mail' };

const record = (required: readonly string[], properties: Readonly<Record<string, SchemaNode>>): SchemaNode => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const byName = (description: string, format: string, value: SchemaNode): SchemaNode => ({
  description,
  type: 'object',
  default: {},
  propertyNames: { type: 'string', format },
  additionalProperties: value,
});
const names = (description: string, value: readonly string[] = []): SchemaNode => ({
  description,
  type: 'array',
  uniqueItems: true,
  default: value,
  items: IDENTIFIER,
});

/** JSON Schema of the part `workspace`. */
export const WORKSPACE_SCHEMA: SchemaNode = {
  description:
    'The workspace as code: who works in it, where, and with which rights. btc-fake workspace init writes it.',
  type: 'object',
  additionalProperties: false,
  required: ['people_catalog', 'owner_group'],
  properties: {
    edition: { description: 'premium, or free.', enum: ['premium', 'free'], default: 'premium' },
    users: {
      description: 'existing: users come from an identity provider. create: Terraform makes them.',
      enum: ['existing', 'create'],
      default: 'existing',
    },
    owner_group: {
      ...GROUP,
      description: 'Group that owns catalogs, shared schemas, and the schemas of people who have left.',
    },
    people_catalog: {
      ...record(['name'], {
        name: { ...IDENTIFIER, description: 'Name of the catalog.' },
        schemas: names('Shared schemas in it.'),
      }),
      description: 'The catalog with the personal schemas.',
    },
    shared_catalogs: byName(
      'Shared catalogs with their schemas.',
      'identifier',
      record(['schemas'], { schemas: names('Schemas of the catalog.') }),
    ),
    roles: byName(
      'Roles, each with its account group.',
      'identifier',
      record(['group'], {
        group: { ...GROUP, description: 'Name of the account group.' },
        origin: {
          description: 'existing: looked up. create: made by Terraform.',
          enum: ['existing', 'create'],
          default: 'existing',
        },
      }),
    ),
    grants: {
      description: 'What groups may do. on: "*" for every catalog, a catalog, or catalog.schema.',
      type: 'array',
      default: [],
      items: record(['group', 'on', 'privileges'], {
        group: GROUP,
        on: {
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { type: 'string', format: 'securable' },
        },
        privileges: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: PRIVILEGES } },
      }),
    },
    notebooks: byName(
      'Notebooks by their path in the workspace: the file, seen from this one.',
      'notebook-path',
      ONE_LINE,
    ),
    people_file: {
      ...ONE_LINE,
      description: 'File that holds people and departed in the place of this one, seen from here.',
    },
    people: byName(
      'People by their keys. btc-fake workspace add-user adds one; key and schema then stay as they are.',
      'identifier',
      record(['email', 'name', 'roles', 'schema'], {
        email: EMAIL,
        name: ONE_LINE,
        roles: { type: 'array', uniqueItems: true, minItems: 1, items: IDENTIFIER },
        schema: PERSONAL_SCHEMA,
      }),
    ),
    departed: byName(
      'People who have left. Their schemas stay, and the names stay theirs.',
      'identifier',
      record(['email', 'name', 'schema'], { email: EMAIL, name: ONE_LINE, schema: PERSONAL_SCHEMA }),
    ),
  },
};
