import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readCatalogFile } from '../../src/adapters/disk/catalog-files.ts';
import { startRecommender } from '../../src/sandbox/recommender-server.ts';
import { startVendorSftpServer } from '../../src/sandbox/vendor-sftp-server.ts';
import { runBtcFake } from '../support/btc-fake.ts';
import { startWarehouse } from '../support/warehouse/warehouse.ts';
import { sftpEnvironment } from '../support/workspace.ts';

// What is proved: docs/samples/generated holds, byte for byte, what the product makes of the inputs beside it, and the
// pages quote nothing else. `npm run samples` writes it again.

const ROOT = join(import.meta.dirname, '../..');
const SAMPLES = join(ROOT, 'docs/samples');
const GENERATED = join(SAMPLES, 'generated');
const TEMPLATE = join(ROOT, 'input/UserCompletion_v2_template.csv');
const SEED = 'docs-samples';
const AS_OF = '2025-10-28T11:00:00Z';
const LOGIN = { username: 'sample-reader', password: 'sample-password' };

/** Nobody can choose a run's id, so the samples are kept as the run with this one would have made them. */
const RUN_ID = 'run-20251028T110000Z-ab12cd';

interface RunResult {
  readonly runId: string;
  readonly files: readonly { readonly path: string }[];
  readonly manifest: string;
}

let made: ReadonlyMap<string, string>;
beforeAll(async () => {
  made = await makeSamples();
  if (process.env.UPDATE_SAMPLES) {
    await rm(GENERATED, { recursive: true, force: true });
    await mkdir(GENERATED);
    for (const [name, text] of made) await writeFile(join(GENERATED, name), text);
  }
});

let folder: string | undefined;
afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

test('docs/samples holds what a run makes of its inputs, byte for byte', async () => {
  const kept = await textsIn(GENERATED);
  expect([...made.keys()].sort()).toEqual([...kept.keys()].sort());
  for (const [name, text] of made) expect([name, text]).toEqual([name, kept.get(name)]);
});

test('the manifest among the samples names each of them with its hash', async () => {
  const kept = await textsIn(GENERATED);
  const manifest = [...kept].find(([name]) => name.endsWith('.manifest.json'))!;
  const { outputs } = JSON.parse(manifest[1]) as { outputs: { name: string; sha256: string }[] };
  expect(outputs.map(({ name }) => name).sort()).toEqual(
    [...kept.keys()].filter((name) => name !== manifest[0]).sort(),
  );
  for (const { name, sha256 } of outputs) expect(sha256).toBe(sha256Of(kept.get(name)!));
});

test('the samples pass btc-fake check', async () => {
  const names = [...made.keys()].filter((name) => name.endsWith('.csv')).map((name) => join('generated', name));
  const { code, stdout } = await runBtcFake(['check', 'input/employees.csv', ...names], { cwd: SAMPLES });
  expect(stdout).not.toContain('problem');
  expect(code).toBe(0);
});

test.each(['README.md', 'docs/feeds.md'])('every sample line in %s stands in a sample file', async (page) => {
  const files = await Promise.all(
    ['input', 'vendor', 'databricks', 'generated'].map((name) => textsIn(join(SAMPLES, name))),
  );
  const known = new Set(files.flatMap((texts) => [...texts.values()].flatMap((text) => text.split('\n'))));
  const blocks = (await readFile(join(ROOT, page), 'utf8')).matchAll(/^```(?:csv|text)\n(.*?)^```$/gms);
  const quoted = Array.from(blocks, ([, block]) => block!.trimEnd().split('\n')).flat();
  expect(quoted.length).toBeGreaterThan(5);
  expect(quoted.filter((line) => !known.has(line))).toEqual([]);
});

/** Runs the built command on the samples' inputs, each behind its real protocol. @returns the files' texts by name. */
async function makeSamples(): Promise<Map<string, string>> {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'btc-fake-samples-')));
  await cp(join(SAMPLES, 'input'), join(folder, 'input'), { recursive: true });
  const warehouse = await startWarehouse();
  const sftp = await startVendorSftpServer({ files: join(SAMPLES, 'vendor'), ...LOGIN });
  const recommender = await startRecommender({ contentIds: await contentIds() });
  try {
    for (const table of ['content_assignments', 'content_completion']) {
      await warehouse.load(`COPY ${table} FROM '${join(SAMPLES, 'databricks', table)}.csv' (HEADER, NULLSTR '')`);
    }
    const env = {
      API_BASE_URL: recommender.url,
      USER_COMPLETION_TEMPLATE_FILE: TEMPLATE,
      ...sftpEnvironment('SFTP_INBOUND', { host: '127.0.0.1', ...sftp, ...LOGIN, remotePath: '/' }),
      DATABRICKS_HOST: warehouse.host,
      DATABRICKS_HTTP_PATH: warehouse.httpPath,
      DATABRICKS_TOKEN: warehouse.token,
      DATABRICKS_CA_FILE: warehouse.caFile,
    };
    const run = await runBtcFake(['run', '--json', '--seed', SEED, '--as-of', AS_OF], { cwd: folder, env });
    if (run.code !== 0) throw new Error(run.stderr);
    const texts = await underSampleRunId(folder, run.json<RunResult>());
    return withSampleAddresses(texts, { recommender: recommender.url, port: sftp.port, warehouse: warehouse.host });
  } finally {
    await recommender.close();
    await sftp.close();
    await warehouse.close();
  }
}

/**
 * The run id stands in the manifest, its hash in the names, these in the summary, and the summary's hash in the
 * manifest.
 */
async function underSampleRunId(cwd: string, { runId, files, manifest }: RunResult): Promise<Map<string, string>> {
  const paths = [...files.map(({ path }) => path), manifest];
  const tail = (id: string) => `_1_${sha256Of(id).slice(0, 6)}.`;
  const renamed = (text: string) => text.replaceAll(runId, RUN_ID).replaceAll(tail(runId), tail(RUN_ID));
  const texts = new Map<string, string>();
  let summaryHashes: [string, string] | undefined;
  for (const path of paths) {
    const text = await readFile(join(cwd, path), 'utf8');
    texts.set(renamed(basename(path)), renamed(text));
    if (path.endsWith('.summary.txt')) summaryHashes = [sha256Of(text), sha256Of(renamed(text))];
  }
  const manifestName = renamed(basename(manifest));
  texts.set(manifestName, texts.get(manifestName)!.replace(...summaryHashes!));
  return texts;
}

/**
 * The servers of the samples are on loopback, on ports that differ each time; the manifest names them as servers are
 * named.
 */
function withSampleAddresses(
  texts: Map<string, string>,
  { recommender, port, warehouse }: { recommender: string; port: number; warehouse: string },
): Map<string, string> {
  const [name, manifest] = [...texts].find(([file]) => file.endsWith('.manifest.json'))!;
  const addresses = [
    [recommender, 'https://recommender.example'],
    ['"host": "127.0.0.1"', '"host": "sftp.vendor.example"'],
    [`"port": ${port}`, '"port": 22'],
    [warehouse, 'adb-1234567890123456.7.workspace.example'],
  ] as const;
  return texts.set(
    name,
    addresses.reduce((text, [from, to]) => text.replace(from, to), manifest),
  );
}

async function contentIds() {
  const vendor = join(SAMPLES, 'vendor');
  const rules = { kind: 'StandAloneContent', timeZone: 'UTC', dateFormats: [] } as const;
  const paths = (await readdir(vendor)).sort().map((name) => join(vendor, name));
  const readings = await Promise.all(paths.map((path) => readCatalogFile(path, rules)));
  return readings.flatMap(({ contents }) => contents.map(({ id }) => id));
}

async function textsIn(path: string): Promise<Map<string, string>> {
  const names = await readdir(path);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(path, name), 'utf8')] as const)),
  );
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
