// Proves that `btc-fake doctor` tries what the commands for Databricks need: the login to the workspace, and Python,
// Java and Maven, which are no fault where they are missing, but a JAVA_HOME that leads nowhere is one.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBtcFake } from '../../support/btc-fake.ts';
import { type DatabricksWorkspace, startDatabricksWorkspace } from '../../support/databricks-workspace.ts';

let workspace: DatabricksWorkspace;
let cwd: string;
let programs: string;

beforeAll(async () => {
  workspace = await startDatabricksWorkspace();
  cwd = await mkdtemp(join(tmpdir(), 'btc-fake-doctor-'));
  programs = join(cwd, 'programs');
  await mkdir(programs);
  await writeFile(join(cwd, 'ca.pem'), workspace.caPem);
});
afterAll(async () => {
  await workspace.close();
  await rm(cwd, { recursive: true });
});

/** A program that says something, where doctor finds it. */
async function install(name: string, says: string, before = ''): Promise<void> {
  const path = join(programs, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${before}\necho '${says}'\n`);
  await chmod(path, 0o755);
}

/** What doctor says of some things, with these programs alone, and Redis' and the shell's own. */
async function findings(what: readonly string[], env: Record<string, string> = {}) {
  const all = (await startBtcFake(['doctor', '--json'], { cwd, env }).ended).json<
    { what: string; state: string; detail: string }[]
  >();
  return what.map((name) => all.find((finding) => finding.what === name));
}

const login = () => ({
  DATABRICKS_HOST: workspace.host,
  DATABRICKS_TOKEN: workspace.token,
  DATABRICKS_CA_FILE: 'ca.pem',
});

test('the login to the workspace is tried, and says as whom', async () => {
  expect(await findings(['Workspace'], login())).toMatchObject([
    { state: 'fine', detail: `${workspace.host}: logged in as robot@team.example` },
  ]);
  const [refused] = await findings(['Workspace'], { ...login(), DATABRICKS_TOKEN: 'another-token-than-that' });
  expect(refused).toMatchObject({ state: 'wrong', detail: expect.stringContaining('refused the login (HTTP 401)') });
});

test('every workspace that the description names is tried, also when another fails', async () => {
  const file = join(cwd, 'lakehouse.yaml');
  const simulation = 'simulation: { recommender: { url: https://recommender.example/run } }';
  const targets = `targets: { dev: { host: nowhere.test }, qa: { host: "${workspace.host}" } }`;
  await writeFile(file, `version: 1\n${simulation}\n${targets}\n`);
  try {
    const { DATABRICKS_HOST: _, ...rest } = login();
    const [found] = await findings(['Workspace'], rest);
    expect(found).toMatchObject({ state: 'wrong', detail: expect.stringContaining('nowhere.test') });
    expect(found?.detail).toContain(`${workspace.host}: logged in as robot@team.example`);
  } finally {
    await rm(file);
  }
});

test('a workspace that nobody names, or without a login, is not configured', async () => {
  expect(await findings(['Workspace'])).toMatchObject([{ state: 'not configured' }]);
  expect(await findings(['Workspace'], { DATABRICKS_HOST: workspace.host })).toMatchObject([
    { state: 'not configured', detail: `there is no login for ${workspace.host}` },
  ]);
});

test('Python, Java and Maven are shown, and are no fault where they are missing', async () => {
  for (const name of ['python3', 'python3.11', 'python3.12']) await install(name, 'Python 3.9.2');
  await install('java', 'openjdk version "11.0.1" 2018');
  await install('mvn', 'no Maven');
  expect(await findings(['Python', 'Java', 'Maven'], { PATH: `${programs}:${process.env.PATH}` })).toMatchObject([
    {
      state: 'not configured',
      detail: expect.stringContaining('Python 3.11 or 3.12 is not there: python3.12 is Python 3.9.2; only'),
    },
    { state: 'not configured', detail: expect.stringContaining('java is Java 11.0.1') },
    { state: 'not configured', detail: expect.stringContaining('mvn is not there') },
  ]);
  await install('python3.11', 'Python 3.11.2', 'case "$1" in -c) exit 1;; esac');
  expect(await findings(['Python'], { PATH: `${programs}:${process.env.PATH}` })).toMatchObject([
    { state: 'not configured', detail: expect.stringContaining('Python 3.11.2 (python3.11) has no module venv; only') },
  ]);
  await install('python3.12', 'Python 3.12.1');
  await install('java', 'openjdk version "21.0.2" 2024');
  await install('mvn', 'Apache Maven 3.9.6 (x)');
  expect(await findings(['Python', 'Java', 'Maven'], { PATH: `${programs}:${process.env.PATH}` })).toMatchObject([
    { state: 'fine', detail: 'Python 3.12.1 (python3.12)' },
    { state: 'fine', detail: '21.0.2 (java)' },
    { state: 'fine', detail: '3.9.6' },
  ]);
});

test('a JAVA_HOME that leads nowhere, or to an old Java, is wrong', async () => {
  const java = (home: string) => findings(['Java'], { JAVA_HOME: home });
  expect(await java('/nowhere')).toMatchObject([
    { state: 'wrong', detail: 'Java 17 or later is not there: JAVA_HOME=/nowhere is no Java' },
  ]);
  await install('home/bin/java', 'java version "1.8.0_2"');
  expect(await java(join(programs, 'home'))).toMatchObject([
    { state: 'wrong', detail: expect.stringContaining('is Java 1.8.0_2') },
  ]);
});
