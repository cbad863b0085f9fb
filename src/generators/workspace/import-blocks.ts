import { securables } from '../../domain/workspace/access.ts';
import type { Workspace } from '../../domain/workspace/workspace.ts';

/** Where the configuration has each kind of object, with the key in the place of `KEY`. */
const ADDRESSES = {
  catalog: 'module.catalogs.databricks_catalog.this["KEY"]',
  schema: 'module.catalogs.databricks_schema.this["KEY"]',
  personal: 'module.catalogs.databricks_schema.personal["KEY"]',
  grants: 'module.grants.databricks_grants.this["KEY"]',
} as const;

/**
 * Import blocks for Terraform: what of a described workspace is there already, so that an apply takes it over and does
 * not try to make it. Catalogs and schemas have their names as keys, personal schemas the keys of people.
 */
export function importBlocks(workspace: Workspace): string {
  const { people_catalog, people } = workspace;
  const personal = new Map<string, string>(
    Object.entries(people).map(([key, { schema }]) => [`${people_catalog.name}.${schema}`, key]),
  );
  const granted = new Set(workspace.grants.flatMap(({ on }) => on));
  const blocks = securables(workspace).flatMap((name) => {
    const key = personal.get(name);
    const kind = !name.includes('.') ? 'catalog' : key === undefined ? 'schema' : 'personal';
    const own = block(ADDRESSES[kind].replace('KEY', key ?? name), name);
    const isGranted = granted.has(name) || (granted.has('*') && kind === 'catalog');
    if (!isGranted) return [own];
    return [own, block(ADDRESSES.grants.replace('KEY', name), `${kind === 'catalog' ? 'catalog' : 'schema'}/${name}`)];
  });
  return `# Written by btc-fake workspace init. Delete this file after the apply.\n\n${blocks.join('\n')}`;
}

function block(to: string, id: string): string {
  return `import {\n  to = ${to}\n  id = ${JSON.stringify(id)}\n}\n`;
}
