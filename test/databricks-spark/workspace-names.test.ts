// Proves that the notebook helper finds the schema that the command names, for 10,000 people with random addresses,
// whatever the case in which a notebook meets the address.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TEXT_FORMATS } from '../../src/domain/description/formats.ts';
import { schemaNames } from '../../src/domain/workspace/people.ts';
import { proposeSchemaName } from '../../src/domain/workspace/schema-name.ts';
import type { Person } from '../../src/domain/workspace/workspace.ts';
import { namesFile } from '../../src/generators/workspace/names-file.ts';
import { DESCRIPTION_HEAD, workspaceOf } from '../support/described-workspace.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PEOPLE = 10_000;
const PYTHON = process.env.SPARK_PYTHON ?? 'python3';
const HELPER = join(import.meta.dirname, '../../databricks');
const ASK = `
import json, sys
from btc_workspace import use_names
names = use_names(sys.argv[1])
print(json.dumps([names.own_schema(email) for email in json.load(sys.stdin)]))
`;
const folder = temporaryFolder('names');

/** Addresses of few letters, so that many would have the same name, and of any letters. */
const EMAILS = fc
  .oneof(
    fc.stringMatching(/^[abAB._-]{1,4}$/),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.stringMatching(/^[A-Za-zäßøŁıİΣ0-9.+]{1,10}$/),
  )
  .map((local) => `${local}@team.example`)
  .filter((email) => TEXT_FORMATS['e-mail']?.accepts(email) === true);

test('command and notebook helper name the same schema for 10,000 random addresses', async () => {
  const base = workspaceOf(
    `${DESCRIPTION_HEAD}workspace: { owner_group: admins, people_catalog: { name: people, schemas: [shared_gold] } }\n`,
  );
  const people: Record<string, Person> = {};
  const accounts = new Map<string, string>();
  for (const email of fc.sample(EMAILS, { numRuns: 4 * PEOPLE, seed: 19 })) accounts.set(email.toLowerCase(), email);
  const emails = [...accounts.values()].slice(0, PEOPLE);
  expect(emails).toHaveLength(PEOPLE);
  const taken = new Set(base.people_catalog.schemas);
  for (const email of emails) {
    const schema = proposeSchemaName(email, (name) => taken.has(name));
    people[schema] = { email, name: 'Somebody', roles: ['member'], schema };
    taken.add(schema);
  }
  const workspace = { ...base, people };
  const path = join(folder.path, 'workspace_names.json');
  await writeFile(path, namesFile(workspace));
  const listed = schemaNames(workspace);
  const asked = listed.map(({ email }, index) => (index % 2 === 0 ? email : email.toLowerCase()));
  const running = promisify(execFile)(PYTHON, ['-c', ASK, path], {
    env: { ...process.env, PYTHONPATH: HELPER, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' },
    maxBuffer: 10_000_000,
  });
  running.child.stdin?.end(JSON.stringify(asked));
  const { stdout } = await running;
  expect(JSON.parse(stdout)).toEqual(listed.map(({ schema }) => `people.${schema}`));
});
