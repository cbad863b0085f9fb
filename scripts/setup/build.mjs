import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, say } from './terminal.mjs';

const STAMP = join(ROOT, 'dist', '.built-from.json');
const PROGRAMS = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).bin;
const SOURCE_FOLDERS = JSON.parse(readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8')).include;

/** Compiles the sources into `dist/` when they have changed since the last build. */
export function buildSources() {
  const sources = JSON.stringify(describeSources(), undefined, 1);
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources) return;
  say('Building …');
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  run(process.execPath, [compiler, '-p', 'tsconfig.build.json'], 'The sources do not compile (see above).');
  removeOrphans();
  // npm makes a program executable when it links it, not again after the next build.
  for (const program of Object.values(PROGRAMS)) chmodSync(join(ROOT, program), 0o755);
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  writeFileSync(STAMP, sources);
}

function describeSources() {
  const files = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  for (const folder of SOURCE_FOLDERS) {
    for (const path of readdirSync(join(ROOT, folder), { recursive: true })) {
      if (/\.(ts|json)$/.test(path)) files.push(join(folder, path));
    }
  }
  return files.sort().map((file) => {
    const { mtimeMs, size } = statSync(join(ROOT, file));
    return `${file} ${size} ${mtimeMs}`;
  });
}

/** What was compiled from a source that is no longer there must not keep working. */
function removeOrphans() {
  for (const folder of SOURCE_FOLDERS) {
    const built = join(ROOT, 'dist', folder);
    for (const path of existsSync(built) ? readdirSync(built, { recursive: true }) : []) {
      const source = join(ROOT, folder, path.replace(/\.js(\.map)?$/, '.ts'));
      if (/\.js(\.map)?$/.test(path) && !existsSync(source)) rmSync(join(built, path));
    }
  }
}
