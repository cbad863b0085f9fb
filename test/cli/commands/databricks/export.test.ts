// Proves what a person gets from `btc-fake databricks export`: the same bytes each time, edits that are never lost, and
// a diff of what would change.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startBtcFake } from '../../../support/btc-fake.ts';
import { bundleProblems, jobProblems } from '../../../support/job-oracle.ts';

const OUT = 'databricks_export';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'btc-fake-export-'));
  await startBtcFake(['lakehouse', 'init'], { cwd }).ended;
});
afterEach(() => rm(cwd, { recursive: true }));

const exported = (args: readonly string[] = [], env: Record<string, string> = {}) =>
  startBtcFake(['databricks', 'export', ...args], { cwd, env }).ended;
const read = (name: string, folder = OUT) => readFile(join(cwd, folder, name), 'utf8');

/** Every file of an export with its bytes. */
async function contents(folder = OUT): Promise<Record<string, string>> {
  const names = (await readdir(join(cwd, folder), { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  );
  const paths = names.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [path.slice(join(cwd, folder).length + 1), (await readFile(path)).toString('base64')]),
    ),
  );
}

async function change(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(cwd, file), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(cwd, file), text.replace(from, to));
}

describe('btc-fake databricks export', () => {
  test('writes a job and a bundle that Databricks takes, with everything that the notebook imports', async () => {
    const { code, stdout } = await exported(['--env', 'prod']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Wrote ${OUT}; ${OUT}/README.md says how to deploy it\n`);
    const files = Object.keys(await contents());
    expect(files).toEqual(expect.arrayContaining(['btc_simulation.py', 'btc_constants.py', 'btc_rules/__init__.py']));
    const job = JSON.parse(await read('workflow.json'));
    expect(jobProblems(job, 'api', files)).toEqual([]);
    expect(job.parameters).toContainEqual({ name: 'catalog', default: 'training_prod' });
    expect(bundleProblems(await read('databricks.yml'), files)).toEqual([]);
    const readme = await read('README.md');
    for (const command of ['bundle deploy -t prod', 'jobs create --json @workflow.json', 'bundle destroy -t prod'])
      expect(readme).toContain(command);
  });

  test('writes the same bytes again, in another folder and in another time zone', async () => {
    for (const args of [[], ['--wheel'], ['--format', 'ipynb']]) {
      await exported([...args, '--out', 'one']);
      await exported([...args, '--out', 'two'], { TZ: 'Pacific/Auckland' });
      expect(await contents('two')).toEqual(await contents('one'));
      await rm(join(cwd, 'one'), { recursive: true });
      await rm(join(cwd, 'two'), { recursive: true });
    }
    await exported();
    expect((await exported()).stdout).toMatch(/^databricks_export is up to date/);
  });

  test('lets the notebook install the SFTP client where a target takes its catalogs by SFTP, and nowhere else', async () => {
    await exported();
    expect(await read('btc_simulation.py')).not.toContain('%pip');
    await change('lakehouse.yaml', 'catalogs_by_sftp: false', 'catalogs_by_sftp: true');
    await exported(['--wheel']);
    const cells = (await read('btc_simulation.py')).split('# COMMAND ----------').slice(0, 3);
    expect(cells[1]).toContain('# MAGIC %pip install --quiet $wheel');
    expect(cells[2]).toMatch(/^\n\n# MAGIC %pip install --quiet paramiko==\d+\.\d+\.\d+\n\n$/);
  });

  test('writes nothing when a file was edited since, until it is told to', async () => {
    await exported();
    await change('lakehouse.yaml', 'schema: btc_fake', 'schema: other');
    await change(`${OUT}/workflow.json`, '"PAUSED"', '"UNPAUSED"');
    const before = await contents();
    const refused = await exported();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      `One file was edited in ${OUT}; nothing is written (EXPORT_EDITED)\n  ${OUT}/workflow.json\n`,
    );
    expect(await contents()).toEqual(before);
    expect((await exported(['--force'])).code).toBe(0);
    expect(await read('workflow.json')).toContain('"PAUSED"');
    expect(await read('databricks.yml')).toContain('schema: other');
  });

  test("leaves somebody else's files alone, and never takes one of them for its own", async () => {
    await exported(['--out', 'mine']);
    await rm(join(cwd, 'mine/export.manifest.json'));
    await change('mine/README.md', '#', '# My own notes\n\n#');
    await writeFile(join(cwd, 'mine/notes.txt'), 'mine');
    const refused = await exported(['--out', 'mine']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('mine/README.md')]);
    await exported(['--out', 'mine', '--force']);
    expect(await read('notes.txt', 'mine')).toBe('mine');
  });

  test('shows what would change, and writes nothing', async () => {
    await exported();
    await change('lakehouse.yaml', 'timeout_minutes: 240', 'timeout_minutes: 120');
    const before = await contents();
    const { code, stdout } = await exported(['--diff']);
    expect(code).toBe(0);
    expect(stdout).toContain('--- a/workflow.json\n+++ b/workflow.json\n');
    expect(stdout).toContain('-  "timeout_seconds": 14400,\n+  "timeout_seconds": 7200,\n');
    expect(await contents()).toEqual(before);
    const { changes } = (await exported(['--diff', '--json'])).json<{ changes: { path: string }[] }>();
    expect(changes.map(({ path }) => path)).toEqual(['databricks.yml', 'workflow.json']);
  });

  test('removes what an earlier export wrote and this one does not, unless it was edited', async () => {
    await exported();
    await exported(['--format', 'ipynb']);
    expect(Object.keys(await contents())).not.toContain('btc_simulation.py');
    await change(`${OUT}/btc_simulation.ipynb`, '"nbformat": 4', '"nbformat": 4 ');
    const refused = await exported(['--format', 'py']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('btc_simulation.ipynb')]);
  });

  test('finishes an export that was interrupted', async () => {
    await exported();
    await cp(join(cwd, OUT), join(cwd, 'half'), { recursive: true });
    await change('lakehouse.yaml', 'timeout_minutes: 240', 'timeout_minutes: 120');
    await exported();
    // One file is new, the manifest is still the old one.
    await cp(join(cwd, OUT, 'workflow.json'), join(cwd, 'half/workflow.json'));
    expect((await exported(['--out', 'half'])).code).toBe(0);
    expect(await contents('half')).toEqual(await contents());
  });

  test('takes the environment before the file, for the target that it exports', async () => {
    await exported(['--env', 'qa'], { DATABRICKS_HOST: 'adb-9.workspace.example', DATABRICKS_SCHEMA: 'elsewhere' });
    expect(JSON.parse(await read('workflow.json')).parameters).toContainEqual({
      name: 'training_schema',
      default: 'elsewhere',
    });
    expect((await read('databricks.yml')).match(/host: https:\/\/adb-9\.workspace\.example/g)).toHaveLength(1);
  });

  test.each([
    ['no description', ['--file', 'none.yaml'], 1, 'none.yaml: there is no such file (FILE_UNREADABLE)'],
    ['an unknown target', ['--env', 'live'], 64, "argument 'live' is invalid"],
    ['an unknown format', ['--format', 'zip'], 64, "argument 'zip' is invalid"],
    ['an empty folder name', ['--out', ''], 64, 'It is empty'],
    ['a folder that is a file', ['--out', 'lakehouse.yaml'], 1, 'OUTPUT_UNWRITABLE'],
  ])('says in one line what is wrong: %s', async (_what, args, code, problem) => {
    const result = await exported(args);
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(problem)]);
  });

  test('refuses a manifest that leads out of the folder', async () => {
    await exported();
    await change(`${OUT}/export.manifest.json`, '"README.md"', '"../lakehouse.yaml"');
    const { code, stderr } = await exported();
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('this is not the manifest of an export (FILE_UNREADABLE)'),
    ]);
  });
});
