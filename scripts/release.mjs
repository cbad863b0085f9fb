/**
 * Makes a release: `npm run release -- VERSION [--tested]`. Nothing is pushed.
 * - It refuses uncommitted changes, and runs `npm test` (not with `--tested`, for a commit that CI has passed).
 * - It moves what is unreleased in CHANGELOG.md under the version, writes the version to package.json and its lock
 *   file, commits, and tags `vVERSION`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { assertLater, ReleaseError, releaseChangelog } from './release/changelog.mjs';
import { fail, npm, ROOT, say } from './setup/terminal.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { tested: { type: 'boolean' } } });
const [version] = positionals;
const path = (name) => `${ROOT}/${name}`;

try {
  assertLater(version, JSON.parse(readFileSync(path('package.json'), 'utf8')).version);
  if (git('status', '--porcelain') !== '') throw new ReleaseError('There are changes that are not committed');
  if (git('tag', '--list', `v${version}`) !== '') throw new ReleaseError(`The tag v${version} is there already`);
  const today = new Date().toISOString().slice(0, 10);
  const changelog = releaseChangelog(readFileSync(path('CHANGELOG.md'), 'utf8'), version, today);
  if (!values.tested) runNpm('test');
  writeFileSync(path('CHANGELOG.md'), changelog);
  runNpm('version', version, '--no-git-tag-version', '--ignore-scripts');
  git('commit', '--quiet', '--all', '--message', `Release ${version}`);
  git('tag', '--annotate', `v${version}`, '--message', `BTC Fake ${version}`);
  say(`Released ${version}: look at it with "git show v${version}", then push the commit and the tag.`);
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error;
  fail(`${error.message}.`);
}

function git(...args) {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new ReleaseError(`git ${args[0]} failed: ${stderr.trim()}`);
  return stdout.trim();
}

function runNpm(...args) {
  const { command, args: all } = npm(...args);
  const { status } = spawnSync(command, all, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new ReleaseError(`npm ${args[0]} failed`);
}
