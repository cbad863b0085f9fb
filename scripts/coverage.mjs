/**
 * Line coverage of a test run, over the test processes and every Node.js process that they start. Sources (@swc/jest)
 * and build (tsc) are both mapped to lines of .ts files: a line is covered when its statement ran anywhere.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mergeScriptCovs } from '@bcoe/v8-coverage';
import { parse } from 'acorn';
import convert from 'ast-v8-to-istanbul';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILD = new URL('../dist/', import.meta.url).href;
const GATES = [
  { name: 'src/domain', percent: 100, holds: (file) => file.startsWith('src/domain/') },
  { name: 'the rest', percent: 85, holds: (file) => !file.startsWith('src/domain/') },
];

/** Prints the coverage that was recorded in `folder`; returns what is wrong with it, a line each. */
export async function reportCoverage(folder) {
  const files = await readCoverage(folder);
  printTable(files);
  const failures = [];
  for (const { name, percent, holds } of GATES) {
    const total = sum([...files].filter(([file]) => holds(file)).map(([, lines]) => lines));
    console.error(`Lines of ${name}: ${describe(total)} (at least ${percent} %)`);
    if (total.covered * 100 < total.lines * percent) failures.push(`Coverage of ${name} is below ${percent} %.`);
  }
  return failures;
}

/** For each source file that holds code: line number → how often it ran. */
async function readCoverage(folder) {
  const scripts = collectScripts(folder);
  const files = new Map();
  for (const { file, code, sourceMap, runs } of scripts.values()) {
    const merged = mergeScriptCovs(runs.map((functions) => ({ scriptId: '0', url: file, functions })));
    const lines = await countLines(code, sourceMap, merged?.functions ?? neverRan(code));
    const known = files.get(file) ?? new Map();
    for (const [line, count] of lines) known.set(line, Math.max(count, known.get(line) ?? 0));
    if (known.size > 0) files.set(file, known);
  }
  return new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Every compiled form of every source file, with what V8 counted in each process. */
function collectScripts(folder) {
  const scripts = new Map();
  for (const path of readdirSync(join(ROOT, 'dist'), { recursive: true })) {
    const file = path.replace(/\.js$/, '.ts');
    if (!/^(src|config)\/.*\.js$/.test(path) || !existsSync(join(ROOT, file))) continue;
    const code = readFileSync(join(ROOT, 'dist', path), 'utf8');
    const sourceMap = JSON.parse(readFileSync(join(ROOT, 'dist', `${path}.map`), 'utf8'));
    scripts.set(path, { file, code, sourceMap, runs: [] });
  }
  for (const name of readdirSync(folder)) {
    const record = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    if (name.startsWith('in-process-')) {
      for (const { file, code, functions } of record) {
        const key = `${file}\n${code}`;
        if (!scripts.has(key)) scripts.set(key, { file, code, sourceMap: inlineSourceMap(code), runs: [] });
        scripts.get(key).runs.push(functions);
      }
    } else {
      for (const { url, functions } of record.result) {
        if (url.startsWith(BUILD)) scripts.get(url.slice(BUILD.length))?.runs.push(functions);
      }
    }
  }
  return scripts;
}

async function countLines(code, sourceMap, functions) {
  const ast = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  const coverage = { url: 'file:///source.js', functions };
  const lines = new Map();
  for (const { statementMap, s } of Object.values(await convert({ ast, code, sourceMap, coverage }))) {
    for (const [id, { start }] of Object.entries(statementMap)) {
      lines.set(start.line, Math.max(s[id], lines.get(start.line) ?? 0));
    }
  }
  return lines;
}

function inlineSourceMap(code) {
  const [, base64] = /\/\/# sourceMappingURL=data:[^,]*;base64,(\S+)\s*$/.exec(code);
  return JSON.parse(Buffer.from(base64, 'base64').toString());
}

function neverRan(code) {
  return [{ functionName: '', isBlockCoverage: true, ranges: [{ startOffset: 0, endOffset: code.length, count: 0 }] }];
}

function sum(files) {
  const counts = files.flatMap((lines) => [...lines.values()]);
  return { lines: counts.length, covered: counts.filter((count) => count > 0).length };
}

function describe({ lines, covered }) {
  // Rounded down, so that 100 % is every line.
  const percent = lines === 0 ? 100 : Math.floor((covered * 1000) / lines) / 10;
  return `${percent.toFixed(1)} % (${covered} of ${lines})`;
}

function printTable(files) {
  const width = Math.max(...[...files.keys()].map((file) => file.length));
  for (const [file, lines] of files) {
    const missing = [...lines].filter(([, count]) => count === 0).map(([line]) => line);
    if (missing.length > 0)
      console.error(`${file.padEnd(width)}  ${describe(sum([lines]))}  not run: ${ranges(missing)}`);
  }
  console.error(
    `${[...files.values()].filter((lines) => sum([lines]).covered === lines.size).length} files ran to the last line.`,
  );
}

/**
 * `3-5, 9` from 3, 4, 5, 9: what lies between two uncovered lines without a statement of its own is not covered either.
 */
function ranges(numbers) {
  const parts = [];
  for (const line of numbers.sort((one, other) => one - other)) {
    const last = parts.at(-1);
    if (last !== undefined && line === last.to + 1) last.to = line;
    else parts.push({ from: line, to: line });
  }
  const texts = parts.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  return texts.length > 12 ? `${texts.slice(0, 12).join(', ')} …` : texts.join(', ');
}
