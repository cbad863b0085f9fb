import type { Settings, SftpServerSettings } from '../../../config/settings.ts';
import { TimeLimitError, within } from '../../adapters/process/time-limit.ts';
import { safeLocation } from '../../domain/connections/redis-address.ts';
import { duration } from '../../domain/wording.ts';
import { type ConnectionCheck, connectionChecks, tryRedis } from '../../queries/connections/checks.ts';
import type { Finding } from '../../queries/connections/finding.ts';
import type { DashboardContext } from '../dashboard-context.ts';

/** What came of trying everything once. Instants are epoch milliseconds. */
export interface ConnectionRound {
  readonly startedAt: number;
  readonly tookMs: number;
  readonly findings: readonly Finding[];
}

/** How long a round, or one call for one employee, may take. */
export const CHECK_LIMIT_MS = 20_000;

/**
 * Checks everything that is configured at once, in one round for all viewers: a viewer who asks during a round gets its
 * findings. After `limitMs` what has not answered counts as wrong, and is aborted.
 */
export class ConnectionRounds {
  readonly #context: Pick<DashboardContext, 'loaded' | 'redis' | 'logger' | 'now'>;
  readonly #limitMs: number;
  #running: Promise<ConnectionRound> | undefined;
  #last: ConnectionRound | undefined;

  constructor(context: Pick<DashboardContext, 'loaded' | 'redis' | 'logger' | 'now'>, limitMs = CHECK_LIMIT_MS) {
    this.#context = context;
    this.#limitMs = limitMs;
  }

  /** The round that ended last; undefined before the first. */
  get last(): ConnectionRound | undefined {
    return this.#last;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Begins a round, or joins the current round. Never rejects. */
  try(): Promise<ConnectionRound> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #round(): Promise<ConnectionRound> {
    const { loaded, redis, logger, now } = this.#context;
    const { url } = loaded.settings.redis;
    const place = url === undefined ? 'our own (REDIS_URL is not set)' : safeLocation(url);
    const settings = boundedSettings(loaded.settings, this.#limitMs);
    const startedAt = now();
    const checks = connectionChecks({ settings, logger, redis: () => tryRedis(redis, place) });
    const findings = await Promise.all(checks.map((check) => this.#withinLimit(check)));
    this.#last = { startedAt, tookMs: now() - startedAt, findings };
    return this.#last;
  }

  async #withinLimit(check: ConnectionCheck): Promise<Finding> {
    try {
      return await within(check.run(), this.#limitMs);
    } catch (error) {
      if (!(error instanceof TimeLimitError)) throw error;
      const remedy = 'Try again; a warehouse that has to start first takes minutes.';
      return { what: check.what, state: 'wrong', detail: `no answer within ${duration(this.#limitMs)}`, remedy };
    }
  }
}

/** The same settings, in which nothing is waited for longer than `limitMs`. */
export function boundedSettings(settings: Settings, limitMs: number): Settings {
  const { recommender, databricks, sftpInbound, sftpOutbound, ...others } = settings;
  const server = (one: SftpServerSettings) => ({ ...one, stallMs: Math.min(one.stallMs, limitMs) });
  return {
    ...others,
    ...(recommender ? { recommender: { ...recommender, timeoutMs: Math.min(recommender.timeoutMs, limitMs) } } : {}),
    ...(databricks
      ? { databricks: { ...databricks, queryTimeoutMs: Math.min(databricks.queryTimeoutMs, limitMs) } }
      : {}),
    ...(sftpInbound ? { sftpInbound: server(sftpInbound) } : {}),
    ...(sftpOutbound ? { sftpOutbound: server(sftpOutbound) } : {}),
  };
}
