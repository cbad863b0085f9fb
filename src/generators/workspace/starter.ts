/** What a new part `workspace` begins with. */
export interface WorkspaceStart {
  readonly peopleCatalog: string;
  readonly adminGroup: string;
  readonly memberGroup: string;
}

/** The text of a new part `workspace`, with comments, to stand at the end of `lakehouse.yaml`. */
export function starterWorkspace({ peopleCatalog, adminGroup, memberGroup }: WorkspaceStart): string {
  return `# The workspace as code: who works in it, where, and with which rights. docs/workspace.md explains each part.
workspace:
  # premium, or free (Free Edition: no account API; groups and users are made by hand).
  edition: premium
  # existing: users come from an identity provider. create: Terraform makes them.
  users: existing
  # Group that owns catalogs, shared schemas, and the schemas of people who have left.
  owner_group: ${adminGroup}
  # The catalog with the personal schemas, and the shared schemas in it.
  people_catalog:
    name: ${peopleCatalog}
    schemas: [shared_bronze, shared_silver, shared_gold]
  # Shared catalogs: sales_dev: { schemas: [bronze, silver, gold] }
  shared_catalogs: {}
  # Roles, each with its account group. origin: existing (looked up), or create.
  roles:
    admin: { group: ${adminGroup}, origin: existing }
    member: { group: ${memberGroup}, origin: existing }
  # What groups may do. on: "*" for every catalog, a catalog, or catalog.schema.
  grants:
    - group: ${adminGroup}
      on: ["*"]
      privileges: [ALL_PRIVILEGES]
    - group: ${memberGroup}
      on: ["*"]
      privileges: [USE_CATALOG, USE_SCHEMA, SELECT]
  # Notebooks by their path in the workspace: /Shared/labs/start: notebooks/start.py
  notebooks: {}
  # People by their keys: btc-fake workspace add-user EMAIL. Key and schema are given once and stay.
  # With people_file: people.yaml they are in that file instead.
  people: {}
  # People who have left: btc-fake workspace remove-user EMAIL. Their schemas stay.
  departed: {}
`;
}
