import { readLakehouseText, replaceLakehouseFile } from '../../adapters/disk/lakehouse-file.ts';
import { parseDescription } from '../../domain/description/parse.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { findPerson, type Keyed, type NewPerson, personToAdd } from '../../domain/workspace/people.ts';
import type { Departed } from '../../domain/workspace/workspace.ts';
import { withoutPerson, withPerson } from '../../generators/workspace/edited-description.ts';
import { describedWorkspace } from './described-workspace.ts';

/**
 * Adds a person to the file.
 * @throws BtcFakeError LAKEHOUSE_INVALID (also for what the change would make wrong: the file then stays as it is),
 * USAGE, FILE_UNREADABLE, OUTPUT_UNWRITABLE.
 */
export async function addPerson(file: string, added: NewPerson): Promise<Keyed> {
  const { workspace } = await describedWorkspace(file);
  const keyed = personToAdd(workspace, added);
  await change(file, (text) => withPerson(text, keyed.key, keyed.person));
  return keyed;
}

/**
 * Moves a person to those who have left.
 * @param who address or key.
 * @throws as `addPerson`; USAGE when nobody is called so.
 */
export async function removePerson(file: string, who: string): Promise<Departed & { readonly key: string }> {
  const { workspace } = await describedWorkspace(file);
  const key = findPerson(workspace.people, who);
  const person = workspace.people[key];
  if (person === undefined) throw new BtcFakeError('INTERNAL', `${key} is not in people`);
  const departed = { email: person.email, name: person.name, schema: person.schema };
  await change(file, (text) => withoutPerson(text, key, departed));
  return { key, ...departed };
}

/** Writes what a change makes of the file's text, once the result is known to be right. */
async function change(file: string, edit: (text: string) => string): Promise<void> {
  const before = await readLakehouseText(file);
  const after = edit(before);
  parseDescription(after, file);
  await replaceLakehouseFile(file, before, after);
}
