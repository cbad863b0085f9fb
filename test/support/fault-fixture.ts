import { Redis } from 'ioredis';
import type { RedisConnection } from '../../src/adapters/redis/client.ts';
import { openQueues, type Queues } from '../../src/adapters/redis/queues.ts';
import { RunStore } from '../../src/adapters/run-store/store.ts';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { type RunState, type RunStatus, runStatus } from '../../src/queries/run-status.ts';
import type { RunningBtcFake } from './btc-fake.ts';
import { type DurableRedis, startDurableRedis } from './durable-redis.ts';
import { type Answer, type FaultyRecommender, recommends, startFaultyRecommender } from './faulty-recommender.ts';
import { type RunFiles, readRunFiles } from './run-files.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { waitUntil } from './wait-until.ts';
import { makeWorkspace, type Workspace, type WorkspaceOptions } from './workspace.ts';

/** A secret in every place that holds one; none of them may be seen anywhere. */
export const CANARIES = {
  redis: 'canary-redis-7Kq2',
  sftp: 'canary-sftp-9Zx4',
  databricks: 'canary-databricks-4Wv8',
  dashboard: 'canary-dashboard-5Tz1',
  recommender: 'canary-recommender-3Jn6',
  proxy: 'canary-proxy-2Rb9',
  webhook: 'canary-webhook-8Qw6',
} as const;

export interface FaultFixtureOptions
  extends Pick<WorkspaceOptions, 'sftpInbound' | 'warehouse' | 'template' | 'standAlone'> {
  /** How many employees; types a, b and f by turns. */
  readonly employees: number;
  /** What the recommender does with a call instead of answering well. `nthCall` counts this employee's, from 1. */
  readonly misbehave?: (employeeId: number, nthCall: number) => Answer | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** How long a command may take, the undisturbed run too; 60,000 unless given. */
  readonly commandLimitMs?: number;
  /** Further settings of redis.conf. */
  readonly redis?: Readonly<Record<string, string>>;
  /** Once the undisturbed run is over, processes and tests work on this Redis instead of the fixture's own. */
  readonly elsewhere?: RedisElsewhere;
}

/** A Redis that somebody else started, and stops. */
export interface RedisElsewhere {
  /** What processes need to find it: REDIS_URL and its companions. */
  readonly env: Readonly<Record<string, string>>;
  /** The tests' own connection; who opened it closes it. */
  readonly connection: RedisConnection;
}

/**
 * Everything that a run needs, on one machine, to be broken: Redis, a proxy before it, a recommender, and processes.
 */
export interface FaultFixture {
  readonly redis: DurableRedis;
  /** Between the commands and Redis. */
  readonly proxy: TcpProxy;
  readonly recommender: FaultyRecommender;
  readonly workspace: Workspace;
  readonly ids: readonly number[];
  /** Every process that was started, with what it said. */
  readonly processes: readonly RunningBtcFake[];
  /** The files of the same run, left in peace. */
  readonly reference: RunFiles;
  /** Straight to Redis, past the proxy, with its password. */
  readonly redisUrl: string;
  readonly store: RunStore;
  readonly queues: Queues;
  readonly connection: RedisConnection;
  /** Starts a command; after `limitMs` it is killed. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>, limitMs?: number): RunningBtcFake;
  /** Puts the run on the queue, for workers. */
  begin(args?: readonly string[]): Promise<RunId>;
  /** Waits until that many employees of a run have a result. */
  done(runId: RunId, atLeast: number): Promise<void>;
  status(runId: RunId): Promise<RunStatus>;
  /** Waits until the run is in this state. */
  reaches(runId: RunId, state: RunState, limitMs?: number): Promise<void>;
  /** The report of a run, by the command. */
  report(runId: RunId): Promise<RunReport>;
  close(): Promise<void>;
}

const FIRST_ID = 500_001;
const COMMAND_LIMIT_MS = 60_000;
const RUN = ['run', '--seed', 'faults', '--as-of', '2025-10-28T11:00:00Z'];

/** Opens a fixture and makes its reference. Close it when the tests are done, also when they failed. */
export async function openFaultFixture(options: FaultFixtureOptions): Promise<FaultFixture> {
  const ids = Array.from({ length: options.employees }, (_, i) => FIRST_ID + i);
  const processes: RunningBtcFake[] = [];
  const redis = await startDurableRedis({ requirepass: CANARIES.redis, ...options.redis });
  const proxy = await startTcpProxy(redis);
  const recommender = await startFaultyRecommender({
    answer: (id, nthCall) => options.misbehave?.(id, nthCall) ?? answerFor(id),
  });
  // Nobody breaks this one.
  const peaceful = await startFaultyRecommender({ answer: answerFor });
  const { sftpInbound, warehouse, template, standAlone } = options;
  const workspace = await makeWorkspace({
    employees: ids.map((id, i) => `${id},${'abf'.charAt(i % 3)}`),
    recommenderUrl: recommender.url,
    redisUrl: `redis://:${CANARIES.redis}@${proxy.host}:${proxy.port}`,
    ...(sftpInbound ? { sftpInbound } : {}),
    ...(warehouse ? { warehouse } : {}),
    ...(template === undefined ? {} : { template }),
    ...(standAlone ? { standAlone } : {}),
    env: { ...secretEnvironment(), ...options.env },
  });
  const redisUrl = redis.url.replace('://', `://:${CANARIES.redis}@`);
  const own = new Redis(redisUrl, { maxRetriesPerRequest: null, disconnectTimeout: 100 });
  own.on('error', () => {});
  const connection = options.elsewhere?.connection ?? own;
  let elsewhere: Readonly<Record<string, string>> = {};
  const queues = openQueues(connection);
  const store = new RunStore(connection, 24 * 3600 * 1000);
  const status = async (runId: RunId) => runStatus(queues, store, await store.getRun(runId));

  const start: FaultFixture['start'] = (args, env = {}, limitMs = options.commandLimitMs ?? COMMAND_LIMIT_MS) => {
    const command = workspace.start(args, { ...elsewhere, ...env }, limitMs);
    processes.push(command);
    return command;
  };
  const ended = async (args: readonly string[], env = {}) => {
    const result = await start(args, env).ended;
    if (result.code !== 0) throw new Error(`btc-fake ${args.join(' ')} ended with ${result.code}: ${result.stderr}`);
    return result;
  };
  const undisturbed = await ended([...RUN, '--with-workers', '--json'], { API_BASE_URL: peaceful.url });
  const reference = await readRunFiles(undisturbed.json<RunReport>(), workspace.folder);
  await peaceful.close();
  elsewhere = options.elsewhere?.env ?? {};

  return {
    redis,
    redisUrl,
    proxy,
    recommender,
    workspace,
    ids,
    processes,
    reference,
    store,
    queues,
    connection,
    start,
    status,
    begin: async (args = []) => {
      recommender.forgetCalls();
      return (await ended([...RUN, '--detach', '--json', ...args])).json<{ runId: RunId }>().runId;
    },
    done: (runId, atLeast) =>
      waitUntil(`${atLeast} employees are done`, async () => (await store.countResults(runId)) >= atLeast, 20_000),
    reaches: (runId, state, limitMs = 60_000) =>
      waitUntil(`the run is ${state}`, async () => (await status(runId)).state === state, limitMs),
    report: async (runId) => (await start(['status', runId, '--json']).ended).json<RunReport>(),
    async close() {
      await Promise.all(processes.map((command) => command.kill()));
      await queues.close();
      own.disconnect();
      await proxy.close();
      await recommender.close();
      await redis.stop();
      await workspace.remove();
    },
  };
}

/** Three recommendations: one is known to the catalogs, one is in neither, one was assigned to some. */
function answerFor(id: number): Answer {
  return recommends(892_001 + (id % 2), 555, 1_915_003);
}

function secretEnvironment(): Record<string, string> {
  return {
    SFTP_OUTBOUND_HOST: 'sftp.vendor.example',
    SFTP_OUTBOUND_USER: 'nobody',
    SFTP_OUTBOUND_PASSWORD: CANARIES.sftp,
    SFTP_OUTBOUND_REMOTE_PATH: '/incoming',
    API_KEY: CANARIES.recommender,
    HTTPS_PROXY: `http://svc:${CANARIES.proxy}@proxy.example:3128`,
    DASHBOARD_USER: 'operator',
    DASHBOARD_PASSWORD: CANARIES.dashboard,
  };
}
