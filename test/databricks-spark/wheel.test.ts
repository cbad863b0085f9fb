// Proves that the wheel of `btc-fake databricks export --wheel` is all that the exported notebook needs: in an
// environment where pip has put it, and none of our modules are beside it, the notebook makes the queue's files.
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSpark } from '../support/spark-runner.ts';
import { type EngineCase, manifestName, startTwoEngines, type TwoEngines } from '../support/two-engines.ts';

const LIMIT_MS = 600_000;
const DATABRICKS = join(import.meta.dirname, '../../databricks');
const SEPARATOR = '\n# COMMAND ----------\n';
const { SPARK_PYTHON = '', SPARK_JARS = '' } = process.env;
const run = promisify(execFile);
const ONE: EngineCase = {
  seed: 41,
  employees: 50,
  asOf: '2025-10-28T11:00:00Z',
  timeZone: 'America/Los_Angeles',
  sessionZone: 'UTC',
};

let engines: TwoEngines;

beforeAll(async () => {
  engines = await startTwoEngines();
}, LIMIT_MS);

afterAll(() => engines?.close());

/** An environment that pip has put a wheel into; Spark comes from the tests' own environment. */
async function environmentWith(wheel: string): Promise<string> {
  const folder = engines.workspace.path('environment');
  await run(SPARK_PYTHON, ['-m', 'venv', folder]);
  const python = join(folder, 'bin', 'python');
  await run(python, ['-m', 'pip', 'install', '--quiet', '--no-index', '--no-deps', wheel]);
  const { stdout } = await run(SPARK_PYTHON, ['-c', 'import pyspark; print(pyspark.__path__[0])']);
  const [version = ''] = await readdir(join(folder, 'lib'));
  await writeFile(join(folder, 'lib', version, 'site-packages', 'spark.pth'), `${dirname(stdout.trim())}\n`);
  return python;
}

test(
  'the exported notebook makes the same bytes with the modules of the wheel, which the job takes from the volume',
  async () => {
    const { workspace } = engines;
    await workspace.run(['lakehouse', 'init']);
    await workspace.run(['databricks', 'export', '--wheel']);
    const exported = workspace.path('databricks_export');
    const names = await readdir(exported);
    const wheel = names.find((name) => name.endsWith('.whl')) ?? 'none';
    expect(names.filter((name) => /^btc_(rules|native|constants)/.test(name))).toEqual([]);

    // What a workspace does by %pip is done by pip here; the cells that say it are checked, and left out.
    const [header, place, install, ...cells] = (await readFile(join(exported, 'btc_simulation.py'), 'utf8')).split(
      SEPARATOR,
    );
    const inVolume = /"wheel", "(\/Volumes\/[^"]+)"/.exec(`${header}${place}`)?.[1];
    expect(inVolume).toMatch(new RegExp(`^/Volumes/[^/]+/[^/]+/[^/]+/wheels/${wheel}$`));
    const readme = await readFile(join(exported, 'README.md'), 'utf8');
    expect(readme).toContain(`databricks fs cp ${wheel} dbfs:${inVolume} --overwrite`);
    const notebook = workspace.path('exported.py');
    const start = /%pip/.test(place ?? '') ? [install, ...cells] : cells;
    await writeFile(notebook, ['# Databricks notebook source\n', ...start].join(SEPARATOR));

    const python = await environmentWith(join(exported, wheel));
    const runner = workspace.path('runner');
    await mkdir(runner);
    await cp(join(DATABRICKS, 'btc_local'), join(runner, 'btc_local'), { recursive: true });
    const where = 'import btc_constants, btc_native.run, btc_rules as r; print(r.__path__[0])';
    const { stdout } = await run(python, ['-c', where], { cwd: runner });
    expect(stdout.startsWith(workspace.path('environment'))).toBe(true);

    const queue = await engines.queue(ONE);
    const spark = startSpark({ python, jars: SPARK_JARS, runner }, workspace.path('spark-wheel'));
    try {
      expect(await engines.native(spark, ONE, queue, { notebook })).toMatchObject({ value: { state: 'finished' } });
    } finally {
      await spark.close();
    }
    const native = await engines.dropped(ONE);
    const manifest = manifestName(queue.files);
    for (const [name, text] of Object.entries(queue.files))
      if (name !== manifest) expect([name, native[name]]).toEqual([name, text]);
  },
  LIMIT_MS,
);
