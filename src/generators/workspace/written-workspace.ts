import type { Workspace } from '../../domain/workspace/workspace.ts';

/** Words that YAML reads as something else than text. */
const NO_WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** The text of a part `workspace` that is known, to stand at the end of `lakehouse.yaml`. */
export function writtenWorkspace(workspace: Workspace): string {
  const { edition, users, owner_group, people_catalog, shared_catalogs, roles, grants, people } = workspace;
  const group = (name: string, lines: readonly string[], none: string) =>
    lines.length === 0 ? [`  ${name}: ${none}`] : [`  ${name}:`, ...lines];
  return [
    '# The workspace as it was when it was read. docs/workspace.md explains each part.',
    'workspace:',
    `  edition: ${edition}`,
    `  users: ${users}`,
    `  owner_group: ${scalar(owner_group)}`,
    '  people_catalog:',
    `    name: ${scalar(people_catalog.name)}`,
    `    schemas: ${list(people_catalog.schemas)}`,
    ...group(
      'shared_catalogs',
      Object.entries(shared_catalogs).map(
        ([name, { schemas }]) => `    ${scalar(name)}: { schemas: ${list(schemas)} }`,
      ),
      '{}',
    ),
    ...group(
      'roles',
      Object.entries(roles).map(
        ([name, role]) => `    ${scalar(name)}: { group: ${scalar(role.group)}, origin: ${role.origin} }`,
      ),
      '{}',
    ),
    ...group(
      'grants',
      grants.flatMap((grant) => [
        `    - group: ${scalar(grant.group)}`,
        `      on: ${list(grant.on)}`,
        `      privileges: ${list(grant.privileges)}`,
      ]),
      '[]',
    ),
    '  notebooks: {}',
    '  # People by their keys: btc-fake workspace add-user EMAIL. Key and schema are given once and stay.',
    ...group(
      'people',
      Object.entries(people).flatMap(([key, { email, name, roles: own, schema }]) => [
        `    ${scalar(key)}:`,
        `      email: ${scalar(email)}`,
        `      name: ${scalar(name)}`,
        `      roles: ${list(own)}`,
        `      schema: ${scalar(schema)}`,
      ]),
      '{}',
    ),
    '  departed: {}',
    '',
  ].join('\n');
}

function list(texts: readonly string[]): string {
  return `[${texts.map(scalar).join(', ')}]`;
}

/** Bare where YAML reads it as the same text, else in quotes. */
function scalar(text: string): string {
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(text) && !NO_WORDS.test(text) ? text : JSON.stringify(text);
}
