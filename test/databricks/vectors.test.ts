import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { pythonConstants } from '../../src/generators/python-constants.ts';
import { files } from './file-vectors.ts';
import { ruleVectors } from './rule-vectors.ts';

const FOLDER = fileURLToPath(new URL('../../databricks/', import.meta.url));
const zones: unknown = JSON.parse(readFileSync(`${FOLDER}tests/zones.json`, 'utf8'));
const vectors = { ...ruleVectors(zones as string[]), files: await files() };

if (process.env.UPDATE_VECTORS === '1') {
  mkdirSync(`${FOLDER}tests/vectors`, { recursive: true });
  writeFileSync(`${FOLDER}btc_constants.py`, pythonConstants());
  for (const [name, cases] of Object.entries(vectors))
    writeFileSync(`${FOLDER}tests/vectors/${name}.jsonl`, lines(cases));
}

test.each(Object.entries(vectors))('the committed vectors of %s are what the TypeScript rules say', (name, cases) => {
  expect(readFileSync(`${FOLDER}tests/vectors/${name}.jsonl`, 'utf8')).toBe(lines(cases));
});

test('the committed Python constants are those of the TypeScript rules', () => {
  expect(readFileSync(`${FOLDER}btc_constants.py`, 'utf8')).toBe(pythonConstants());
});

/** JSON lines in ASCII, so that no editor or checkout changes a character. */
function lines(cases: readonly object[]): string {
  const ascii = (text: string) =>
    text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return cases.map((item) => `${ascii(JSON.stringify(item))}\n`).join('');
}
