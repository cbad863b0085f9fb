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

/** What each room may know, besides itself: `cli → dashboard → workers, producers → adapters → domain`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  cli: ['dashboard', 'workers', 'producers', 'adapters', 'domain', 'config', 'sandbox'],
  dashboard: ['workers', 'producers', 'adapters', 'domain', 'config'],
  workers: ['producers', 'adapters', 'domain', 'config'],
  producers: ['adapters', 'domain', 'config'],
  adapters: ['domain'],
  domain: [],
  sandbox: ['adapters', 'domain'],
  config: ['domain'],
};

/** The packages that compute and do nothing else, and what of them the domain may use (undefined: all of it). */
const PURE_PACKAGES: Readonly<Record<string, RegExp | undefined>> = {
  'date-fns': undefined,
  '@date-fns/tz': undefined,
  'cron-parser': undefined,
  'node:crypto': /^\s*\{\s*(createHash|hash)\s*\}\s*$/,
};

const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bDate\(\)|\bMath\.random\b|\bprocess\b\s*[.[]|\bperformance\.|\bset(Timeout|Interval|Immediate)\b|\bconsole\.|\bfetch\(|\bimport\.meta\b|\bTemporal\.Now\b|\b(tz|TZDate)\.now\b|\bnew TZDate\(\)/;
const READS_ENVIRONMENT =
  /\bprocess\s*(\?\.|\.|\[\s*['"`])\s*env\b|\benv\b[^;'"]*\}\s*=\s*process\b|\benv\b[^;'"]*\bfrom\s*['"](node:)?process['"]/;
const CATCH_ALL = /^(utils?|helpers?|common|types?)$/;
const MAX_LINES = 300;

/** Every breach of the architecture in these files, as `PATH: what is wrong`. */
export function breaches(files: readonly SourceFile[]): string[] {
  const found = files.flatMap((file) =>
    [...importBreaches(file), ...domainBreaches(file), ...textBreaches(file)].map((what) => `${file.path}: ${what}`),
  );
  return [...found, ...circles(files)];
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

/** `src/domain/ids.ts` is in the room `domain`, `config/load.ts` in `config`; anything else of the project in its folder. */
function roomOf(path: string): string {
  const [top, room] = path.split('/');
  return top === 'src' ? room! : top!;
}

function targetOf(file: SourceFile, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : undefined;
}

function importBreaches(file: SourceFile): string[] {
  const room = roomOf(file.path);
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return [`there is no room "${room}"`];
  return importsOf(file.text).flatMap(({ specifier }) => {
    const target = targetOf(file, specifier);
    if (target === undefined || roomOf(target) === room || allowed.includes(roomOf(target))) return [];
    return [`${room} may not know ${roomOf(target)} (${specifier})`];
  });
}

function domainBreaches(file: SourceFile): string[] {
  if (roomOf(file.path) !== 'domain') return [];
  const packages = importsOf(file.text).filter(({ specifier }) => !specifier.startsWith('.'));
  const impure = packages.filter(({ specifier, names }) => {
    const allowed = Object.hasOwn(PURE_PACKAGES, specifier);
    return !allowed || PURE_PACKAGES[specifier]?.test(names) === false;
  });
  const word = IMPURE.exec(codeOf(file.text));
  return [
    ...impure.map(({ specifier }) => `the domain is pure (${specifier})`),
    ...(word ? [`the domain is pure (${word[0]})`] : []),
  ];
}

function textBreaches(file: SourceFile): string[] {
  const code = codeOf(file.text);
  const name = posix.basename(file.path, '.ts');
  const lines = file.text.replace(/\n$/, '').split('\n').length;
  return [
    READS_ENVIRONMENT.test(code) && roomOf(file.path) !== 'config' && 'only config reads the environment',
    /^export\s*\*/m.test(code) && 'export *',
    /^export\s+default\b/m.test(code) && 'a default export',
    CATCH_ALL.test(name) && `a file is named for what it holds, not "${name}"`,
    lines > MAX_LINES && `${lines} lines are more than ${MAX_LINES}`,
  ].filter((what) => what !== false);
}

/** Files that need each other to be loaded; types need nothing. */
function circles(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const needs = new Map(
    files.map((file) => [
      file.path,
      importsOf(file.text)
        .filter(({ typeOnly }) => !typeOnly)
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
