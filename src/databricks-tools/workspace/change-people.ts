import { readLakehouseText, readPeopleText, replaceLakehouseFile } from '../../adapters/disk/lakehouse-file.ts';
import { parseDescription } from '../../domain/description/parse.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { findPerson, type Keyed, type NewPerson, personToAdd } from '../../domain/workspace/people.ts';
import type { Departed } from '../../domain/workspace/workspace.ts';
import { type PeoplePlace, withoutPerson, withPerson } from '../../generators/workspace/edited-description.ts';
import { describedWorkspace } from './described-workspace.ts';

/**
 * Adds a person to the file.
 * @throws BtcFakeError LAKEHOUSE_INVALID (also for what the change would make wrong: the file then stays as it is),
 * USAGE, FILE_UNREADABLE, OUTPUT_UNWRITABLE.
 */
export async function addPerson(file: string, added: NewPerson): Promise<Keyed> {
  const { workspace } = await describedWorkspace(file);
  const keyed = personToAdd(workspace, added);
  await change(file, (text, place) => withPerson(text, keyed.key, keyed.person, place));
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
  await change(file, (text, place) => withoutPerson(text, key, departed, place));
  return { key, ...departed };
}

/** Writes what a change makes of the text that holds the people, once the result is known to be right. */
async function change(file: string, edit: (text: string, place: PeoplePlace) => string): Promise<void> {
  const before = await readLakehouseText(file);
  const people = await readPeopleText(file, before);
  if (people === undefined) {
    const after = edit(before, 'workspace');
    parseDescription(after, file);
    await replaceLakehouseFile(file, before, after);
    return;
  }
  const after = edit(people.text, 'people_file');
  parseDescription(before, file, { ...people, text: after });
  await replaceLakehouseFile(people.file, people.text, after);
}
