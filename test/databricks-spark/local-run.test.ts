// Proves what `btc-fake databricks run --local` gives: the files of `btc-fake run`, in the same folder, progress by
// stage, and the queue's own errors. It uses the environment that the tests have set up.
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { NativeRunReport } from '../../src/databricks-tools/local/native-run.ts';
import type { ContentId } from '../../src/domain/ids.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import type { BtcFakeResult } from '../support/btc-fake.ts';
import { makeCertificate } from '../support/certificate.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { startTlsProxy } from '../support/tls-proxy.ts';
import { startWarehouse } from '../support/warehouse/warehouse.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

const LIMIT_MS = 300_000;
const { SPARK_PYTHON = '' } = process.env;
const CHOICE = ['--seed', 'laptop', '--as-of', '2025-10-28T11:00:00Z'];
const EMPLOYEES = Array.from({ length: 40 }, (_, i) => `${300_000 + i},${'abf'.charAt(i % 3)}`);
const TRAINING_RECORDS = join(import.meta.dirname, '../../docs/samples/databricks');

/** Open and completed assignments; every third employee has one content twice, at the same second, with other dates. */
const RECORDS = `
  INSERT INTO content_assignments
    SELECT 300000 + e, 1915001 + c, TIMESTAMPTZ '2025-10-20 05:01:00+00', DATE '2025-10-20' + CAST(r AS INTEGER),
      CASE WHEN c = 3 THEN NULL ELSE TIMESTAMPTZ '2025-10-20 05:01:00+00' + to_days(CAST(r AS INTEGER)) END,
      TIMESTAMPTZ '2025-11-08 13:13:59+00' + to_days(CAST(r AS INTEGER)), CASE WHEN c = 2 THEN NULL ELSE 'Quoted "Media", too' END
    FROM range(-5, 45) p(e), range(5) t(c), range(2) twice(r) WHERE r = 0 OR (c = 4 AND e % 3 = 0);
  INSERT INTO content_completion
    SELECT 300000 + e, 1915001 + c, DATE '2025-10-27' FROM range(-5, 45) p(e), range(2) t(c) WHERE e % 2 = 0;`;

let workspace: Workspace;
let recommender: SandboxRecommender;

beforeAll(async () => {
  recommender = await startRecommender({ contentIds: [1_915_001, 892_001, 555] as ContentId[] });
  workspace = await makeWorkspace({
    employees: EMPLOYEES,
    recommenderUrl: recommender.url,
    env: { JOB_ATTEMPTS: '1' },
  });
  await mkdir(workspace.path('.btc-fake'));
  await symlink(dirname(dirname(dirname(SPARK_PYTHON))), workspace.path('.btc-fake/python'));
});
afterAll(async () => {
  await recommender?.close();
  await workspace?.remove();
});

const locally = (args: readonly string[], env: Record<string, string> = {}) =>
  workspace.start(['databricks', 'run', '--local', ...args], env, LIMIT_MS).ended;

/** Makes the same run both ways, and holds their feeds against each other. @returns what the native one said. */
async function sameFeeds(
  env: Record<string, string> = {},
  native: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<BtcFakeResult> {
  const queue = (await workspace.run(['run', '--json', ...CHOICE], env)).json<RunReport>();
  const result = await locally(['--json', ...CHOICE, ...(native.args ?? [])], { ...env, ...native.env });
  expect([result.code, result.stderr]).toEqual([0, expect.any(String)]);
  const report = result.json<NativeRunReport>();
  for (const start of ['ContentUserCompletion', 'Non_Completed']) {
    const ours = report.files.find((name) => name.startsWith(start)) ?? '';
    const theirs = queue.files.find(({ name }) => name.startsWith(start))?.path ?? '';
    expect(await readFile(workspace.path('generated_files', ours), 'utf8')).toBe(
      await readFile(workspace.path(theirs), 'utf8'),
    );
  }
  return result;
}

describe('btc-fake databricks run --local', () => {
  test(
    'makes the feeds that run makes, and says what it does',
    async () => {
      const native = await sameFeeds();
      expect(native.stderr).toContain('Deciding for 40 employees');
      const { runId } = native.json<NativeRunReport>();
      const answers = workspace.path('.btc-fake/volume/work', runId, 'answers');
      const fromAnswers = await sameFeeds({}, { args: ['--recommendations', answers], env: { API_BASE_URL: '' } });
      expect(fromAnswers.stderr).toContain(`Reading recommendations from ${answers}`);
      expect(native.json()).toMatchObject({ state: 'finished', employees: 40, failedEmployees: 0 });
    },
    LIMIT_MS,
  );

  test(
    'reads training records through the SQL warehouse as run does, pairs that were assigned twice among them',
    async () => {
      const warehouse = await startWarehouse();
      try {
        await warehouse.load(RECORDS);
        const env = {
          DATABRICKS_HOST: warehouse.host,
          DATABRICKS_HTTP_PATH: warehouse.httpPath,
          DATABRICKS_TOKEN: warehouse.token,
          DATABRICKS_CA_FILE: warehouse.caFile,
        };
        const native = await sameFeeds(env);
        expect(native.stderr).toContain(`Reading training records from ${warehouse.host}`);
        expect(native.stderr + native.stdout).not.toContain(warehouse.token);
      } finally {
        await warehouse.close();
      }
    },
    LIMIT_MS,
  );

  test(
    'reads training records from files, and puts what it makes where it is told',
    async () => {
      const { code, stderr } = await locally([
        ...CHOICE,
        '--training-records',
        TRAINING_RECORDS,
        '--output',
        'elsewhere',
      ]);
      expect([code, stderr]).toEqual([0, expect.stringContaining('Reading training records from')]);
      const { catalogNames } = workspace;
      expect(await readFile(workspace.path('.btc-fake/volume/drops/2025-10-28', catalogNames.standAlone), 'utf8')).toBe(
        await readFile(workspace.path('downloaded_files', catalogNames.standAlone), 'utf8'),
      );
    },
    LIMIT_MS,
  );

  test(
    'calls the recommender through a proxy with a login, and trusts the authority that is named',
    async () => {
      const certificate = makeCertificate(['recommender.test']);
      const caFile = workspace.path('recommender-ca.pem');
      await writeFile(caFile, certificate.caPem);
      const tls = await startTlsProxy(certificate, { host: '127.0.0.1', port: Number(new URL(recommender.url).port) });
      const proxy = await startForwardProxy({ login: { user: 'robot', password: 'canary-of-the-proxy' } });
      try {
        const env = {
          API_BASE_URL: `https://recommender.test:${tls.port}`,
          API_CA_FILE: caFile,
          HTTPS_PROXY: proxy.url,
        };
        const native = await sameFeeds(env);
        expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT recommender.test:${tls.port}`]));
        expect(native.stdout + native.stderr).not.toContain('canary-of-the-proxy');
        const refused = await locally(CHOICE, { ...env, HTTPS_PROXY: proxy.name });
        expect([refused.code, refused.stderr]).toEqual([
          2,
          expect.stringContaining('40 employees failed (PROXY_REFUSED)'),
        ]);
        const untrusted = await locally(CHOICE, { ...env, API_CA_FILE: '' });
        expect([untrusted.code, untrusted.stderr]).toEqual([
          2,
          expect.stringContaining('40 employees failed (RECOMMENDER_UNAVAILABLE)'),
        ]);
      } finally {
        await Promise.all([tls.close(), proxy.close()]);
      }
    },
    LIMIT_MS,
  );

  test(
    "says in the queue's words what is wrong with a file, and that employees have failed",
    async () => {
      await workspace.write('wrong.csv', 'employee_id,employee_edu_type\n7,a\n8,x\n');
      const wrong = await locally([...CHOICE, '--employees', 'wrong.csv']);
      expect([wrong.code, wrong.stderr]).toEqual([
        1,
        expect.stringContaining(
          'wrong.csv: 1 row is wrong (EMPLOYEES_INVALID)\n  wrong.csv:3: employee_edu_type "x" is not a, b or f',
        ),
      ]);
      const refused = await locally(CHOICE, { API_ENDPOINT: '/nowhere' });
      expect([refused.code, refused.stderr]).toEqual([
        2,
        expect.stringMatching(/40 employees failed \(RECOMMENDER_REJECTED\): 300000, .* \(RUN_INCOMPLETE\)/),
      ]);
    },
    LIMIT_MS,
  );

  test('refuses a task that the job does not have, and a folder without the tables', async () => {
    expect(await locally(['--task', 'other'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('--task other'),
    });
    const { code, stderr } = await locally([...CHOICE, '--training-records', 'input']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no content_assignments.csv')]);
  });
});
