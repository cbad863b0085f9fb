// Proves that words which mark translated text stay out of docs, messages, comments, names and test names, also where a
// line breaks inside of them: CONTRIBUTING.md says what to write.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');
const TEXTS = /\.(md|ts|mjs|js|css|html|py|yml|yaml|sh|example|conf|service)$/;
/** Lists of packages, cases written by the rules, and this file. */
const LEFT_OUT =
  /^(package-lock\.json|databricks\/tests\/vectors\/|(databricks|uploader)\/requirements|test\/english\.test\.ts)/;
/** The name of a key in Redis, which earlier versions share. */
const STORED = /\$\{REDIS_PREFIX\}:trial/g;
const LEADER = /^\s*(\*(?!\/)|\/\/|#+|>|--)?\s*/;

const WORDS: readonly (readonly [word: RegExp, better: string])[] = [
  [/\bwho(m)?ever\b/gi, 'who, the process that, the person who'],
  [/\banew\b/gi, 'again'],
  [/\bmend(s|ed|ing)?\b/gi, 'fix'],
  [/\b(go|goes|going|went) on\b/gi, 'continue'],
  [/\bsince some time\b/gi, 'for a while'],
  [/\bwhat there is to\b/gi, 'what'],
  [/\bof its own accord\b/gi, 'by itself'],
  [/\bso that it\b/gi, 'so it, to, until it'],
  [/\bones? that\b/gi, 'its noun again'],
  [/\broom(s|y)?\b/gi, 'folder, memory, space, capacity, width'],
  [
    /\b([Rr]ests|[Rr]ested|[Rr]esting|[Rr]est [Mm]s|REST MS|([Aa]|at|first|longer|must|next|shorter|to|workers?) rest)\b/g,
    'pause',
  ],
  [/\btrials?\b/gi, 'probe, check, attempt'],
];

interface Finding {
  readonly line: number;
  readonly found: string;
  readonly better: string;
}

/**
 * Finds the words in a text whose wrapped lines are joined, with the words inside of identifiers apart (`goOn`,
 * `TRIAL_MS`).
 */
function findingsIn(text: string): Finding[] {
  const startsAt: number[] = [];
  let joined = '';
  for (const line of text.replaceAll(STORED, '').split('\n')) {
    startsAt.push(joined.length);
    const words = line
      .replace(LEADER, '')
      .replace(/_/g, ' ')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .trimEnd();
    joined += words === '' ? '\n' : `${words} `;
  }
  return WORDS.flatMap(([word, better]) =>
    Array.from(joined.matchAll(word), ({ 0: found, index }) => {
      return { line: startsAt.filter((start) => start <= index).length, found, better };
    }),
  );
}

test('no text of the project has a word that marks a translation', async () => {
  const { stdout } = await promisify(execFile)('git', ['ls-files'], { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 });
  const files = stdout.split('\n').filter((file) => TEXTS.test(file) && !LEFT_OUT.test(file));
  expect(files.length).toBeGreaterThan(500);
  const found: string[] = [];
  for (const file of files) {
    for (const { line, found: word, better } of findingsIn(await readFile(join(ROOT, file), 'utf8')))
      found.push(`${file}:${line}: ${word}; write: ${better}`);
  }
  expect(found).toEqual([]);
});

test.each([
  ['in a wrapped comment', '/**\n * The workers go\n * on alone.\n */', 2],
  ['in a wrapped paragraph', 'One\n\nA file is written so that\nit lasts.\n', 3],
  ['in a name', 'const a = 1;\nthis.#goOn();\n', 2],
  ['in a constant', 'const TRIAL_MS = 1;\n', 1],
  ['in a test name', "test('a worker that rests', () => {});\n", 1],
])('such a word is found %s', (_, text, line) => {
  expect(findingsIn(text)).toMatchObject([{ line }]);
});

test.each([
  ['the end of a paragraph and the next one', 'Which way they go\n\nOn Monday.\n'],
  ['items of a list', '- where they go\n- on Monday\n'],
  ['what remains', 'the rest of the file, { ...rest }, restart, restore\n'],
  ['the style of an interface', 'a REST call\n'],
])('%s are left alone', (_, text) => {
  expect(findingsIn(text)).toEqual([]);
});
