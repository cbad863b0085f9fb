// Proves that words which mark translated text stay out of docs, messages, comments and test names: CONTRIBUTING.md says what to write.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');
const TEXTS = /\.(md|ts|mjs|js|css|html|py|yml|yaml|sh|example|conf|service)$/;
/** Lists of packages, cases written by the rules, and this file. */
const LEFT_OUT = /^(package-lock\.json|databricks\/tests\/vectors\/|databricks\/requirements-|test\/english\.test\.ts)/;

const WORDS: readonly (readonly [word: RegExp, better: string])[] = [
  [/\bwho(m)?ever\b/i, 'who, the process that, the person who'],
  [/\banew\b/i, 'again'],
  [/\bmend(s|ed|ing)?\b/i, 'fix'],
  [/\b(go|goes|going|went) on\b/i, 'continue'],
  [/\bsince some time\b/i, 'for a while'],
  [/\bwhat there is to\b/i, 'what'],
  [/\bof its own accord\b/i, 'by itself'],
];

test('no text of the project has a word that marks a translation', async () => {
  const { stdout } = await promisify(execFile)('git', ['ls-files'], { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 });
  const files = stdout.split('\n').filter((file) => TEXTS.test(file) && !LEFT_OUT.test(file));
  expect(files.length).toBeGreaterThan(500);
  const found: string[] = [];
  for (const file of files) {
    const lines = (await readFile(join(ROOT, file), 'utf8')).split('\n');
    for (const [i, line] of lines.entries()) {
      for (const [word, better] of WORDS)
        if (word.test(line)) found.push(`${file}:${i + 1}: ${word.exec(line)?.[0]}; write: ${better}`);
    }
  }
  expect(found).toEqual([]);
});
