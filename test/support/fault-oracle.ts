import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Job } from 'bullmq';
import type { RedisConnection } from '../../src/adapters/redis/client.ts';
import { REDIS_PREFIX } from '../../src/adapters/run-store/keys.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { CANARIES, type FaultFixture } from './fault-fixture.ts';
import { dumpRedis } from './redis-contents.ts';
import { readRunFiles } from './run-files.ts';

/** What a fault explains. */
export interface Explained {
  /** How often each employee's recommender call may have been made beyond once; default 0. */
  readonly extraCalls?: (employeeId: number) => number;
}

/** States in which a job would still be waiting for somebody when a run is over. */
const LEFTOVERS = ['active', 'waiting', 'delayed', 'prioritized', 'waiting-children', 'failed'] as const;

const SHOWN_BREACHES = 20;
const MOMENT_MS = 2_000;

/**
 * Judges an ended run: its feeds are those of the undisturbed run byte for byte, the queues are empty, every key
 * expires, each employee was asked about once (more often only as the fault explains), and no secret is anywhere.
 * @throws Error that names every breach.
 */
export async function judge(fixture: FaultFixture, runId: RunId, explained: Explained = {}): Promise<void> {
  const breaches = [
    ...(await feedBreaches(fixture, runId)),
    ...(await leftoversThatStay(fixture)),
    ...(await expiryBreaches(fixture.connection)),
    ...callBreaches(fixture, explained),
    ...(await canaryBreaches(fixture)),
  ];
  if (breaches.length === 0) return;
  const shown = breaches.slice(0, SHOWN_BREACHES).map((line) => `  ${line}`);
  throw new Error(`Run ${runId} has ${breaches.length} breaches:\n${shown.join('\n')}`);
}

/** Holds that a run which is not finished has no feed with completions. @throws Error. */
export async function assertNoFinalFile({ workspace }: FaultFixture, before: readonly string[]): Promise<void> {
  const names = (await readdir(workspace.path('generated_files'))).filter((name) => !before.includes(name));
  const final = names.filter((name) => !name.startsWith('Non_Completed_Assignments'));
  if (final.length > 0) throw new Error(`There are files of a run that has not ended: ${final.join(', ')}`);
}

async function feedBreaches(fixture: FaultFixture, runId: RunId): Promise<string[]> {
  const report = await fixture.report(runId);
  if (report.state !== 'finished') return [`the run is ${report.state}: ${report.reason ?? ''}`];
  const { hashes, manifest } = await readRunFiles(report, fixture.workspace.folder);
  const feeds = (['completions', 'nonCompleted'] as const).filter(
    (name) => hashes[name] !== fixture.reference.hashes[name],
  );
  const token = manifest.outputs[0]!.name.split('_').at(-1)!.replace('.csv', '');
  const listed = new Set([...manifest.outputs.map(({ name }) => name), report.manifest!.split('/').at(-1)!]);
  const files = await readdir(fixture.workspace.path('generated_files'));
  return [
    ...feeds.map((name) => `the ${name} feed is not that of the undisturbed run`),
    ...files.filter((name) => name.includes(token) && !listed.has(name)).map((name) => `${name} is in no manifest`),
  ];
}

/** A run has its files a moment before the job that wrote them is done. */
async function leftoversThatStay(fixture: FaultFixture): Promise<string[]> {
  for (const deadline = Date.now() + MOMENT_MS; ; await delay(50)) {
    const found = await leftovers(fixture);
    if (found.length === 0 || Date.now() > deadline) return found;
  }
}

/** Jobs that would still wait for somebody, as breaches. */
export async function leftovers({ queues }: FaultFixture): Promise<string[]> {
  const found = await Promise.all(
    Object.values(queues.byName).map(async (queue) => {
      const jobs: (Job | undefined)[] = await queue.getJobs([...LEFTOVERS]);
      // The weekly schedule's next tick always waits.
      const left = jobs.filter((job) => job !== undefined && job.repeatJobKey === undefined);
      return Promise.all(left.map(async (job) => `${job!.id} is ${await job!.getState()} in ${queue.name}`));
    }),
  );
  return found.flat();
}

async function expiryBreaches(redis: RedisConnection): Promise<string[]> {
  const keys = await redis.keys(`${REDIS_PREFIX}:run:*`);
  const times = await Promise.all(keys.map((key) => redis.ttl(key)));
  return keys.filter((_, i) => times[i] === -1).map((key) => `${key} never expires`);
}

function callBreaches({ ids, recommender }: FaultFixture, { extraCalls = () => 0 }: Explained): string[] {
  return ids.flatMap((id) => {
    const calls = recommender.calls.get(id) ?? 0;
    if (calls >= 1 && calls <= 1 + extraCalls(id)) return [];
    return [`employee ${id} was asked about ${calls} times`];
  });
}

async function canaryBreaches(fixture: FaultFixture): Promise<string[]> {
  const files = await Promise.all(
    (await readdir(fixture.workspace.path('generated_files'))).map(async (name) => ({
      where: name,
      text: await readFile(fixture.workspace.path('generated_files', name), 'latin1'),
    })),
  );
  const places = [
    ...files,
    ...fixture.processes.map(({ child, stdout, stderr }) => ({
      where: `the output of ${child.spawnargs.slice(2).join(' ')}`,
      text: stdout + stderr + child.spawnargs.join(' '),
    })),
    { where: 'Redis', text: (await dumpRedis(fixture.redisUrl)).toString('latin1') },
  ];
  return places.flatMap(({ where, text }) =>
    Object.values(CANARIES)
      .filter((canary) => text.includes(canary))
      .map((canary) => `${where} holds the secret ${canary}`),
  );
}
