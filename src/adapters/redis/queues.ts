import { FlowProducer, Queue, type Telemetry } from 'bullmq';
import { BtcFakeError } from '../../domain/errors.ts';
import type { EmployeeId, RunId } from '../../domain/ids.ts';
import type { Stage } from '../../domain/run/stages.ts';
import type { EmployeeType } from '../../domain/simulation/employees.ts';
import { REDIS_PREFIX } from '../run-store/keys.ts';
import type { RedisConnection } from './client.ts';

/** Each stage of a run has a queue of its own name. */
export type QueueName = Stage;

/** What the shape of a job's data is called; a job of another version is refused, not misread. */
export const PAYLOAD_VERSION = 1;

/** The data of a job that stands for a stage of a run. */
export interface StageJobData {
  readonly version: number;
  readonly runId: RunId;
}

/** The data of the job that begins a run. */
export interface RunStartJobData extends StageJobData {
  /** For the run of a slot of the weekly schedule, which this job makes: epoch milliseconds. */
  readonly slot?: number;
}

/** The data of an employee's job. */
export interface EmployeeJobData extends StageJobData {
  readonly position: number;
  readonly employeeId: EmployeeId;
  readonly employeeType: EmployeeType;
}

/**
 * Our name for a back-off that BullMQ asks the worker about: see `retryDelayMs`. Every job holds it, so it is short.
 */
export const BACKOFF = { type: 'ours' } as const;

/** All queues, on one connection. */
export interface Queues {
  /** The connection that they are on. */
  readonly redis: RedisConnection;
  readonly byName: Readonly<Record<QueueName, Queue>>;
  readonly flow: FlowProducer;
  close(): Promise<void>;
}

/**
 * Opens the queues on a connection that the caller closes afterwards.
 * @param telemetry traces what is put on the queues of the stages.
 */
export function openQueues(redis: RedisConnection, telemetry?: Telemetry): Queues {
  const shared = { connection: redis, prefix: REDIS_PREFIX };
  const traced = telemetry === undefined ? shared : { ...shared, telemetry };
  const open = (name: QueueName) => {
    // A trace's context in each employee's job would cost as much as the job.
    const queue = new Queue(name, name === 'employee-simulation' ? shared : traced);
    // A lost connection shows at the command that needed it; without a listener the event would end the process.
    queue.on('error', () => {});
    return queue;
  };
  const flow = new FlowProducer(traced);
  flow.on('error', () => {});
  const byName = {
    'run-start': open('run-start'),
    'catalog-download': open('catalog-download'),
    assignment: open('assignment'),
    'employee-simulation': open('employee-simulation'),
    'file-assembly': open('file-assembly'),
    publish: open('publish'),
    landing: open('landing'),
  };
  return {
    redis,
    byName,
    flow,
    close: async () => {
      await Promise.all([flow.close(), ...Object.values(byName).map((queue) => queue.close())]);
    },
  };
}

/** What the key holds while a queue is throttled; else BullMQ counts jobs there, for a limit that is none. */
const THROTTLED = Number.MAX_SAFE_INTEGER;

/** A shorter pause never ends a longer one. Workers obey the key when its number reaches their limiter's. */
const THROTTLE_UNTIL_THE_LATEST = `
local untilNow = tonumber(redis.call('GET', KEYS[1]) or 0) >= tonumber(ARGV[1]) and redis.call('PTTL', KEYS[1]) or 0
if untilNow < tonumber(ARGV[2]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end`;

/**
 * Keeps all workers of a queue, on all machines, from taking jobs for `pauseMs`. BullMQ's own `rateLimit` would let a
 * shorter pause end a longer one.
 */
export async function throttleQueue({ redis, byName }: Queues, name: QueueName, pauseMs: number): Promise<void> {
  const key = byName[name].toKey('limiter');
  await redis.eval(THROTTLE_UNTIL_THE_LATEST, 1, key, THROTTLED, Math.ceil(pauseMs));
}

/** How many milliseconds a queue is still throttled; 0 when it is not. */
export function throttledForMs(queue: Queue): Promise<number> {
  return queue.getRateLimitTtl(THROTTLED);
}

/** @throws BtcFakeError PAYLOAD_VERSION when the job was written by another version of BTC Fake. */
export function assertPayload(data: StageJobData): void {
  if (data?.version === PAYLOAD_VERSION) return;
  throw new BtcFakeError(
    'PAYLOAD_VERSION',
    `This worker reads jobs of version ${PAYLOAD_VERSION}; this one is of version ${String(data?.version)}`,
    { remedy: 'Let a worker of the matching version take the job, or start the run again.' },
  );
}
