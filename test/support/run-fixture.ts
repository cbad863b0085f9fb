import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from 'bullmq';
import { type Logger, pino } from 'pino';
import { loadSettings } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import type { RedisConnection } from '../../src/adapters/redis/client.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { openQueues, type QueueName, type Queues, type StageJobData } from '../../src/adapters/redis/queues.ts';
import { RunStore } from '../../src/adapters/run-store/store.ts';
import { ScheduleStore } from '../../src/adapters/shared-state/schedule-store.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunRecord } from '../../src/domain/run/record.ts';
import type { Employee } from '../../src/domain/simulation/employees.ts';
import { createRun, type RunRequest } from '../../src/producers/create-run.ts';
import { addRunFlow } from '../../src/producers/run-flow.ts';
import type { WorkerContext } from '../../src/workers/runtime/worker-context.ts';
import { instant } from './domain-values.ts';
import { startTestRedis, type TestRedis } from './redis.ts';

/** A line of the log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** All that stages work with: a real Redis, real queues and folders of its own. */
export interface RunFixture extends WorkerContext {
  readonly server: TestRedis;
  readonly redis: RedisConnection;
  readonly logger: Logger;
  readonly log: readonly LogLine[];
  readonly folder: string;
  /** The settings, with others than those of the fixture. */
  settingsWith(env: Record<string, string>): Settings;
  /** A run of these employees, made as a command makes it. */
  createRun(employees: readonly Employee[], request?: Partial<RunRequest>): Promise<RunRecord>;
  /** The same, with its flow on the queues. */
  createRunWithFlow(employees: readonly Employee[], request?: Partial<RunRequest>): Promise<RunRecord>;
  /** The job of a queue, which must be there. */
  job(queue: QueueName, id: string): Promise<Job<StageJobData>>;
  /** Empties Redis and the log. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const CATALOGS = {
  'StandAloneContent_v2_2025_10_27_1_aaaaaa.csv':
    'ContentId,Title,Daily_Dose_BA,CreateDate\n' +
    '900001,Dose 1,TRUE,2025-10-01\n900002,Dose 2,TRUE,2025-10-02\n900003,Dose 3,TRUE,2025-10-03\n900004,Dose 4,TRUE,\n' +
    Array.from({ length: 40 }, (_, i) => `${910_001 + i},Other ${i},,\n`).join(''),
  'CourseCatalog_V2_2025_10_27_1_bbbbbb.csv': 'CourseId,CourseName\n920001,Course\n920002,Another\n',
};

/** Starts a Redis and opens everything on it. Close it when the tests are done, also when they failed. */
export async function openRunFixture(env: Record<string, string> = {}): Promise<RunFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'btc-fake-fixture-'));
  const server = await startTestRedis();
  const redis = await connectRedis(server.url, 'worker');
  const queues: Queues = openQueues(redis);
  const log: LogLine[] = [];
  const logger = pino({ level: 'trace', base: null }, { write: (line: string) => log.push(JSON.parse(line)) });
  const settingsWith = (more: Record<string, string>): Settings =>
    loadSettings({
      envFile: false,
      env: {
        OUTPUT_DIR: join(folder, 'generated'),
        SFTP_LOCAL_DIR: join(folder, 'downloaded'),
        API_BASE_URL: 'http://127.0.0.1:9',
        API_TIMEOUT: '5',
        JOB_ATTEMPTS: '3',
        ...env,
        ...more,
      },
    }).settings;
  const settings = settingsWith({});
  const store = new RunStore(redis, settings.run.retentionMs);
  mkdirSync(join(folder, 'downloaded'));
  for (const [name, text] of Object.entries(CATALOGS)) writeFileSync(join(folder, 'downloaded', name), text);

  const fixture: RunFixture = {
    server,
    redis,
    queues,
    store,
    schedule: new ScheduleStore(redis),
    settings,
    logger,
    log,
    folder,
    now: Date.now,
    settingsWith,
    async createRun(employees, request = {}) {
      const employeesFile = join(folder, `employees-${randomBytes(3).toString('hex')}.csv`);
      const rows = employees.map(({ id, type }) => `${id},${type}\n`).join('');
      writeFileSync(employeesFile, `employee_id,employee_edu_type\n${rows}`);
      const { id } = await createRun(store, queues, {
        employeesFile,
        skipInvalidEmployees: false,
        asOf: instant('2025-10-28T11:00:00Z'),
        seed: 'seed',
        timeZone: 'UTC',
        feedDateFormat: 'yyyy_M_d',
        publish: false,
        attempts: settings.queues.jobAttempts,
        now: Date.now(),
        ...request,
      });
      return store.getRun(id);
    },
    async createRunWithFlow(employees, request) {
      const run = await fixture.createRun(employees, request);
      await addRunFlow(queues, run, settings.queues.jobAttempts);
      return run;
    },
    async job(queue, id) {
      const job: Job<StageJobData> | undefined = await queues.byName[queue].getJob(id);
      if (!job) throw new Error(`There is no job ${id} in ${queue}`);
      return job;
    },
    async reset() {
      await redis.flushall();
      log.length = 0;
    },
    async close() {
      await queues.close();
      redis.disconnect();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return fixture;
}

/** The id of an employee's job, by the contract of the queues. */
export function employeeJob(runId: RunId, { id }: Employee): string {
  return `${runId}-${id}`;
}
