import { type Processor, type Telemetry, Worker } from 'bullmq';
import { requireRecommender } from '../../../config/load.ts';
import { secretsOf } from '../../../config/secrets.ts';
import { secretCutter } from '../../adapters/process/secret-cutter.ts';
import { endedWithin } from '../../adapters/process/time-limit.ts';
import { type CallObserver, createRecommender } from '../../adapters/recommender/client.ts';
import type { RedisConnection } from '../../adapters/redis/client.ts';
import { type EmployeeJobData, type QueueName, type StageJobData, throttleQueue } from '../../adapters/redis/queues.ts';
import { FailureStore } from '../../adapters/run-store/failures.ts';
import { REDIS_PREFIX } from '../../adapters/run-store/keys.ts';
import type { EmployeeId } from '../../domain/ids.ts';
import { retryDelayMs } from '../../domain/recommender/retry-policy.ts';
import type { RunSources } from '../../domain/run/sources.ts';
import { STAGES } from '../../domain/run/stages.ts';
import { CancelledRuns } from '../periodic/cancelled-runs.ts';
import type { PeriodicTask } from '../periodic/periodic-task.ts';
import { EmployeeConcurrency } from '../recommender/employee-concurrency.ts';
import { RecommenderWatch } from '../recommender/watch.ts';
import { assignmentHandler } from '../stages/assignment.ts';
import { catalogDownloadHandler } from '../stages/catalog-download.ts';
import { employeeSimulationHandler } from '../stages/employee-simulation.ts';
import { fileAssemblyHandler } from '../stages/file-assembly.ts';
import { landingHandler } from '../stages/landing.ts';
import { publishHandler } from '../stages/publish.ts';
import { runStartHandler } from '../stages/run-start.ts';
import { ForeignRuns } from './foreign-runs.ts';
import { failureReason, type JobHandler, jobProcessor, shortJobProcessor } from './job-handler.ts';
import { jobFields, jobIdFields, manyJobsFields } from './job-log.ts';
import { QueueOutages } from './queue-outages.ts';
import { waitingForMemory } from './redis-memory.ts';
import { ServedRuns } from './served-runs.ts';
import { onlyServed } from './served-stage.ts';
import { ThrottleLog } from './throttle-log.ts';
import type { WorkerContext } from './worker-context.ts';
import type { WorkerObserver } from './worker-observer.ts';
import { WorkerPause } from './worker-pause.ts';

/** What a process works on. */
export interface WorkersOptions extends WorkerContext {
  /** A connection for workers: see `connectRedis`. BullMQ makes its own copies of it for blocking reads. */
  readonly redis: RedisConnection;
  /** For the employee queue, instead of EMPLOYEE_CONCURRENCY. */
  readonly concurrency?: number | undefined;
  /** Told what the workers do. */
  readonly observer?: WorkerObserver | undefined;
  /** Traces what is done on the queues of the stages. */
  readonly telemetry?: Telemetry | undefined;
  /** Told when a run asks for a folder that is not here: see `Workers.lacksFolders`. */
  readonly onLack?: (() => void) | undefined;
  /** How long a job stays with a process that no longer says that it works on it; BullMQ's 30 seconds unless given. */
  readonly lockMs?: number | undefined;
}

/** The workers of a process. */
export interface Workers {
  readonly queues: readonly QueueName[];
  /** The most employees that they simulate at the same time; 0 when that is not their work. */
  readonly mostEmployees: number;
  /** Where their answers come from. */
  readonly sources: RunSources;
  /** The folders that runs asked of them lately and that are not here. */
  readonly lacksFolders: readonly string[];
  /** Ends what they have of runs that are cancelled; to be done for as long as they work. */
  readonly cancellations: PeriodicTask;
  /** Whether they take jobs now; if not, why. */
  readonly state: 'working' | 'waiting for Redis' | 'stopping';
  /**
   * Takes no new jobs, lets active jobs finish, and gives back to the queue what has not finished shortly before
   * `deadlineMs`; what even then does not stop is left to the queue's stall check. Never hangs, also without Redis.
   */
  stop(deadlineMs: number): Promise<void>;
}

/** A million jobs a second is no limit, but without a limiter BullMQ does not look whether a queue is throttled. */
const NO_LIMIT = { max: 1_000_000, duration: 1_000 };

/** A job whose process was killed is taken up again this often before it is held to be the killer. */
const MAX_STALLED_COUNT = 3;
/** The same of a stage: it lasts longer than an employee, and therefore meets more deaths that it has not caused. */
const MAX_STALLED_COUNT_OF_STAGE = 10;

/** The result of an employee's job is in the run store, so a completed one leaves nothing behind. */
const KEEP_NONE = { count: 0 };

/** The part of the deadline that is kept for giving jobs back. */
const GIVE_BACK_SHARE = 0.3;

/**
 * Starts the workers of a process.
 * @throws BtcFakeError CONFIG_INVALID when a setting that a queue needs is missing.
 */
export function startWorkers(options: WorkersOptions): Workers {
  const names = options.only ?? STAGES;
  const { settings, logger, redis, queues, observer } = options;
  const stopping = new AbortController();
  const cutSecrets = secretCutter(secretsOf(settings));
  const outages = new QueueOutages(logger);
  redis.on('ready', outages.over);
  const whenMemoryIsFree = waitingForMemory(outages.failed);
  const served = new ServedRuns(settings, options, options.onLack);
  const cancelled = new CancelledRuns(options, (runId) => {
    for (const worker of workers) worker.cancelJob(runId, 'cancelled');
  });
  const pauses: WorkerPause[] = [];
  const started = <Data extends StageJobData>(name: QueueName, processor: Processor<Data, void>, atOnce: number) => {
    const worker = startWorker<Data>(name, processor, atOnce, options);
    const pause = new WorkerPause(worker);
    pauses.push(pause);
    outages.watch(worker, pause);
    return { worker, pause };
  };
  // First of all, because nothing may be left running when a setting is missing.
  const employees = names.includes('employee-simulation') ? watchedRecommender(options, cutSecrets) : undefined;
  const workers: readonly Worker[] = names.map((name): Worker => {
    const pauseQueue = (ms: number) => throttleQueue(queues, name, ms);
    const ofQueue = observer?.ofQueue(name);
    const throttleLog = new ThrottleLog(logger);
    const forAll = { logger, throttleLog, stopping: stopping.signal, cutSecrets, whenMemoryIsFree };
    const foreign = new ForeignRuns(name, options, served);
    const dependencies = { ...forAll, pauseQueue, observer: ofQueue, notServed: foreign.met };
    if (name !== 'employee-simulation') {
      const processor = jobProcessor(cancelled.unless(stageHandler(name, options, served)), dependencies);
      const { worker, pause } = started(name, processor, settings.queues.concurrency[name]);
      foreign.attach(pause);
      return worker;
    }
    const { recommender, concurrency, watch } = employees!;
    const handler = employeeSimulationHandler(
      { ...options, served, cancelled },
      recommender,
      whenMemoryIsFree,
      watch.succeeded,
    );
    const processor = shortJobProcessor(handler, { ...dependencies, outagePause: watch.failed });
    const { worker, pause } = started<EmployeeJobData>(name, processor, concurrency.least);
    recordFailures(worker, options);
    concurrency.attach(worker);
    watch.attach(pause);
    foreign.attach(pause);
    return worker;
  });
  /** Ends what is in progress: the calls to the recommender break off, the stages see their signals. */
  const giveBack = (): void => {
    stopping.abort();
    employees?.recommender.close();
    for (const worker of workers) worker.cancelAllJobs();
  };
  let isStopping = false;
  return {
    queues: names,
    mostEmployees: employees?.concurrency.most ?? 0,
    sources: served.sources,
    cancellations: cancelled.periodicTask,
    get lacksFolders() {
      return served.lacksFolders;
    },
    get state() {
      if (isStopping) return 'stopping';
      return outages.isUnderWay || options.redis.status !== 'ready' ? 'waiting for Redis' : 'working';
    },
    stop: async (deadlineMs) => {
      isStopping = true;
      for (const pause of pauses) pause.stop();
      employees?.watch.stop();
      outages.stop();
      if (options.redis.status === 'ready') await stopWorkers(workers, giveBack, deadlineMs);
      else await abandonWorkers(workers, giveBack, deadlineMs);
      options.redis.off('ready', outages.over);
      employees?.recommender.close();
    },
  };
}

/** @throws BtcFakeError CONFIG_INVALID. */
function watchedRecommender(options: WorkersOptions, cutSecrets: (text: string) => string) {
  const { outagePatienceMs: patienceMs, ...where } = requireRecommender(options.settings);
  const { logger, redis, now, observer } = options;
  const { concurrency: atOnce, employeeConcurrencyMax } = options.settings.queues;
  const least = options.concurrency ?? atOnce['employee-simulation'];
  const most = employeeConcurrencyMax ?? least;
  const concurrency = new EmployeeConcurrency({ least, most, onChange: observer?.employeeConcurrency });
  const onOutage = observer?.recommenderOutage;
  const onCall = toldBoth(observer?.recommenderCall, concurrency.callEnded);
  const recommender = createRecommender({ ...where, sockets: concurrency.most, onCall });
  const ask = (employeeId: EmployeeId) => recommender.recommend(employeeId);
  const watch = new RecommenderWatch({ patienceMs, concurrency, redis, logger, now, cutSecrets, ask, onOutage });
  return { watch, concurrency, recommender };
}

function toldBoth(one: CallObserver | undefined, other: CallObserver | undefined): CallObserver | undefined {
  if (!one || !other) return one ?? other;
  return (seconds, outcome) => {
    one(seconds, outcome);
    other(seconds, outcome);
  };
}

function stageHandler(
  name: Exclude<QueueName, 'employee-simulation'>,
  context: WorkerContext,
  served: ServedRuns,
): JobHandler<StageJobData> {
  if (name === 'run-start') return runStartHandler(context);
  const handlers = {
    'catalog-download': catalogDownloadHandler,
    assignment: assignmentHandler,
    'file-assembly': fileAssemblyHandler,
    publish: publishHandler,
    landing: landingHandler,
  };
  return onlyServed(name, handlers[name](context), context.store, served);
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
    maxStalledCount: name === 'employee-simulation' ? MAX_STALLED_COUNT : MAX_STALLED_COUNT_OF_STAGE,
    ...(name === 'employee-simulation' ? { removeOnComplete: KEEP_NONE } : {}),
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
    // Another worker may have these jobs by now; a stage must not continue beside it. (See `shortJobProcessor`.)
    for (const job of jobs) worker.cancelJob(job, 'lock lost');
    logger.warn(manyJobsFields(name, jobs), 'Locks of jobs were lost; other workers may have the jobs by now');
  });
  return worker;
}

/** Keeps who failed for good on record, also if somebody deletes the failed job. */
function recordFailures(worker: Worker<EmployeeJobData>, { queues, logger }: WorkersOptions): void {
  const failures = new FailureStore(queues.redis);
  worker.on('failed', (job) => {
    if (!job?.finishedOn) return;
    failures.put(job.data.runId, job.data.employeeId, job.failedReason).catch((error: unknown) => {
      logger.warn({ ...jobFields(job), reason: failureReason(error) }, 'A failure could not be recorded');
    });
  });
}

async function stopWorkers(workers: readonly Worker[], giveBack: () => void, deadlineMs: number): Promise<void> {
  const closing = Promise.all(workers.map((worker) => worker.close()));
  const giveBackMs = deadlineMs * GIVE_BACK_SHARE;
  if (await endedWithin(closing, deadlineMs - giveBackMs)) return;
  giveBack();
  await endedWithin(closing, giveBackMs);
}

/**
 * Without Redis no job can be given back, and a worker that is not closed by force would wait for it, and keep the
 * process alive, for ever.
 */
async function abandonWorkers(workers: readonly Worker[], giveBack: () => void, deadlineMs: number): Promise<void> {
  giveBack();
  await endedWithin(Promise.all(workers.map((worker) => worker.close(true))), deadlineMs);
}
