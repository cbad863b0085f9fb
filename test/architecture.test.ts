import { readdir, readFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { breaches, importsOf, type SourceFile } from './support/house-rules.ts';

// Proves the rules for structure: imports go down only and never in a circle, domain and generators are pure, config
// alone reads the environment, files are small and named for what they hold, and folders are no heaps.

const ROOT = resolve(import.meta.dirname, '..');

async function sourceFiles(): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const folder of ['src', 'config', 'bench']) {
    const names = await readdir(join(ROOT, folder), { recursive: true });
    for (const name of names.filter((path) => path.endsWith('.ts')).sort()) {
      const path = join(folder, name);
      files.push({ path: path.split(sep).join('/'), text: await readFile(join(ROOT, path), 'utf8') });
    }
  }
  return files;
}

test('the house keeps its rules', async () => {
  const files = await sourceFiles();
  expect(files.length).toBeGreaterThan(20);
  expect(breaches(files)).toEqual([]);
});

test('every import of the house is understood', async () => {
  const missed = (await sourceFiles()).filter(({ text }) => {
    const statements = text.match(/^import\b(?!\s*[.(])/gm) ?? [];
    return importsOf(text.replace(/^export\b/gm, '')).length < statements.length;
  });
  expect(missed.map(({ path }) => path)).toEqual([]);
});

describe('a breach is noticed:', () => {
  const inFile = (path: string, text: string) => breaches([{ path, text }]);

  test.each([
    ['src/domain/a.ts', "import { b } from '../adapters/b.ts';", 'domain may not know adapters (../adapters/b.ts)'],
    [
      'src/domain/a.ts',
      "import type { B } from '../../config/load.ts';",
      'domain may not know config (../../config/load.ts)',
    ],
    [
      'src/adapters/a.ts',
      "import {\n  b,\n  c,\n} from '../producers/b.ts';",
      'adapters may not know producers (../producers/b.ts)',
    ],
    ['src/adapters/a.ts', "export { b } from '../workers/b.ts';", 'adapters may not know workers (../workers/b.ts)'],
    ['src/producers/a.ts', "import '../workers/b.ts';", 'producers may not know workers (../workers/b.ts)'],
    [
      'src/workers/a.ts',
      "const b = await import('../dashboard/b.ts');",
      'workers may not know dashboard (../dashboard/b.ts)',
    ],
    ['src/workers/a.ts', "import { b } from '../sandbox/b.ts';", 'workers may not know sandbox (../sandbox/b.ts)'],
    ['src/dashboard/a.ts', "import { b } from '../cli/b.ts';", 'dashboard may not know cli (../cli/b.ts)'],
    ['src/sandbox/a.ts', "import { b } from '../cli/b.ts';", 'sandbox may not know cli (../cli/b.ts)'],
    ['src/cli/a.ts', "import { b } from '../../test/support/b.ts';", 'cli may not know test (../../test/support/b.ts)'],
    ['config/a.ts', "import { b } from '../src/adapters/b.ts';", 'config may not know adapters (../src/adapters/b.ts)'],
    [
      'src/queries/a.ts',
      "import { b } from '../producers/b.ts';",
      'queries may not know producers (../producers/b.ts)',
    ],
    [
      'src/generators/a.ts',
      "import { b } from '../adapters/b.ts';",
      'generators may not know adapters (../adapters/b.ts)',
    ],
    ['src/generators/a.ts', "import { readFile } from 'node:fs/promises';", 'generators are pure (node:fs/promises)'],
    ['src/generators/a.ts', 'const now = Date.now();', 'generators are pure (Date.now)'],
    ['src/lakehouse/a.ts', "import { b } from '../queries/b.ts';", 'lakehouse may not know queries (../queries/b.ts)'],
    ['src/workers/a.ts', "import { b } from '../qa/b.ts';", 'workers may not know qa (../qa/b.ts)'],
    [
      'src/databricks-tools/a.ts',
      "import { b } from '../producers/b.ts';",
      'databricks-tools may not know producers (../producers/b.ts)',
    ],
    ['src/attic/a.ts', '', 'there is no area "attic"'],
    ['src/domain/a.ts', "import { readFile } from 'node:fs/promises';", 'the domain is pure (node:fs/promises)'],
    ['src/domain/a.ts', "import { randomUUID } from 'node:crypto';", 'the domain is pure (node:crypto)'],
    ['src/domain/a.ts', "import { hash, randomInt } from 'node:crypto';", 'the domain is pure (node:crypto)'],
    ['src/domain/a.ts', "import { Queue } from 'bullmq';", 'the domain is pure (bullmq)'],
    ['src/domain/a.ts', "import { got } from 'got';", 'the domain is pure (got)'],
    ['src/domain/a.ts', "import { pino } from 'pino';", 'the domain is pure (pino)'],
    ['src/domain/a.ts', 'const now = Date.now();', 'the domain is pure (Date.now)'],
    ['src/domain/a.ts', 'const now = new Date();', 'the domain is pure (new Date())'],
    ['src/domain/a.ts', 'const chance = Math.random();', 'the domain is pure (Math.random)'],
    ['src/domain/a.ts', 'const name = process.title;', 'the domain is pure (process.)'],
    ['src/domain/a.ts', 'console.log(1);', 'the domain is pure (console.)'],
    ['src/cli/a.ts', 'const home = process.env.HOME;', 'only config reads the environment'],
    ['src/cli/a.ts', "const home = process['env'].HOME;", 'only config reads the environment'],
    ['src/cli/a.ts', 'const { env } = process;', 'only config reads the environment'],
    ['src/cli/a.ts', "import { env } from 'node:process';", 'only config reads the environment'],
    ['src/cli/a.ts', "export * from './b.ts';", 'export *'],
    ['src/cli/a.ts', "export * as b from './b.ts';", 'export *'],
    ['src/cli/a.ts', 'export default 1;', 'a default export'],
    ['src/cli/utils.ts', '', 'a file is named for what it holds, not "utils"'],
    ['src/adapters/helpers.ts', '', 'a file is named for what it holds, not "helpers"'],
    ['config/common.ts', '', 'a file is named for what it holds, not "common"'],
    ['src/domain/types.ts', '', 'a file is named for what it holds, not "types"'],
    ['src/cli/a.ts', '\n'.repeat(301), '301 lines are more than 300'],
  ])('%s with %j', (path, text, what) => {
    expect(inFile(path, text)).toEqual([`${path}: ${what}`]);
  });

  test('files that need each other in a circle', () => {
    const files = [
      { path: 'src/domain/a.ts', text: "import { b } from './b.ts';" },
      { path: 'src/domain/b.ts', text: "import { c } from './c.ts';" },
      { path: 'src/domain/c.ts', text: "import { a } from './a.ts';" },
    ];
    const circle = 'src/domain/a.ts → src/domain/b.ts → src/domain/c.ts → src/domain/a.ts';
    expect(breaches(files)).toEqual([`src/domain/a.ts: a circle of imports (${circle})`]);
    const typesOnly = files.map(({ path, text }) => ({ path, text: text.replace('import', 'import type') }));
    expect(breaches(typesOnly)).toEqual([`src/domain/a.ts: a circle of imports (${circle})`]);
  });

  test('a folder that holds more than one thing', () => {
    const files = Array.from({ length: 21 }, (_, i) => ({ path: `src/cli/commands/a${i}.ts`, text: '' }));
    expect(breaches(files)).toEqual(['src/cli/commands: 21 files are more than 20']);
    expect(breaches(files.slice(1))).toEqual([]);
  });
});

test.each([
  ['src/cli/a.ts', "import { b } from '../sandbox/b.ts';\nimport { c } from '../../config/load.ts';"],
  ['src/workers/a.ts', "import { b } from '../producers/b.ts';"],
  [
    'src/domain/a.ts',
    "import { hash } from 'node:crypto';\nimport { parse } from 'date-fns';\nconst at = new Date(7);",
  ],
  [
    'src/domain/a.ts',
    '/** Never Date.now() or process.env. */\n// import { x } from "node:fs";\n * import { x } from "got";',
  ],
  ['config/a.ts', 'export const { env } = process;'],
  ['src/cli/a.ts', '\n'.repeat(300)],
  ['src/cli/file-types.ts', 'export { b };\nexport type C = 1;'],
])('%s with %j is no breach', (path, text) => {
  expect(breaches([{ path, text }])).toEqual([]);
});
