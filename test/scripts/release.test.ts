import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What this file proves: `npm run release` makes a version out of a clean tree, in one commit and one tag, and refuses
// anything else with one line and without a trace.

const ROOT = join(import.meta.dirname, '../..');
const CHANGELOG = `# Changelog

All notable changes.

## [Unreleased]

### Fixed

- A first thing.

### Added

- A second thing,
  on two lines.

### Fixed

- A third thing.

## [0.1.0] - 2026-01-02

### Added

- Everything.
`;

const temporary = temporaryFolder('release');
let folders = 0;

/** A repository of its own with the release script, at version 0.1.0. */
function project(changelog = CHANGELOG) {
  const folder = join(temporary.path, String(++folders));
  mkdirSync(folder);
  cpSync(join(ROOT, 'scripts'), join(folder, 'scripts'), { recursive: true });
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
  put('package.json', `${JSON.stringify({ name: 'sample', version: '0.1.0', private: true }, null, 2)}\n`);
  put(
    'package-lock.json',
    JSON.stringify({ name: 'sample', version: '0.1.0', lockfileVersion: 3, packages: { '': { version: '0.1.0' } } }),
  );
  put('CHANGELOG.md', changelog);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@team.example', ...args], {
      cwd: folder,
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'A Person');
  git('config', 'user.email', 'a.person@team.example');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Begin');
  const release = (...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/release.mjs', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { status, stderr };
  };
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { git, put, read, release };
}

test('a release moves what is unreleased under the version, in one commit with a tag', () => {
  const { git, read, release } = project();
  expect(release('0.2.0', '--tested')).toMatchObject({ status: 0 });
  const today = new Date().toISOString().slice(0, 10);
  expect(read('CHANGELOG.md')).toBe(`# Changelog

All notable changes.

## [Unreleased]

## [0.2.0] - ${today}

### Added

- A second thing,
  on two lines.

### Fixed

- A first thing.
- A third thing.

## [0.1.0] - 2026-01-02

### Added

- Everything.
`);
  expect(JSON.parse(read('package.json')).version).toBe('0.2.0');
  expect(JSON.parse(read('package-lock.json')).version).toBe('0.2.0');
  expect(git('status', '--porcelain')).toBe('');
  expect(git('log', '--format=%s')).toBe('Release 0.2.0\nBegin');
  expect(git('rev-parse', 'v0.2.0^{commit}')).toBe(git('rev-parse', 'HEAD'));
});

describe('it refuses', () => {
  test.each([
    ['no version', [], /"" is no version such as 0\.2\.0/],
    ['something that is no version', ['next'], /"next" is no version/],
    ['the version that there is', ['0.1.0'], /0\.1\.0 does not come after 0\.1\.0/],
    ['an earlier version', ['0.0.9'], /does not come after/],
  ])('%s', (_what, args, message) => {
    const { git, release } = project();
    const { status, stderr } = release(...args, '--tested');
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(git('log', '--format=%s')).toBe('Begin');
  });

  test.each([
    ['a changelog with nothing to release', CHANGELOG.replace(/### Fixed[\s\S]*?(?=## \[0)/, ''), /nothing under/],
    ['a heading that is none of the three', CHANGELOG.replace('### Added', '### Aded'), /"Aded" is none of Added/],
    ['an entry without a heading', CHANGELOG.replace('### Fixed\n\n- A first', '- A first'), /put "- A first thing\."/],
  ])('%s', (_what, changelog, message) => {
    const { release } = project(changelog);
    expect(release('0.2.0', '--tested')).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
  });

  test('changes that are not committed, and a tag that is there', () => {
    const { git, put, release } = project();
    put('new.txt', 'x');
    expect(release('0.2.0', '--tested').stderr).toMatch(/not committed/);
    git('add', '.');
    git('commit', '--quiet', '--message', 'Add');
    git('tag', 'v0.2.0');
    expect(release('0.2.0', '--tested').stderr).toMatch(/v0\.2\.0 is there already/);
  });
});
