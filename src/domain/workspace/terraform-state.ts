import { BtcFakeError } from '../errors.ts';
import { principalName, type Securable, type Snapshot } from './snapshot.ts';

/** A resource of the state, whichever of the two forms it was read from. */
interface StateResource {
  readonly mode: string;
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Reads what Terraform holds: the text of `terraform show -json`, or of `terraform state pull` (version 4). Only
 * catalogs, schemas, grants, groups and users are read; data sources hold nothing.
 * @param file for the message.
 * @throws BtcFakeError FILE_UNREADABLE for anything else.
 */
export function parseTerraformState(text: string, file: string): Snapshot {
  const resources = resourcesOf(text, file).filter(({ mode }) => mode === 'managed');
  const of = (type: string) => resources.filter((one) => one.type === type).map(({ values }) => values);
  const grants = new Map<string, ReadonlyMap<string, ReadonlySet<string>>>();
  for (const values of of('databricks_grants')) {
    const object = word(values.schema) || word(values.catalog);
    if (object !== '') grants.set(object.toLowerCase(), grantsOf(values.grant));
  }
  const securable = (name: string, values: StateResource['values']): [string, Securable] => [
    name.toLowerCase(),
    {
      owner: word(values.owner) === '' ? undefined : principalName(word(values.owner)),
      grants: grants.get(name.toLowerCase()),
    },
  ];
  return {
    groups: new Set(of('databricks_group').map((values) => word(values.display_name))),
    users: new Map(of('databricks_user').map((values) => [principalName(word(values.user_name)), undefined])),
    securables: new Map([
      ...of('databricks_catalog').map((values) => securable(word(values.name), values)),
      ...of('databricks_schema').map((values) =>
        securable(`${word(values.catalog_name)}.${word(values.name)}`, values),
      ),
    ]),
  };
}

function resourcesOf(text: string, file: string): StateResource[] {
  const state = parsed(text);
  if (isGroup(state) && typeof state.format_version === 'string') {
    const root = isGroup(state.values) ? state.values.root_module : undefined;
    return ofModule(root);
  }
  if (isGroup(state) && state.version === 4) return list(state.resources).flatMap(ofPulled);
  throw new BtcFakeError('FILE_UNREADABLE', `${file} is no state of Terraform`, {
    remedy: 'Write one with: terraform show -json, or terraform state pull (version 4).',
  });
}

function ofModule(module: unknown): StateResource[] {
  if (!isGroup(module)) return [];
  return [
    ...list(module.resources).flatMap((one) => (isGroup(one) ? [resource(one, one.values)] : [])),
    ...list(module.child_modules).flatMap(ofModule),
  ];
}

function ofPulled(one: unknown): StateResource[] {
  if (!isGroup(one)) return [];
  return list(one.instances).flatMap((instance) => (isGroup(instance) ? [resource(one, instance.attributes)] : []));
}

function resource(one: Readonly<Record<string, unknown>>, values: unknown): StateResource {
  return { mode: word(one.mode), type: word(one.type), values: isGroup(values) ? values : {} };
}

function grantsOf(blocks: unknown): Map<string, ReadonlySet<string>> {
  return new Map(
    list(blocks).flatMap((block) =>
      isGroup(block)
        ? [
            [
              principalName(word(block.principal)),
              new Set(list(block.privileges).map((one) => privilegeName(word(one)))),
            ],
          ]
        : [],
    ),
  );
}

/** As the API and the description spell a privilege: with underscores. */
export function privilegeName(text: string): string {
  return text.toUpperCase().replaceAll(' ', '_');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
