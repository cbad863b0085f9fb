// Proves how the first `databricks run --local` sets up its environment: once, also for two commands at once, and to
// its end or not at all. Python, Java and Maven are programs of the test here; test/databricks-spark has the real ones.
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startBtcFake } from '../../../support/btc-fake.ts';
import { waitUntil } from '../../../support/wait-until.ts';

let cwd: string;
let programs: string;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'btc-fake-set-up-'));
  programs = join(cwd, 'programs');
  await mkdir(programs);
  await install('java', `echo 'openjdk version "17.0.15"'`);
  await install('mvn', `case "$1" in -v) echo 'Apache Maven 3.9.6';; *) echo jars >> '${cwd}/log';; esac`);
  // The environment's own Python waits for the test before it has installed anything, and ends a run with an error.
  const own = `case "$2" in
pip) echo "pip $$" >> '${cwd}/log'; while [ ! -e '${cwd}/go' ]; do sleep 0.05; done;;
*) echo '{"error":{"code":"CATALOG_MISSING","message":"no catalog","lines":[]}}';;
esac`;
  await install('own', own);
  await install(
    'python3.12',
    `case "$1" in
--version) echo 'Python 3.12.1';;
-m) echo venv >> '${cwd}/log'; mkdir -p "$3/bin"; cp '${programs}/own' "$3/bin/python";;
esac`,
  );
});
afterEach(() => rm(cwd, { recursive: true }));

async function install(name: string, script: string): Promise<void> {
  await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(programs, name), 0o755);
}

const log = () => readFile(join(cwd, 'log'), 'utf8').catch(() => '');

function run() {
  const env = { PATH: `${programs}:${process.env.PATH}`, API_BASE_URL: 'http://127.0.0.1:9' };
  return startBtcFake(['databricks', 'run', '--local'], { cwd, env });
}

test('two first commands at once make the environment once, and the second says what it waits for', async () => {
  const first = run();
  await waitUntil('the set-up has begun', async () => (await log()).includes('pip'), 30_000);
  const second = run();
  await second.waitForStderr('waiting for it', 30_000);
  await writeFile(join(cwd, 'go'), '');
  for (const { stderr } of [await first.ended, await second.ended]) expect(stderr).toContain('(CATALOG_MISSING)');
  expect((await log()).replace(/ \d+/, '')).toBe('venv\npip\njars\n');
}, 60_000);

test('Ctrl-C ends the set-up with its programs, and the next command begins it again', async () => {
  const first = run();
  await waitUntil('the set-up has begun', async () => (await log()).includes('pip'), 30_000);
  first.signal('SIGINT');
  const { code, stderr } = await first.ended;
  expect([code, stderr]).toEqual([1, expect.stringContaining('The set-up was stopped (RUN_STATE)')]);
  const pip = Number(/pip (\d+)/.exec(await log())?.[1]);
  await waitUntil('pip has ended', () => !isRunning(pip));
  await writeFile(join(cwd, 'go'), '');
  expect((await run().ended).stderr).toContain('(CATALOG_MISSING)');
  expect((await log()).replaceAll(/ \d+/g, '')).toBe('venv\npip\nvenv\npip\njars\n');
}, 60_000);

test('everything that is missing is named with what to do about it', async () => {
  await install('python3.12', 'echo "Python 3.9.1"');
  for (const name of ['python3', 'python3.11']) await install(name, 'echo "Python 3.9.1"');
  const { code, stderr } = await startBtcFake(['databricks', 'run', '--local'], {
    cwd,
    env: { PATH: `${programs}:${process.env.PATH}`, API_BASE_URL: 'http://127.0.0.1:9', JAVA_HOME: '/nowhere' },
  }).ended;
  expect([code, stderr]).toEqual([1, expect.stringContaining('python3.12 is Python 3.9.1')]);
  expect(stderr).toContain('JAVA_HOME=/nowhere is no Java');
  expect(stderr).toContain('apt-get install');
  expect(stderr).toContain('Correct JAVA_HOME');
});

test('an option for a deployed job is refused beside --local', async () => {
  for (const args of [
    ['--env', 'qa'],
    ['--file', 'other.yaml'],
  ]) {
    const { code, stderr } = await startBtcFake(['databricks', 'run', '--local', ...args], { cwd }).ended;
    expect([code, stderr]).toEqual([64, expect.stringContaining(`${args[0]} names a deployed job`)]);
  }
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
