import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import { type FaultyRecommender, fails, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { sha256 } from '../support/run-files.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

/**
 * A person who has a file of a run, or its six characters, and no id; and what they are told of many who failed for few
 * reasons.
 */
const IDS = Array.from({ length: 60 }, (_, i) => 300_001 + i);
const SEED = 'a seed that is much longer than any table has columns for';

let broken: boolean;
let redis: TestRedis;
let recommender: FaultyRecommender;
let place: Workspace;
let runId: string;
let token: string;

beforeAll(async () => {
  broken = true;
  recommender = await startFaultyRecommender({
    answer: (id) => {
      if (broken && id % 2 === 0) return id % 20 === 0 ? { kind: 'html' } : fails(404);
      return recommends(892_001);
    },
  });
  redis = await startTestRedis();
  place = await makeWorkspace({
    redisUrl: redis.url,
    employees: IDS.map((id, i) => `${id},${'abf'.charAt(i % 3)}`),
    recommenderUrl: recommender.url,
    env: { JOB_ATTEMPTS: '1' },
  });
  const run = await place.run(['run', '--with-workers', '--json', '--seed', SEED, '--as-of', '2025-10-28T11:00:00Z']);
  ({ runId } = run.json<RunReport>());
  token = sha256(runId).slice(0, 6);
}, 60_000);

afterAll(async () => {
  await place?.remove();
  await recommender?.close();
  await redis?.stop();
});

test('status groups those who failed by reason: two reasons, not thirty lines', async () => {
  const { code, stdout } = await place.run(['status', token]);
  expect(code).toBe(2);
  expect(stdout).toContain(`Run      ${runId}\n`);
  expect(stdout).toContain(`Files    *_${token}.*\n`);
  const [, failed] = stdout.split('Failed: 30 employees\n') as [string, string];
  const lines = failed.split('\n');
  expect(lines[0]).toMatch(/^ {2}27 employees: RECOMMENDER_\w+: .*404/);
  expect(lines[1]).toMatch(/^ {4}(3000\d\d, ){7}3000\d\d and 19 more$/);
  expect(lines[2]).toMatch(/^ {2}3 employees: RECOMMENDER_BODY: /);
  expect(lines[3]!.trim().split(', ').sort()).toEqual(['300020', '300040', '300060']);
  expect(lines[4]).toMatch(/^Re-queue them: /);
});

test("runs lists the six characters of a run's files, its as-of and its seed", async () => {
  const { stdout } = await place.run(['runs']);
  const [header, row] = stdout.split('\n');
  expect(header).toMatch(/FILES +AS OF +SEED$/);
  expect(row).toMatch(new RegExp(`^${runId} .* ${token} +2025-10-28T11:00:00Z +${SEED.slice(0, 30)}…$`));
  const [found] = (await place.run(['runs', '--json'])).json<Record<string, unknown>[]>();
  expect(found).toMatchObject({ runId, token, asOf: '2025-10-28T11:00:00Z', seed: SEED });
});

test('every command that asks for a run takes a file of it, and the six characters', async () => {
  const [early] = await readdir(place.path('generated_files'));
  const explained = await place.run(['explain', `generated_files/${early}`, '300001']);
  expect(explained.stdout).toContain(`Employee 300001 of run ${runId}`);
  const retried = await place.run([
    'retry',
    place.path('generated_files', early!),
    '--employee',
    '300002',
    '--with-workers',
  ]);
  expect([retried.code, retried.stderr]).toEqual([2, expect.stringContaining('Re-queued 1 employee')]);
  const resumed = await place.run(['resume', token.toUpperCase(), '--with-workers']);
  expect(resumed.stderr).toContain(`Continuing ${runId}`);
  broken = false;
  const finished = await place.run(['finish', token, '--without-failed', '--with-workers', '--json']);
  expect(finished.json<RunReport>()).toMatchObject({ runId, state: 'finished' });
  const files = (await readdir(place.path('generated_files'))).filter((name) => name.includes(token));
  expect(files.length).toBeGreaterThan(3);
  for (const name of files) {
    const status = await place.run(['status', name, '--json']);
    expect([name, status.json<RunReport>().runId]).toEqual([name, runId]);
  }
}, 120_000);

test('a file of no run that is here is not found, and what to do is said', async () => {
  const { code, stderr } = await place.run(['status', 'Run_2025_10_28_1_000000.manifest.json']);
  expect(code).toBe(1);
  expect(stderr).toContain('There is no run whose files have 000000 in their names (RUN_NOT_FOUND)');
  expect(stderr).toContain('See "btc-fake runs"');
});
