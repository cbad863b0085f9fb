import { posix } from 'node:path';

/** A source file: its path from the root of the project, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Something that a file imports or re-exports, `import('…')` included. */
export interface Import {
  readonly specifier: string;
  /** The text between `import` or `export` and `from`; empty for `import '…'` and `import('…')`. */
  readonly names: string;
  readonly typeOnly: boolean;
}

/** What each area may know, besides itself: `cli → dashboard → workers, producers → queries → adapters → domain`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  cli: [
    'dashboard',
    'workers',
    'producers',
    'queries',
    'adapters',
    'domain',
    'config',
    'sandbox',
    'lakehouse',
    'databricks-tools',
    'qa',
  ],
  dashboard: ['workers', 'producers', 'queries', 'adapters', 'domain', 'config'],
  workers: ['producers', 'queries', 'adapters', 'domain', 'config', 'lakehouse'],
  producers: ['queries', 'adapters', 'domain', 'config'],
  queries: ['adapters', 'domain', 'config'],
  adapters: ['domain'],
  domain: [],
  generators: ['domain', 'config'],
  lakehouse: ['adapters', 'domain'],
  'databricks-tools': ['generators', 'queries', 'adapters', 'domain', 'config'],
  qa: ['sandbox', 'queries', 'adapters', 'domain', 'config'],
  sandbox: ['adapters', 'domain'],
  config: ['domain'],
  bench: [
    'cli',
    'dashboard',
    'workers',
    'producers',
    'queries',
    'adapters',
    'domain',
    'config',
    'sandbox',
    'generators',
    'lakehouse',
    'databricks-tools',
    'qa',
    'test',
  ],
};

/** The areas whose code is a function of what it is given: no I/O, clock, queue, logger or randomness. */
const PURE_AREAS: readonly string[] = ['domain', 'generators'];

/** The packages that compute and do nothing else, and what of them the pure areas may use (undefined: all of it). */
const PURE_PACKAGES: Readonly<Record<string, RegExp | undefined>> = {
  'date-fns': undefined,
  '@date-fns/tz': undefined,
  'cron-parser': undefined,
  'fastest-levenshtein': undefined,
  ajv: undefined,
  yaml: undefined,
  'node:crypto': /^\s*\{\s*(createHash|hash)\s*\}\s*$/,
};

const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bDate\(\)|\bMath\.random\b|\bprocess\b\s*[.[]|\bperformance\.|\bset(Timeout|Interval|Immediate)\b|\bconsole\.|\bfetch\(|\bimport\.meta\b|\bTemporal\.Now\b|\b(tz|TZDate)\.now\b|\bnew TZDate\(\)/;
const READS_ENVIRONMENT =
  /\bprocess\s*(\?\.|\.|\[\s*['"`])\s*env\b|\benv\b[^;'"]*\}\s*=\s*process\b|\benv\b[^;'"]*\bfrom\s*['"](node:)?process['"]/;
/** Benchmarks hand theirs on to the processes that they start. */
const READERS_OF_ENVIRONMENT: readonly string[] = ['config', 'bench'];
const CATCH_ALL = /^(utils?|helpers?|common|types?)$/;
const MAX_LINES = 300;
/** A folder with more files than that holds more than one thing. */
const MAX_FILES = 20;

/** Every breach of the architecture in these files, as `PATH: what is wrong`. */
export function breaches(files: readonly SourceFile[]): string[] {
  const found = files.flatMap((file) =>
    [...importBreaches(file), ...purityBreaches(file), ...textBreaches(file)].map((what) => `${file.path}: ${what}`),
  );
  return [...found, ...fullFolders(files), ...circles(files)];
}

/** What a file imports. Comments are left out, as far as lines that begin as comments go. */
export function importsOf(text: string): Import[] {
  const code = codeOf(text);
  const statements = code.matchAll(/^(?:import|export)\b(?:([^'"`;]*?)\bfrom)?\s*['"]([^'"]+)['"]/gm);
  const calls = code.matchAll(/\bimport\s*\(\s*['"`]([^'"`]+)['"`]/g);
  return [
    ...Array.from(statements, ([, names = '', specifier]) => ({
      specifier: specifier!,
      names: names.replace(/^\s*type\b/, ''),
      typeOnly: /^\s*type\b/.test(names),
    })),
    ...Array.from(calls, ([, specifier]) => ({ specifier: specifier!, names: '', typeOnly: false })),
  ];
}

/** The lines of a text that do not begin as comments. */
function codeOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\/\*|\*)/.test(line))
    .join('\n');
}

/**
 * `src/domain/ids.ts` is in the area `domain`, `config/load.ts` in `config`; anything else of the project in its
 * folder.
 */
function areaOf(path: string): string {
  const [top, area] = path.split('/');
  return top === 'src' ? area! : top!;
}

function targetOf(file: SourceFile, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : undefined;
}

function importBreaches(file: SourceFile): string[] {
  const area = areaOf(file.path);
  const allowed = MAY_IMPORT[area];
  if (allowed === undefined) return [`there is no area "${area}"`];
  return importsOf(file.text).flatMap(({ specifier }) => {
    const target = targetOf(file, specifier);
    if (target === undefined || areaOf(target) === area || allowed.includes(areaOf(target))) return [];
    return [`${area} may not know ${areaOf(target)} (${specifier})`];
  });
}

function purityBreaches(file: SourceFile): string[] {
  const area = areaOf(file.path);
  if (!PURE_AREAS.includes(area)) return [];
  const areaName = area === 'domain' ? 'the domain' : area;
  const is = area === 'domain' ? 'is' : 'are';
  const packages = importsOf(file.text).filter(({ specifier }) => !specifier.startsWith('.'));
  const impure = packages.filter(({ specifier, names }) => {
    const allowed = Object.hasOwn(PURE_PACKAGES, specifier);
    return !allowed || PURE_PACKAGES[specifier]?.test(names) === false;
  });
  const word = IMPURE.exec(codeOf(file.text));
  return [
    ...impure.map(({ specifier }) => `${areaName} ${is} pure (${specifier})`),
    ...(word ? [`${areaName} ${is} pure (${word[0]})`] : []),
  ];
}

function textBreaches(file: SourceFile): string[] {
  const code = codeOf(file.text);
  const name = posix.basename(file.path, '.ts');
  const lines = file.text.replace(/\n$/, '').split('\n').length;
  return [
    READS_ENVIRONMENT.test(code) &&
      !READERS_OF_ENVIRONMENT.includes(areaOf(file.path)) &&
      'only config reads the environment',
    /^export\s*\*/m.test(code) && 'export *',
    /^export\s+default\b/m.test(code) && 'a default export',
    CATCH_ALL.test(name) && `a file is named for what it holds, not "${name}"`,
    lines > MAX_LINES && `${lines} lines are more than ${MAX_LINES}`,
  ].filter((what) => what !== false);
}

function fullFolders(files: readonly SourceFile[]): string[] {
  const counts = new Map<string, number>();
  for (const { path } of files) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > MAX_FILES)
    .map(([folder, count]) => `${folder}: ${count} files are more than ${MAX_FILES}`);
}

/** Files that need each other, be it for a type alone: neither can be understood or moved without the other. */
function circles(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const needs = new Map(
    files.map((file) => [
      file.path,
      importsOf(file.text)
        .flatMap(({ specifier }) => targetOf(file, specifier) ?? [])
        .filter((target) => paths.has(target)),
    ]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push(`${path}: a circle of imports (${[...trail.slice(start), path].join(' → ')})`);
    if (start >= 0 || done.has(path)) return;
    for (const next of needs.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) walk(path, []);
  return found;
}
