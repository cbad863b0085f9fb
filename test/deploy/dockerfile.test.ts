import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { validate } from 'dockerfile-utils';
import { SCHEMA, SETTING_NAMES, type SettingName } from '../../config/schema.ts';
import { ROOT } from '../support/compose-file.ts';
import {
  imageEnvironment,
  only,
  readDockerfile,
  type Stage,
  sourceStage,
  stagesOf,
  textOf,
  wordsOf,
} from '../support/dockerfile.ts';

// What this file proves: the Dockerfile is one, its image runs as nobody special with production packages alone, holds
// what the code reads and nobody's secrets or employees, and can be asked whether it lives.

const problemsOf = (text: string) => validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`);

let text: string;
let stages: Stage[];
let last: Stage;
beforeAll(async () => {
  text = await readDockerfile();
  stages = stagesOf(text);
  last = stages.at(-1)!;
});

describe('the linter', () => {
  test('finds nothing', () => {
    expect(problemsOf(text)).toEqual([]);
  });

  test.each([
    ['an instruction that is none', 'USER 10001:10001', 'USR 10001:10001'],
    ['a flag that is none', '--interval=30s', '--every=30s'],
    ['a stage without a name', ' AS build', ' AS'],
    ['a port that is none', 'EXPOSE 3000 9464', 'EXPOSE dashboard'],
  ])('notices %s', (_what, right, wrong) => {
    expect(text).toContain(right);
    expect(problemsOf(text.replace(right, wrong))).not.toEqual([]);
  });
});

test('the last stage runs as a numbered user who is not root, and changes nothing after that', () => {
  const keywords = last.instructions.map((instruction) => instruction.getKeyword());
  expect(wordsOf(only(last, 'USER').at(-1)!)).toEqual(['10001:10001']);
  const afterwards = keywords.slice(keywords.lastIndexOf('USER') + 1);
  expect(afterwards.filter((keyword) => ['RUN', 'COPY', 'ADD'].includes(keyword))).toEqual([]);
});

test('tini starts the command, whose name alone is to be given', () => {
  expect(JSON.parse(textOf(only(last, 'ENTRYPOINT')[0]))).toEqual(['tini', '--', 'btc-fake']);
  expect(textOf(only(last, 'RUN')[0])).toMatch(
    /apt-get install -y --no-install-recommends tini .*rm -rf \/var\/lib\/apt/,
  );
});

test('its packages are the lock file’s, for production, without install scripts', () => {
  const from = only(last, 'COPY').flatMap((copy) =>
    wordsOf(copy)[0]!.endsWith('node_modules') ? [sourceStage(copy)] : [],
  );
  expect(from).toHaveLength(1);
  const stage = stages.find(({ name }) => name === from[0])!;
  const installs = stages.flatMap((each) => only(each, 'RUN').map(textOf)).filter((run) => run.includes('npm '));
  for (const run of installs) expect(run).toMatch(/^npm ci .*--ignore-scripts/);
  expect(textOf(only(stage, 'RUN')[0])).toMatch(/ --omit=dev /);
  expect(wordsOf(only(stage, 'COPY')[0]!)).toEqual(['package.json', 'package-lock.json', './']);
  expect(only(last, 'RUN').map(textOf).join()).not.toContain('npm');
});

test('no secret is set or asked for while it is built', async () => {
  const names = stages.flatMap((stage) =>
    [...only(stage, 'ENV'), ...only(stage, 'ARG')].flatMap((each) => wordsOf(each).map((pair) => pair.split('=')[0]!)),
  );
  expect(names).toContain('METRICS_PORT');
  expect(
    names.filter((name) => SETTING_NAMES.includes(name as SettingName) && SCHEMA[name as SettingName].sensitive),
  ).toEqual([]);
  expect(names.filter((name) => /PASS|TOKEN|SECRET|KEY|AUTH/i.test(name))).toEqual([]);
});

test('the health check asks what the image serves, with a file that is in it', async () => {
  expect(textOf(only(last, 'HEALTHCHECK')[0])).toContain('CMD ["node", "/opt/btc-fake/healthcheck.mjs"]');
  const copied = only(last, 'COPY').flatMap(wordsOf);
  expect(copied).toContain('deploy/container/healthcheck.mjs');
  const { METRICS_PORT } = await imageEnvironment();
  expect(wordsOf(only(last, 'EXPOSE')[0]!)).toEqual([String(SCHEMA.DASHBOARD_PORT.default), METRICS_PORT]);
});

test('what the code reads of the package is in the image', async () => {
  const files = (await readdir(join(ROOT, 'src'), { recursive: true })).filter((name) => name.endsWith('.ts'));
  const sources = await Promise.all(files.map((name) => readFile(join(ROOT, 'src', name), 'utf8')));
  const read = sources.flatMap((source) =>
    Array.from(source.matchAll(/packageRoot\(\)\)?, ((?:'[^']+'(?:, )?)+)\)/g), ([, parts]) =>
      Array.from(parts!.matchAll(/'([^']+)'/g), ([, part]) => part).join('/'),
    ),
  );
  expect(read).toEqual(expect.arrayContaining(['package.json', 'src/dashboard/assets']));
  const copied = only(last, 'COPY').flatMap((copy) => wordsOf(copy).slice(0, -1));
  // `demo` alone reads the sample employees, and it needs a redis-server, which the image has not either.
  const needed = read.filter((path) => path !== 'input');
  const isCopied = (path: string) => copied.some((from) => path === from || path.startsWith(`${from}/`));
  expect(needed.filter((path) => !isCopied(path))).toEqual([]);
});

test('the image says which version it was built of, which stands in one place, and runs on a Node.js that is supported for long', async () => {
  const { engines } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  expect(textOf(only(last, 'LABEL')[0])).toContain(`org.opencontainers.image.version="\${VERSION}"`);
  expect(only(last, 'ARG').map(textOf)).toEqual(['VERSION=unreleased']);
  const major = Number(/ARG NODE_IMAGE=node:(\d+)-\w+-slim$/m.exec(text)?.[1]);
  expect(major % 2).toBe(0);
  expect(major).toBeGreaterThanOrEqual(Number(/\d+/.exec(engines.node)![0]));
});

test('nothing gets near the image but what it is made of: no .env, no employees', async () => {
  const [first, ...rest] = (await readFile(join(ROOT, '.dockerignore'), 'utf8'))
    .split('\n')
    .filter((line) => /^[^#]/.test(line));
  expect(first).toBe('*');
  const exceptions = rest.map((line) => line.replace(/^!/, ''));
  expect(rest.filter((line) => !line.startsWith('!'))).toEqual([]);
  for (const path of exceptions) expect(existsSync(join(ROOT, path))).toBe(true);
  expect(exceptions.filter((path) => /env|employees|node_modules|^\.|^input$|^\*/.test(path))).toEqual([]);
  const local = stages.flatMap((stage) => only(stage, 'COPY')).filter((copy) => sourceStage(copy) === undefined);
  const used = local.flatMap((copy) => wordsOf(copy).slice(0, -1));
  for (const path of used) expect(exceptions.some((allowed) => `${path}/`.startsWith(`${allowed}/`))).toBe(true);
});
