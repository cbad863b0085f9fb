import type { Logger } from 'pino';
import { type LoadedSettings, type LoadOptions, loadSettings } from '../../config/load.ts';
import { secretsOf } from '../../config/secrets.ts';
import type { Settings } from '../../config/settings.ts';
import { packageVersion } from '../adapters/disk/package-root.ts';
import { createLogger } from '../adapters/process/log.ts';
import type { Telemetry } from '../adapters/process/telemetry.ts';
import { endedWithin } from '../adapters/process/time-limit.ts';
import type { RedisConnection } from '../adapters/redis/client.ts';
import { type ConnectionRole, connectRedis } from '../adapters/redis/connection.ts';
import { redisFailure, redisRefusal } from '../adapters/redis/failure.ts';
import { openQueues, type QueueName, type Queues } from '../adapters/redis/queues.ts';
import { assertSuitableRedis, assertWritableRedis } from '../adapters/redis/suitability.ts';
import { RunStore } from '../adapters/run-store/store.ts';
import { ScheduleStore } from '../adapters/shared-state/schedule-store.ts';
import { SharedClock } from '../adapters/shared-state/shared-clock.ts';
import { HEARTBEAT_MS, WorkerRegistry } from '../adapters/shared-state/worker-registry.ts';
import { ERROR_CODES } from '../domain/errors.ts';
import type { PeriodicTask } from '../workers/periodic/periodic-task.ts';
import type { Workers } from '../workers/runtime/runtime.ts';
import type { WorkerContext } from '../workers/runtime/worker-context.ts';
import type { WorkerObserver } from '../workers/runtime/worker-observer.ts';
import { holdRedisOf } from './held-redis.ts';
import { hideInErrors } from './report-error.ts';
import { clearForLine, printProgress, wantsColour } from './terminal.ts';

/** What a command works with that needs no Redis. */
export interface CommandContext {
  readonly loaded: LoadedSettings;
  readonly settings: Settings;
  readonly secrets: readonly string[];
  readonly logger: Logger;
  readonly scratchFolder: string | undefined;
}

/** How a command wants to begin. */
export interface CommandContextOptions extends LoadOptions {
  /** Log as configured on a terminal too. */
  readonly logAll?: boolean;
  /** Keep our own Redis in this folder, apart from everybody else's runs, and begin with an empty one. */
  readonly scratchFolder?: string;
}

/** What a command works with. */
export interface Session extends CommandContext {
  /** Whether Redis is our own child and lives no longer than the commands that use it. */
  readonly embedded: boolean;
  readonly redisLocation: string;
  readonly redis: RedisConnection;
  readonly store: RunStore;
  readonly schedule: ScheduleStore;
  readonly queues: Queues;
}

/**
 * Loads the settings and makes the logger. On a terminal, where commands show their progress themselves, only what is
 * wrong is logged, unless LOG_LEVEL or `logAll` says otherwise.
 * @throws BtcFakeError CONFIG_INVALID.
 */
export function openCommandContext(options: CommandContextOptions = {}): CommandContext {
  const loaded = loadSettings(options);
  const { settings } = loaded;
  const secrets = secretsOf(settings);
  hideInErrors(secrets);
  const terminal = process.stderr.isTTY === true;
  const asConfigured = options.logAll || !terminal || loaded.sources.has('LOG_LEVEL');
  const level = asConfigured ? settings.log.level : 'warn';
  // Besides what a command tells of its progress, which is text, JSON could be read by nobody.
  const format = terminal ? 'terminal' : options.logAll ? 'json' : 'text';
  const logger = createLogger({ level, secrets, format, colour: wantsColour(), beforeLine: clearForLine });
  for (const warning of loaded.warnings) {
    if (format === 'json') logger.warn(warning);
    else printProgress(`btc-fake: ${warning}`);
  }
  return { loaded, settings, secrets, logger, scratchFolder: options.scratchFolder };
}

/**
 * Opens Redis (our own when REDIS_URL is not set) and what stands on it, for as long as `work` takes.
 * @throws BtcFakeError REDIS_NOT_INSTALLED, REDIS_UNREACHABLE, REDIS_FULL, REDIS_UNSUITABLE, or what `work` throws.
 */
export async function withSession<T>(
  command: CommandContext,
  work: (session: Session) => Promise<T>,
  role: ConnectionRole = 'command',
): Promise<T> {
  const { url } = command.settings.redis;
  const embeddedRedis = url === undefined ? await holdRedisOf(command.scratchFolder ?? process.cwd()) : undefined;
  const redisLocation = url ?? embeddedRedis!.url;
  try {
    return await withConnection(redisLocation, role, command, async (connection) => {
      // What an interrupted command left there would be worked on first. A command that runs now keeps its own.
      if (command.scratchFolder && embeddedRedis?.started) await connection.redis.flushall();
      return work({ ...command, ...connection, redisLocation, embedded: embeddedRedis !== undefined });
    });
  } catch (error) {
    throw redisFailure(error, redisLocation);
  } finally {
    await embeddedRedis?.release();
  }
}

/** How workers are started in this process. */
export interface WorkersChoice {
  readonly only?: readonly QueueName[] | undefined;
  readonly concurrency?: number | undefined;
  /** Told what the workers do. */
  readonly observer?: WorkerObserver | undefined;
  /** What this process does again and again besides. */
  readonly periodicTasks?: (context: WorkerContext) => readonly PeriodicTask[];
}

/**
 * Workers in this process, on connections of their own that wait for Redis when it is away, while `work` runs. The
 * process is announced as alive for as long.
 * @throws BtcFakeError FILE_UNREADABLE when they would lack the UserCompletion template, and what Redis answers when
 * this user may not write or not run scripts.
 */
export async function withWorkers<T>(
  { settings, logger, redisLocation, redis: commands }: Session,
  { periodicTasks, ...choice }: WorkersChoice,
  work: (workers: Workers) => Promise<T>,
): Promise<T> {
  // Half of the command line's code is what workers do; commands that only look need none of it.
  const { startWorkers } = await import('../workers/runtime/runtime.ts');
  const { startPeriodicTasks } = await import('../workers/periodic/periodic-task.ts');
  const { describeWorker, heartbeat } = await import('../workers/periodic/heartbeat.ts');
  const { lostJobsTask } = await import('../workers/periodic/lost-jobs.ts');
  const { requireTemplate } = await import('../workers/stages/template-file.ts');
  if (choice.only?.includes('file-assembly') ?? true) await requireTemplate(settings);
  // On the connection that fails at once: the workers' own would wait until Redis takes it.
  await tryWrites(commands, redisLocation, logger);
  const telemetry = await openTelemetry(settings, logger);
  const traced = { settings, telemetry: telemetry?.ofQueues };
  return withConnection(redisLocation, 'worker', traced, async (connection) => {
    const { redis } = connection;
    const clock = await SharedClock.read(redis);
    const context: WorkerContext = { settings, logger, ...connection, now: clock.now };
    const registry = new WorkerRegistry(redis);
    // People look for what is missing; the next heartbeat may be seconds away.
    const onLack = () => void registry.announce(worker, Date.now).catch(() => {});
    const workers = startWorkers({ ...context, redis, telemetry: telemetry?.ofQueues, onLack, ...choice });
    const { queues, mostEmployees: concurrency, sources } = workers;
    const worker = {
      ...describeWorker({ version: packageVersion(), queues, concurrency }, Date.now()),
      sources,
      // Asked for at each heartbeat.
      get lacksFolders() {
        return workers.lacksFolders;
      },
    };
    const alive = heartbeat(registry, worker, { logger, now: Date.now });
    const time: PeriodicTask = { name: 'clock', everyMs: HEARTBEAT_MS, run: () => clock.measure() };
    const running = startPeriodicTasks(
      [time, alive, workers.cancellations, lostJobsTask(context), ...(periodicTasks?.(context) ?? [])],
      logger,
    );
    try {
      return await work(workers);
    } finally {
      await Promise.all([running.stop(), workers.stop(settings.queues.shutdownTimeoutMs)]);
    }
  }).finally(() => telemetry?.stop());
}

/**
 * Workers wait for what passes by itself, as they do later: a full Redis, a replica whose address will lead to a
 * master.
 */
async function tryWrites(redis: RedisConnection, location: string, logger: Logger): Promise<void> {
  await assertWritableRedis(redis).catch((error: unknown) => {
    const refusal = redisRefusal(error, location);
    if (!refusal || !ERROR_CODES[refusal.code].retryable) throw error;
    logger.error({ remedy: refusal.remedy }, `${refusal.message}; waiting until it serves`);
  });
}

/** Traces of what workers do, where a collector is configured. */
async function openTelemetry({ telemetry }: Settings, logger: Logger): Promise<Telemetry | undefined> {
  const { otlpEndpoint: endpoint, proxyUrl } = telemetry;
  if (endpoint === undefined) return undefined;
  const { startTelemetry } = await import('../adapters/process/telemetry.ts');
  return startTelemetry({ endpoint, proxyUrl, version: packageVersion(), logger });
}

interface Connection {
  readonly redis: RedisConnection;
  readonly store: RunStore;
  readonly schedule: ScheduleStore;
  readonly queues: Queues;
}

const CLOSE_LIMIT_MS = 2_000;

async function withConnection<T>(
  location: string,
  role: ConnectionRole,
  { settings, telemetry }: { settings: Settings; telemetry?: Telemetry['ofQueues'] | undefined },
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const redis = await connectRedis(location, role, settings.redis);
  try {
    // Before any queue is opened: each would print a warning of its own.
    await assertSuitableRedis(redis);
    const queues = openQueues(redis, telemetry);
    try {
      const store = new RunStore(redis, settings.run.retentionMs);
      return await work({ redis, queues, store, schedule: new ScheduleStore(redis) });
    } finally {
      await closeQueues(queues);
    }
  } finally {
    redis.disconnect();
  }
}

async function closeQueues(queues: Queues): Promise<void> {
  // Without Redis, closing would wait for it.
  await endedWithin(queues.close(), CLOSE_LIMIT_MS);
}
