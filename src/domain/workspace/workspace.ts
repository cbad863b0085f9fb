/**
 * The part `workspace` of `lakehouse.yaml`, with the file's own names: who works in the workspace, where, and with
 * which rights. Terraform, the notebook helper and the commands read it there (docs/workspace.md).
 */

/** Unity Catalog privileges that a description may grant. */
export const PRIVILEGES = [
  'ALL_PRIVILEGES',
  'APPLY_TAG',
  'BROWSE',
  'CREATE_FUNCTION',
  'CREATE_MODEL',
  'CREATE_SCHEMA',
  'CREATE_TABLE',
  'CREATE_VOLUME',
  'EXECUTE',
  'MANAGE',
  'MODIFY',
  'READ_VOLUME',
  'SELECT',
  'USE_CATALOG',
  'USE_SCHEMA',
  'WRITE_VOLUME',
] as const;
export type Privilege = (typeof PRIVILEGES)[number];

/** A role: the account group that has its rights. */
export interface Role {
  readonly group: string;
  /** `existing`: the group is looked up, and an unknown one is an error. `create`: Terraform makes it. */
  readonly origin: 'existing' | 'create';
}

/** One catalog and its schemas. */
export interface CatalogPlan {
  readonly schemas: readonly string[];
}

/** Privileges of one group on objects: `*` for every catalog, a catalog, or `catalog.schema`. */
export interface Grant {
  readonly group: string;
  readonly on: readonly string[];
  readonly privileges: readonly Privilege[];
}

/** Somebody who works here. The key in `people` is given once and stays. */
export interface Person {
  readonly email: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** Name of the personal schema: proposed once, then only read. */
  readonly schema: string;
}

/** Somebody who has left. The schema stays, and its name stays that person's. */
export interface Departed {
  readonly email: string;
  readonly name: string;
  readonly schema: string;
}

/** People by their keys. */
export interface People {
  readonly people: Readonly<Record<string, Person>>;
  readonly departed: Readonly<Record<string, Departed>>;
}

/** The whole part. */
export interface Workspace extends People {
  readonly edition: 'premium' | 'free';
  /** Whether Terraform makes the users, or finds them (synchronised from an identity provider). */
  readonly users: 'existing' | 'create';
  /** The catalog with the shared and personal schemas of people. */
  readonly people_catalog: { readonly name: string; readonly schemas: readonly string[] };
  readonly shared_catalogs: Readonly<Record<string, CatalogPlan>>;
  readonly roles: Readonly<Record<string, Role>>;
  readonly grants: readonly Grant[];
  /** The file that people and departed were read from, relative to `lakehouse.yaml`; absent when they are in it. */
  readonly people_file?: string;
  /** The group that owns catalogs, shared schemas, and the schemas of people who have left. */
  readonly owner_group: string;
  /** Notebooks by their path in the workspace: the file, relative to `lakehouse.yaml`. */
  readonly notebooks: Readonly<Record<string, string>>;
}
