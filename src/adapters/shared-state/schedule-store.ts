import { randomUUID } from 'node:crypto';
import type { AppliedSchedule, SlotDecision } from '../../domain/schedule/slot-decision.ts';
import type { WeeklySchedule } from '../../domain/schedule/slots.ts';
import { RELEASE } from '../redis/claim-script.ts';
import type { RedisConnection } from '../redis/client.ts';
import { NUMBER, objectOf, oneOf, recordReader, TEXT } from '../redis/stored-record.ts';
import { REDIS_PREFIX } from '../run-store/keys.ts';

/** How many decisions are kept: half a year of weeks, and enough for a denser schedule. */
const KEPT_DECISIONS = 104;

const SCHEDULE_KEY = `${REDIS_PREFIX}:schedule`;
const DECISIONS_KEY = `${REDIS_PREFIX}:schedule:slots`;

const readDecision = recordReader<SlotDecision>(
  'a decision about a slot',
  objectOf(
    { slot: NUMBER, outcome: oneOf(['starting', 'started', 'skipped', 'missed']), decidedAt: NUMBER },
    { inTheWay: TEXT, withinMs: NUMBER, supersededBy: NUMBER },
  ),
);

const CLAIM_KEY = `${REDIS_PREFIX}:schedule:claim`;

/** How long a process that died in the middle keeps the others out. */
const CLAIM_MS = 10_000;

/**
 * Keeps what is applied, with `appliedAt` of the first who applied it. Not, when it was removed and ARGV[4] does not
 * insist.
 */
const APPLY = `
local stored = redis.call('HMGET', KEYS[1], 'cron', 'timeZone', 'removedAt')
if stored[3] and ARGV[4] ~= 'insist' then return false end
if stored[1] ~= ARGV[1] or stored[2] ~= ARGV[2] then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'cron', ARGV[1], 'timeZone', ARGV[2], 'appliedAt', ARGV[3])
end
return redis.call('HGET', KEYS[1], 'appliedAt')`;

/**
 * Decides to start the run of a slot. KEYS: the hash. ARGV: the slot, the decision, the instant until which slots have
 * come.
 * @returns what was decided before about this slot, or else a later slot about which something was.
 */
const DECIDE_START = `
local stands = redis.call('HGET', KEYS[1], ARGV[1])
if stands then return {stands, false} end
for _, slot in ipairs(redis.call('HKEYS', KEYS[1])) do
  local other = tonumber(slot)
  if other > tonumber(ARGV[1]) and other <= tonumber(ARGV[3]) then return {false, slot} end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return {false, false}`;

/**
 * Writes a field of a hash if it holds what is expected. KEYS: the hash. ARGV: the field, what it has to hold, what to
 * write.
 */
const REPLACE = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

/**
 * The weekly schedule's state in Redis, beside BullMQ's job scheduler, which only wakes a worker when a slot is due.
 */
export class ScheduleStore {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  /** What is applied; `removedAt` when somebody took it away and nobody has put it back. */
  async read(): Promise<{ readonly applied?: AppliedSchedule; readonly removedAt?: number }> {
    const { cron, timeZone, appliedAt, removedAt } = await this.#redis.hgetall(SCHEDULE_KEY);
    if (removedAt !== undefined) return { removedAt: Number(removedAt) };
    if (cron === undefined || timeZone === undefined) return {};
    return { applied: { cron, timeZone, appliedAt: Number(appliedAt) } };
  }

  /**
   * Applies a schedule, atomically: of many processes that apply the same, the first one's `now` stays.
   * @returns what is applied now; undefined when the schedule was removed and `insist` is false.
   */
  async apply({ cron, timeZone }: WeeklySchedule, now: number, insist: boolean): Promise<AppliedSchedule | undefined> {
    const given = [cron, timeZone, now, insist ? 'insist' : ''];
    const appliedAt = (await this.#redis.eval(APPLY, 1, SCHEDULE_KEY, ...given)) as string | null;
    return appliedAt === null ? undefined : { cron, timeZone, appliedAt: Number(appliedAt) };
  }

  /** Takes the schedule away until somebody insists on it. */
  async remove(now: number): Promise<void> {
    await this.#redis.multi().del(SCHEDULE_KEY).hset(SCHEDULE_KEY, 'removedAt', now).exec();
  }

  /** The decisions about the last slots, newest first. */
  async decisions(): Promise<SlotDecision[]> {
    const texts = Object.values(await this.#redis.hgetall(DECISIONS_KEY));
    return texts.map((text) => readDecision(text, DECISIONS_KEY)).sort((a, b) => b.slot - a.slot);
  }

  /**
   * Decides about a slot, unless that was done before. One is not started any more when something was decided about a
   * later slot that is due by `decidedAt`: it is missed.
   * @returns the decision that stands, and whether it was made now.
   */
  async decide(decision: SlotDecision): Promise<{ readonly stands: SlotDecision; readonly isNew: boolean }> {
    const { slot, outcome, decidedAt } = decision;
    if (outcome !== 'starting') return this.#decide(decision);
    const given = [String(slot), JSON.stringify(decision), decidedAt];
    const [stands, later] = (await this.#redis.eval(DECIDE_START, 1, DECISIONS_KEY, ...given)) as (string | null)[];
    if (stands) return { stands: readDecision(stands, DECISIONS_KEY), isNew: false };
    if (later) return this.#decide({ slot, outcome: 'missed', decidedAt, supersededBy: Number(later) });
    await this.#forgetOld();
    return { stands: decision, isNew: true };
  }

  async #decide(decision: SlotDecision): Promise<{ readonly stands: SlotDecision; readonly isNew: boolean }> {
    const field = String(decision.slot);
    if ((await this.#redis.hsetnx(DECISIONS_KEY, field, JSON.stringify(decision))) === 1) {
      await this.#forgetOld();
      return { stands: decision, isNew: true };
    }
    const stands = await this.#redis.hget(DECISIONS_KEY, field);
    return { stands: stands === null ? decision : readDecision(stands, DECISIONS_KEY), isNew: false };
  }

  /** Writes what came of a slot, whatever was decided before. */
  async settle(decision: SlotDecision): Promise<void> {
    await this.#redis.hset(DECISIONS_KEY, String(decision.slot), JSON.stringify(decision));
  }

  /**
   * Writes what came of a decision, unless somebody has written it before.
   * @returns whether it was written now.
   */
  async carriedOut(decision: SlotDecision, settled: SlotDecision): Promise<boolean> {
    const [before, after] = [JSON.stringify(decision), JSON.stringify(settled)];
    return (await this.#redis.eval(REPLACE, 1, DECISIONS_KEY, String(decision.slot), before, after)) === 1;
  }

  /**
   * Does something that one process at a time may do; not at all when another is at it.
   * @returns undefined when another was.
   */
  async alone<T>(work: () => Promise<T>): Promise<T | undefined> {
    const token = randomUUID();
    const mine = await this.#redis.set(CLAIM_KEY, token, 'PX', CLAIM_MS, 'NX');
    if (mine === null) return undefined;
    try {
      return await work();
    } finally {
      await this.#redis.eval(RELEASE, 1, CLAIM_KEY, token);
    }
  }

  async #forgetOld(): Promise<void> {
    const slots = (await this.#redis.hkeys(DECISIONS_KEY)).map(Number).sort((a, b) => b - a);
    const old = slots.slice(KEPT_DECISIONS);
    if (old.length > 0) await this.#redis.hdel(DECISIONS_KEY, ...old.map(String));
  }
}
