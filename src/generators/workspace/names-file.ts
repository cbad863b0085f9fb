import type { Workspace } from '../../domain/workspace/workspace.ts';

/**
 * The text of `workspace_names.json` for the notebook helper: catalogs, shared schemas, and people's stored schemas.
 * @returns the same text for the same description; addresses are in lower case, people who have left are not in it.
 */
export function namesFile({ people_catalog, shared_catalogs, people }: Workspace): string {
  const schemas = Object.values(people).map(({ email, schema }) => [email.toLowerCase(), schema] as const);
  const value = {
    version: 1,
    catalog: people_catalog.name,
    schemas: people_catalog.schemas,
    shared_catalogs: Object.fromEntries(Object.entries(shared_catalogs).map(([name, one]) => [name, one.schemas])),
    people: Object.fromEntries(schemas.toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}
