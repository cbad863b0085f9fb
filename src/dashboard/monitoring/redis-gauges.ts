import type { Logger } from 'pino';
import { Counter, Gauge, Registry } from 'prom-client';
import { within } from '../../adapters/process/time-limit.ts';

/** What is read from Redis. The values are the same in every process that serves metrics: rules take one of them. */
const GAUGES = {
  btc_fake_redis_up: { help: '1 when Redis answers, else 0.', labelNames: [] },
  btc_fake_jobs: { help: 'Jobs by queue and state.', labelNames: ['queue', 'state'] },
  btc_fake_queue_paused: { help: '1 for a queue that somebody has paused, else 0.', labelNames: ['queue'] },
  btc_fake_run_state: { help: '1 for the state that a run that has not ended is in.', labelNames: ['run', 'state'] },
  btc_fake_run_age_seconds: {
    help: 'Time since the slot of a run that has not ended, or since it was made.',
    labelNames: ['run'],
  },
  btc_fake_run_late_seconds: {
    help: 'How long after its slot a run that has not ended was made; 0 in time.',
    labelNames: ['run'],
  },
  btc_fake_run_employees: { help: 'Employees of a run that has not ended.', labelNames: ['run'] },
  btc_fake_run_employees_done: { help: 'Its employees who have a result.', labelNames: ['run'] },
  btc_fake_run_employees_failed: { help: 'Its employees who failed for good.', labelNames: ['run'] },
  btc_fake_run_overdue_after_seconds: {
    help: 'The age at which a run is overdue (ALERT_OVERDUE_HOURS).',
    labelNames: [],
  },
  btc_fake_last_run_end_timestamp_seconds: { help: 'When the last run that ended did.', labelNames: [] },
  btc_fake_last_run_duration_seconds: { help: 'How long it took.', labelNames: [] },
  btc_fake_last_run_employees: { help: 'How many employees it had.', labelNames: [] },
  btc_fake_last_run_employees_failed: { help: 'How many of them it was finished without.', labelNames: [] },
  btc_fake_oldest_failed_employee_age_seconds: {
    help: 'How long the oldest failed employee job waits; 0 without one.',
    labelNames: [],
  },
  btc_fake_runs_not_started: {
    help: 'Scheduled runs that could not start: their run-start job failed.',
    labelNames: [],
  },
  btc_fake_schedule_applied: { help: '1 when a weekly schedule is applied, else 0.', labelNames: [] },
  btc_fake_schedule_next_slot_timestamp_seconds: { help: 'When the next scheduled run starts.', labelNames: [] },
  btc_fake_schedule_lag_seconds: {
    help: 'How long the last slot is past without its run being queued; 0 when it is.',
    labelNames: [],
  },
  btc_fake_schedule_last_slot_timestamp_seconds: {
    help: 'The last slot that was decided about: its run was started, skipped or missed.',
    labelNames: ['outcome'],
  },
  btc_fake_workers: {
    help: 'Processes with workers that are alive, by the queue that they serve.',
    labelNames: ['queue'],
  },
  btc_fake_worker_clock_difference_seconds: {
    help: "How far a worker's clock is ahead of Redis'.",
    labelNames: ['host', 'pid'],
  },
  btc_fake_redis_memory_used_bytes: { help: 'Memory that Redis uses.', labelNames: [] },
  btc_fake_redis_memory_max_bytes: {
    help: 'Memory that Redis may use (maxmemory); 0 without a limit.',
    labelNames: [],
  },
} as const satisfies Record<string, { readonly help: string; readonly labelNames: readonly string[] }>;

type GaugeName = keyof typeof GAUGES;

/** A value of one gauge. */
export interface Reading {
  readonly gauge: GaugeName;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads one group of facts. */
export type Collector = () => Promise<readonly Reading[]>;

/** What is asked again only after so long: many who scrape do not load Redis more than one. */
const FRESH_MS = 5_000;
const PING_LIMIT_MS = 1_000;
const COLLECTOR_LIMIT_MS = 3_000;

/** What time is for the gauges; as it is unless given. */
export interface RedisGaugesTiming {
  /** Milliseconds that only go forward. */
  readonly clock?: () => number;
  /** How long one group may take. */
  readonly limitMs?: number;
}

/** Gauges that are read from Redis when somebody scrapes. A value that cannot be read now is absent, never stale. */
export class RedisGauges {
  readonly #errors: Counter<'collector'>;
  readonly #logger: Logger;
  readonly #failing = new Set<string>();
  readonly #clock: () => number;
  readonly #limitMs: number;
  readonly #ping: SingleFlight<unknown>;
  readonly #collectors: ReadonlyMap<string, SingleFlight<readonly Reading[]>>;
  #text: Promise<string> = Promise.resolve('');
  #freshUntil = 0;

  /** @param register where the errors of collectors are counted. */
  constructor(
    register: Registry,
    logger: Logger,
    ping: () => Promise<unknown>,
    collectors: Readonly<Record<string, Collector>>,
    { clock = () => performance.now(), limitMs = COLLECTOR_LIMIT_MS }: RedisGaugesTiming = {},
  ) {
    this.#logger = logger;
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#errors = new Counter({
      name: 'btc_fake_scrape_errors_total',
      help: 'How often a group of metrics could not be read from Redis although it answers.',
      labelNames: ['collector'],
      registers: [register],
    });
    this.#ping = new SingleFlight(ping);
    this.#collectors = new Map(Object.entries(collectors).map(([name, collect]) => [name, new SingleFlight(collect)]));
    for (const collector of this.#collectors.keys()) this.#errors.labels(collector).inc(0);
  }

  /** The gauges as Prometheus reads them. Never throws; takes a second when Redis hangs, and four at the most. */
  text(): Promise<string> {
    if (this.#clock() >= this.#freshUntil) {
      this.#freshUntil = Number.POSITIVE_INFINITY;
      this.#text = this.#read().finally(() => {
        this.#freshUntil = this.#clock() + FRESH_MS;
      });
    }
    return this.#text;
  }

  async #read(): Promise<string> {
    const isUp = await this.#ping.within(PING_LIMIT_MS).then(
      () => true,
      () => false,
    );
    const readings = isUp ? await this.#collect() : [];
    return textOf([{ gauge: 'btc_fake_redis_up', value: isUp ? 1 : 0 }, ...readings]);
  }

  async #collect(): Promise<readonly Reading[]> {
    const groups = Array.from(this.#collectors, async ([name, collector]) => {
      try {
        const readings = await collector.within(this.#limitMs);
        this.#failing.delete(name);
        return readings;
      } catch (error) {
        this.#hasFailed(name, error);
        return [];
      }
    });
    return (await Promise.all(groups)).flat();
  }

  /** Counted each time, logged once until it can be read again. */
  #hasFailed(name: string, error: unknown): void {
    this.#errors.labels(name).inc();
    if (this.#failing.has(name)) return;
    this.#failing.add(name);
    const reason = error instanceof Error ? error.message : String(error);
    this.#logger.warn({ metrics: name, reason }, 'Some metrics cannot be read from Redis; trying again at each scrape');
  }
}

/** Only what was read is there: a gauge that nobody set would show a zero. */
function textOf(readings: readonly Reading[]): Promise<string> {
  const register = new Registry();
  const gauges = new Map<GaugeName, Gauge>();
  for (const { gauge: name, labels = {}, value } of readings) {
    let gauge = gauges.get(name);
    if (gauge === undefined) {
      const { help, labelNames } = GAUGES[name];
      gauge = new Gauge({ name, help, labelNames: [...labelNames], registers: [register] });
      gauges.set(name, gauge);
    }
    gauge.set(labels, value);
  }
  return register.metrics();
}

/** Work that is not begun again before it has ended: what hangs does not pile up. */
class SingleFlight<T> {
  readonly #work: () => Promise<T>;
  #running: Promise<T> | undefined;

  constructor(work: () => Promise<T>) {
    this.#work = work;
  }

  within(limitMs: number): Promise<T> {
    if (this.#running === undefined) {
      const running = this.#work().finally(() => {
        this.#running = undefined;
      });
      running.catch(() => {});
      this.#running = running;
    }
    return within(this.#running, limitMs);
  }
}
