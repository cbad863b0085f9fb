import { type Processor, type Telemetry, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { requireRecommender } from '../../config/load.ts';
import { secretsOf } from '../../config/secrets.ts';
import { secretCutter } from '../adapters/log.ts';
import type { EmployeeJobData, QueueName, StageJobData } from '../adapters/queues.ts';
import { createRecommender } from '../adapters/recommender.ts';
import { STAGES } from '../adapters/run-record.ts';
import { REDIS_PREFIX } from '../adapters/run-store.ts';
import { retryDelayMs } from '../domain/retry-policy.ts';
import { assignmentHandler } from './assignment.ts';
import { catalogDownloadHandler } from './catalog-download.ts';
import { employeeSimulationHandler } from './employee-simulation.ts';
import { fileAssemblyHandler } from './file-assembly.ts';
import { type JobHandler, jobProcessor, shortJobProcessor } from './job-handler.ts';
import { jobIdFields, manyJobsFields } from './job-log.ts';
import { publishHandler } from './publish.ts';
import { runStartHandler } from './run-start.ts';
import { ThrottleLog } from './throttle-log.ts';
import type { WorkerContext } from './worker-context.ts';
import type { WorkerObserver } from './worker-observer.ts';

/** What a process works on. */
export interface WorkersOptions extends WorkerContext {
  /** A connection for workers: see `connectRedis`. BullMQ makes its own copies of it for blocking reads. */
  readonly redis: Redis;
  /** All queues unless given. */
  readonly only?: readonly QueueName[] | undefined;
  /** For the employee queue, instead of its setting. */
  readonly concurrency?: number | undefined;
  /** Told what the workers do. */
  readonly observer?: WorkerObserver | undefined;
  /** Traces what is done on the queues of the stages. */
  readonly telemetry?: Telemetry | undefined;
  /** How long a job stays with a process that no longer says that it works on it; BullMQ's 30 seconds unless given. */
  readonly lockMs?: number | undefined;
}

/** The workers of a process. */
export interface Workers {
  readonly queues: readonly QueueName[];
  /** Whether they take jobs now; if not, why. */
  readonly state: 'working' | 'waiting for Redis' | 'stopping';
  /**
   * Takes no new jobs, lets those in hand finish, and gives back to the queue what has not finished shortly before
   * `deadlineMs`; what even then does not stop is left to the queue's stall check. Never hangs, also without Redis.
   */
  stop(deadlineMs: number): Promise<void>;
}

/** A million jobs a second is no limit, but without a limiter BullMQ does not look whether a queue was told to rest. */
const NO_LIMIT = { max: 1_000_000, duration: 1_000 };

/** A job whose process was killed is taken up again this often before it is held to be the killer. */
const MAX_STALLED_COUNT = 3;

/** The part of the deadline that is kept for giving jobs back. */
const GIVE_BACK_SHARE = 0.3;

/** What a worker emits as an error for each job that it has lost; the jobs are logged when they are given up. */
const LOST_LOCK = /\block\b/i;

/** Starts the workers of a process. @throws BtcFakeError CONFIG_INVALID when a setting that a queue needs is missing. */
export function startWorkers(options: WorkersOptions): Workers {
  const names = options.only ?? STAGES;
  const concurrency = options.concurrency ?? options.settings.queues.concurrency['employee-simulation'];
  const recommender = names.includes('employee-simulation')
    ? createRecommender({
        ...requireRecommender(options.settings),
        sockets: concurrency,
        onCall: options.observer?.recommenderCall,
      })
    : undefined;
  const outages = new Outages(options.logger);
  options.redis.on('ready', outages.over);
  const stopping = new AbortController();
  const cutSecrets = secretCutter(secretsOf(options.settings));
  const workers = names.map((name) => {
    const pauseQueue = (ms: number) => options.queues.byName[name].rateLimit(ms);
    const observer = options.observer?.ofQueue(name);
    const throttleLog = new ThrottleLog(options.logger);
    const { logger } = options;
    const surroundings = { logger, throttleLog, stopping: stopping.signal, cutSecrets, pauseQueue, observer };
    if (name === 'employee-simulation') {
      const handler = employeeSimulationHandler(options, recommender!);
      return startWorker<EmployeeJobData>(name, shortJobProcessor(handler, surroundings), concurrency, options);
    }
    const processor = jobProcessor(stageHandler(name, options), surroundings);
    return startWorker(name, processor, options.settings.queues.concurrency[name], options);
  });
  for (const worker of workers) outages.watch(worker);
  /** Ends what is in hand: the calls to the recommender break off, the stages see their signals. */
  const giveBack = (): void => {
    stopping.abort();
    recommender?.close();
    for (const worker of workers) worker.cancelAllJobs();
  };
  let isStopping = false;
  return {
    queues: names,
    get state() {
      if (isStopping) return 'stopping';
      return outages.isOne || options.redis.status !== 'ready' ? 'waiting for Redis' : 'working';
    },
    stop: async (deadlineMs) => {
      isStopping = true;
      if (options.redis.status === 'ready') await stopWorkers(workers, giveBack, deadlineMs);
      else await abandonWorkers(workers, giveBack, deadlineMs);
      options.redis.off('ready', outages.over);
      recommender?.close();
    },
  };
}

function stageHandler(
  name: Exclude<QueueName, 'employee-simulation'>,
  context: WorkerContext,
): JobHandler<StageJobData> {
  const handlers = {
    'run-start': runStartHandler,
    'catalog-download': catalogDownloadHandler,
    assignment: assignmentHandler,
    'file-assembly': fileAssemblyHandler,
    publish: publishHandler,
  };
  return handlers[name](context);
}

function startWorker<Data extends StageJobData>(
  name: QueueName,
  processor: Processor<Data, void>,
  concurrency: number,
  { logger, redis, lockMs, telemetry }: WorkersOptions,
): Worker<Data, void> {
  const worker = new Worker<Data, void>(name, processor, {
    connection: redis,
    prefix: REDIS_PREFIX,
    concurrency,
    limiter: NO_LIMIT,
    maxStalledCount: MAX_STALLED_COUNT,
    ...(lockMs === undefined ? {} : { lockDuration: lockMs }),
    ...(telemetry === undefined || name === 'employee-simulation' ? {} : { telemetry }),
    settings: {
      backoffStrategy: (attemptsMade, _type, error) =>
        retryDelayMs({ attemptsMade, error: error?.cause, random: Math.random() }),
    },
  });
  worker.on('stalled', (job) =>
    logger.warn(jobIdFields(name, job), 'A job was taken up again: its worker had vanished'),
  );
  worker.on('lockRenewalFailed', (jobs) => {
    // Another worker may have these jobs by now; a stage must not go on beside it. (See `shortJobProcessor`.)
    for (const job of jobs) worker.cancelJob(job, 'lock lost');
    logger.warn(manyJobsFields(name, jobs), 'Locks of jobs were lost; other workers may have the jobs by now');
  });
  return worker;
}

/**
 * An outage is logged once for all queues, and once more, with a count, when it is over: an idle worker can fail very often. It
 * is over when Redis is connected again or, where it was not the connection that failed, when a queue moves.
 */
class Outages {
  readonly #logger: Logger;
  #errors = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Whether there is an outage now. */
  get isOne(): boolean {
    return this.#errors > 0;
  }

  watch(worker: Worker): void {
    worker.on('error', ({ message }) => {
      if (LOST_LOCK.test(message)) return;
      this.#errors += 1;
      if (this.#errors > 1) return;
      this.#logger.error({ reason: message }, 'The queues cannot be read; trying again until they can');
    });
    worker.on('active', this.over);
    worker.on('drained', this.over);
  }

  readonly over = (): void => {
    if (this.#errors > 0) this.#logger.warn({ errors: this.#errors }, 'The queues can be read again');
    this.#errors = 0;
  };
}

async function stopWorkers(workers: readonly Worker[], giveBack: () => void, deadlineMs: number): Promise<void> {
  const closing = Promise.all(workers.map((worker) => worker.close()));
  const giveBackMs = deadlineMs * GIVE_BACK_SHARE;
  if (await settledWithin(closing, deadlineMs - giveBackMs)) return;
  giveBack();
  await settledWithin(closing, giveBackMs);
}

/**
 * Without Redis no job can be given back, and a worker that is not closed by force would wait for it, and keep the process
 * alive, for ever.
 */
async function abandonWorkers(workers: readonly Worker[], giveBack: () => void, deadlineMs: number): Promise<void> {
  giveBack();
  await settledWithin(Promise.all(workers.map((worker) => worker.close(true))), deadlineMs);
}

async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  return Promise.race([settled, late]).finally(() => clearTimeout(timer));
}
