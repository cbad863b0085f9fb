// Proves that the published JSON Schemas are those that findings are checked with.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DATASET_SCHEMA, MULTI_DATASET_SCHEMA } from '../../../src/domain/findings/schema.ts';

const FOLDER = join(import.meta.dirname, '../../../docs/schemas');
/** Set to write the published schemas again. */
const { UPDATE_SCHEMAS } = process.env;

test.each([
  ['dataset_findings', DATASET_SCHEMA],
  ['multi_dataset_findings', MULTI_DATASET_SCHEMA],
])('the published schema of %s is what files are checked with', async (name, schema) => {
  const path = join(FOLDER, `${name}.schema.json`);
  if (UPDATE_SCHEMAS) await writeFile(path, `${JSON.stringify(schema, undefined, 2)}\n`);
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
});
