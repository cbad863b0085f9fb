// Proves what a platform engineer gets from `btc-fake workspace`: a description that people are added to and taken
// from, names that stay, rights with their reasons, and an error that names the line when something would be wrong.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startBtcFake } from '../../support/btc-fake.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'btc-fake-workspace-'));
  expect(await workspace('init')).toMatchObject({ code: 0, stdout: 'Wrote lakehouse.yaml\n' });
});
afterEach(() => rm(cwd, { recursive: true }));

const workspace = (...args: readonly string[]) => startBtcFake(['workspace', ...args], { cwd }).ended;
const text = () => readFile(join(cwd, 'lakehouse.yaml'), 'utf8');
const change = async (from: string, to: string) =>
  writeFile(join(cwd, 'lakehouse.yaml'), (await text()).replace(from, to));

test('people join, leave and come back, and keep their schemas', async () => {
  const added = await workspace('add-user', 'Ada@team.example', '--name', 'Ada Example');
  expect(added).toMatchObject({ code: 0, stdout: 'Added ada with the personal schema ada\n' });
  await workspace('add-user', 'ada@other.example', '--name', 'Another', '--role', 'admin', '--role', 'member');
  const names = (await workspace('plan-names', '--json')).json();
  expect(names).toEqual([
    { email: 'Ada@team.example', schema: 'ada' },
    { email: 'ada@other.example', schema: 'ada_2' },
  ]);
  expect((await workspace('remove-user', 'ada@TEAM.example')).stdout).toBe(
    'Moved ada to departed; the schema ada stays\n',
  );
  await workspace('add-user', 'ada@third.example', '--name', 'Third');
  const back = await workspace('add-user', 'ada@team.example', '--name', 'Ada Again', '--json');
  expect(back.json()).toMatchObject({ key: 'ada', schema: 'ada', returned: true });
  expect((await workspace('plan-names')).stdout).toBe(
    'ada@other.example  ada_2\nada@team.example  ada\nada@third.example  ada_3\n',
  );
});

test('nothing is written when the result would be wrong, and the line is named', async () => {
  const before = await text();
  const { code, stderr } = await workspace('add-user', 'ada@team.example', '--name', 'Ada', '--role', 'membre');
  expect(code).toBe(1);
  expect(stderr).toMatch(/lakehouse\.yaml:\d+: "membre" is not a role; did you mean member\?/);
  expect(await text()).toBe(before);
  const nobody = await workspace('remove-user', 'ada@team.example');
  expect([nobody.code, nobody.stderr]).toEqual([64, expect.stringContaining('Nobody in the description is "ada@team')]);
});

test('init adds to a description that is there, once', async () => {
  const again = await workspace('init');
  expect([again.code, again.stderr]).toEqual([64, expect.stringContaining('has a workspace already')]);
  await writeFile(join(cwd, 'other.yaml'), 'version: 1\nsimulation: { recommender: { mode: table, table: a.b.c } }\n');
  expect(await workspace('init', '--file', 'other.yaml', '--json')).toMatchObject({ code: 0 });
  expect(await readFile(join(cwd, 'other.yaml'), 'utf8')).toMatch(
    /^version: 1\nsimulation: .*\n\n# The workspace as code/,
  );
});

test('init with a name that is wrong writes no file', async () => {
  const { code, stderr } = await workspace('init', '--file', 'new.yaml', '--people-catalog', 'a b');
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/new\.yaml:\d+: workspace\.people_catalog\.name: "a b" is not/),
  ]);
  await expect(readFile(join(cwd, 'new.yaml'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('access says what a person may do, and why', async () => {
  await workspace('add-user', 'ada@team.example', '--name', 'Ada');
  await workspace('add-user', 'bo@team.example', '--name', 'Bo', '--role', 'admin');
  expect((await workspace('access', 'ada', 'people.bo', '--json')).json()).toEqual(
    ['SELECT', 'USE_SCHEMA'].map((privilege) => ({
      object: 'people.bo',
      privilege,
      why: 'group platform_members, granted on every catalog',
    })),
  );
  expect((await workspace('access', 'ada@team.example', 'people.ada')).stdout).toContain(
    'people.ada  MODIFY  (owner of the schema)',
  );
  const unknown = await workspace('access', 'ada', 'people.cy');
  expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringContaining('"people.cy" is no catalog or schema')]);
});

test('validate looks at the notebooks that are named, and reports each on its line', async () => {
  await change(
    'notebooks: {}',
    'notebooks:\n    /Shared/one: one.py\n    /Shared/two: two.py\n    /Shared/three: three.ipynb',
  );
  await writeFile(join(cwd, 'two.py'), '\uFEFF# Databricks notebook source\n');
  await writeFile(join(cwd, 'three.ipynb'), '{"cells": [], "metadata": {}}');
  const line = (await text()).split('\n').findIndex((one) => one.includes('/Shared/one')) + 1;
  const { code, stderr } = await workspace('validate');
  expect(code).toBe(1);
  expect(stderr).toContain(`lakehouse.yaml:${line}: /Shared/one: one.py is not there`);
  expect(stderr).toContain(`lakehouse.yaml:${line + 1}: /Shared/two: two.py is no notebook: its first line is not`);
  expect(stderr).not.toContain('three');
  for (const name of ['one.py', 'two.py']) await writeFile(join(cwd, name), '# Databricks notebook source\nprint(1)\n');
  expect((await workspace('validate')).stdout).toBe('lakehouse.yaml is right: 0 people, 1 catalog, 3 notebooks\n');
});

test('plan-names writes the file that notebooks read, the same bytes each time', async () => {
  await workspace('add-user', 'Bo@team.example', '--name', 'Bo');
  await workspace('add-user', 'ada@team.example', '--name', 'Ada');
  const { code, stdout, stderr } = await workspace('plan-names', '--write', 'notebooks/names.json');
  expect([code, stdout, stderr]).toEqual([
    0,
    'Bo@team.example  bo\nada@team.example  ada\n',
    'Wrote notebooks/names.json\n',
  ]);
  const written = await readFile(join(cwd, 'notebooks/names.json'), 'utf8');
  expect(JSON.parse(written)).toEqual({
    version: 1,
    catalog: 'people',
    schemas: ['shared_bronze', 'shared_silver', 'shared_gold'],
    shared_catalogs: {},
    people: { 'ada@team.example': 'ada', 'bo@team.example': 'bo' },
  });
  await workspace('plan-names', '--write', 'notebooks/names.json', '--json');
  expect(await readFile(join(cwd, 'notebooks/names.json'), 'utf8')).toBe(written);
});

test('people in a file of their own join and leave there, and the description stays as it is', async () => {
  await change('  people: {}', '  people_file: team/people.yaml');
  const before = await text();
  const lacking = await workspace('add-user', 'ada@team.example', '--name', 'Ada');
  expect([lacking.code, lacking.stderr]).toEqual([
    1,
    expect.stringContaining('team/people.yaml: there is no such file; people_file in lakehouse.yaml names it'),
  ]);
  await mkdir(join(cwd, 'team'));
  await writeFile(join(cwd, 'team/people.yaml'), '# The team.\n');
  await workspace('add-user', 'ada@team.example', '--name', 'Ada');
  await workspace('add-user', 'bo@team.example', '--name', 'Bo');
  await workspace('remove-user', 'ada');
  expect((await workspace('plan-names', '--json')).json()).toEqual([{ email: 'bo@team.example', schema: 'bo' }]);
  expect(await text()).toBe(before);
  expect(await readFile(join(cwd, 'team/people.yaml'), 'utf8')).toMatch(
    /^# The team\.\npeople:\n {2}bo:\n(.*\n)*departed:\n/,
  );
  await writeFile(join(cwd, 'team/people.yaml'), 'people:\n  ada: 1\n');
  expect((await workspace('validate')).stderr).toContain('team/people.yaml:2: ');
});
