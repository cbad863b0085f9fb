import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { RunStore } from '../../src/adapters/run-store/store.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { withRecommender } from '../baselines/counting-recommender.ts';
import { startBenchRedis } from '../bench-redis.ts';
import { RETENTION_MS, untilFinished } from '../bench-run.ts';
import { type BenchCommand, startCommand } from '../commands.ts';
import type { BenchContext, Section } from '../section.ts';
import { figure, ratioSpread, type Spread, spread } from '../spread.ts';
import { inWorkloadFolder } from '../workload.ts';

const EVERY_MS = 1_000;
/** A command is a process: to start one takes more of the processor than all pages of a second. */
const TURNS_PER_COMMAND = 5;
/** What Bull Board's page asks for as long as it is open. */
const QUEUES_PAGE = '/queues/api/queues?activeQueue=employee-simulation&status=latest&page=1&jobsPerPage=10';

/** What it costs a run to be looked at. */
export const watchedSection: Section = {
  name: 'watched',
  about: 'a run while the dashboard, the metrics and the command line look at it, against an unwatched run',
  async measure(context) {
    const { employees, latencyMs } = context.sizes.watched;
    const alone: number[] = [];
    const watched: number[] = [];
    const pageMs: number[] = [];
    for (let i = 0; i < context.sizes.repeats; i++) {
      alone.push(await run(context, async () => {}, 'that nobody looks at'));
      watched.push(await run(context, (fixture) => watch(fixture, pageMs), 'that is looked at'));
    }
    return {
      title: 'A run that is looked at',
      method:
        `A worker and a dashboard, a run of ${figure(employees)} employees at ${latencyMs} ms latency of the recommender. While ` +
        'it runs, each second: the list of runs, the page of the run, what Bull Board asks for, the metrics of the dashboard and those of the worker ' +
        'are fetched, and every five seconds `btc-fake status` is called, all the while the page of the run is kept up to date by server-sent events; ' +
        'in turn with the same processes that nobody asks anything.',
      ratios: [
        {
          name: 'watchedRatio',
          text: 'Calls a second of a run that is looked at / that nobody looks at',
          value: ratioSpread(watched, alone),
        },
      ],
      tables: [
        {
          columns: ['Nobody looks, calls/s', 'Looked at, calls/s', 'A page took, ms'],
          rows: [[spread(alone), spread(watched), pageSpread(pageMs)]],
        },
      ],
      plots: [],
    };
  },
};

interface WatchFixture {
  readonly folder: string;
  readonly runId: RunId;
  readonly dashboard: string;
  readonly metrics: string;
  /** Aborted when the run has ended. */
  readonly ended: AbortSignal;
}

async function run(
  { sizes, say }: BenchContext,
  look: (fixture: WatchFixture) => Promise<void>,
  which: string,
): Promise<number> {
  const { employees, latencyMs } = sizes.watched;
  return withRecommender(latencyMs, (recommender) =>
    inWorkloadFolder(employees, async (folder) => {
      const redis = await startBenchRedis(folder);
      const [dashboardPort, metricsPort] = await freePorts(2);
      const commands: BenchCommand[] = [];
      const env = { API_BASE_URL: recommender.url, LOG_LEVEL: 'info' };
      try {
        // Without a recommender of its own the dashboard works on nothing.
        const dashboard = startCommand(folder, ['dashboard', '--port', String(dashboardPort)], { LOG_LEVEL: 'info' });
        const worker = startCommand(folder, ['worker'], { ...env, METRICS_PORT: String(metricsPort) });
        commands.push(dashboard, worker);
        await Promise.all([dashboard.saying('The dashboard is served'), worker.saying('Working')]);
        const args = ['run', '--employees', 'employees.csv', '--seed', 'bench', '--detach', '--json'];
        const { runId } = JSON.parse(await startCommand(folder, args, env).ended) as { runId: RunId };
        const ended = new AbortController();
        const looking = look({
          folder,
          runId,
          dashboard: `http://127.0.0.1:${dashboardPort}`,
          metrics: `http://127.0.0.1:${metricsPort}/metrics`,
          ended: ended.signal,
        });
        await untilFinished(new RunStore(redis.client, RETENTION_MS), runId);
        ended.abort();
        await looking;
        const perSecond = await recommender.perSecond();
        say(`run of ${employees} employees ${which}: ${figure(perSecond)} calls/s`);
        return perSecond;
      } finally {
        await Promise.all(commands.map((command) => command.stop()));
        await redis.stop();
      }
    }),
  );
}

/** Looks at a run in every way until it has ended. */
async function watch({ folder, runId, dashboard, metrics, ended }: WatchFixture, pageMs: number[]): Promise<void> {
  const pages = [`${dashboard}/`, `${dashboard}/runs/${runId}`, `${dashboard}${QUEUES_PAGE}`];
  const events = readEvents(`${dashboard}/runs/${runId}/events`, ended);
  for (let turns = 0; !ended.aborted; turns++) {
    const turn = delay(EVERY_MS, undefined, { signal: ended }).catch(() => {});
    const status =
      turns % TURNS_PER_COMMAND === 0 ? startCommand(folder, ['status', runId, '--json']).ended : undefined;
    for (const page of pages) {
      const startedAt = performance.now();
      await fetched(page);
      pageMs.push(performance.now() - startedAt);
    }
    await Promise.all([fetched(`${dashboard}/metrics`), fetched(metrics), status, turn]);
  }
  await events;
}

async function fetched(url: string): Promise<void> {
  const response = await fetch(url);
  await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}

async function readEvents(url: string, signal: AbortSignal): Promise<void> {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    for await (const _ of response.body!) signal.throwIfAborted();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function pageSpread(pageMs: readonly number[]): Spread | string {
  return pageMs.length === 0 ? 'none was asked for' : spread(pageMs);
}

/** Ports of loopback that nobody listens on now, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
