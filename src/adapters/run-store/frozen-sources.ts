import type { RunId } from '../../domain/ids.ts';
import type { Frozen, RunRecord } from '../../domain/run/record.ts';
import type { Stage } from '../../domain/run/stages.ts';
import type { RedisConnection } from '../redis/client.ts';
import { runKeys } from './keys.ts';
import { frozenFields } from './record-codec.ts';

/**
 * Settles sources that are not settled yet, and keeps the others. Does nothing for a run that froze nothing when it was
 * made, or that has expired.
 * KEYS: the run's record. ARGV: fields and values.
 */
const SETTLE = `
if redis.call('HEXISTS', KEYS[1], 'sources') == 0 then return end
for i = 1, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end`;

/**
 * Unsettles a field, unless the run has what came from there.
 *
 * KEYS: the run's record. ARGV: the field; then the fields that tell that it was used.
 */
const UNSETTLE = `
for i = 2, #ARGV do if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then return 0 end end
return redis.call('HDEL', KEYS[1], ARGV[1])`;

/** KEYS: the run's record. ARGV: the note. */
const NOTE_WRITTEN = `if redis.call('HEXISTS', KEYS[1], 'plan') == 1 then redis.call('HSET', KEYS[1], 'written', ARGV[1]) end`;

/**
 * What a stage that has failed may take from elsewhere when it is tried again, and what tells that it took it already.
 */
const UNUSED_AFTER_FAILURE: Partial<Record<Stage, readonly (readonly [field: string, ...usedBy: string[]])[]>> = {
  'catalog-download': [['source:sftpInbound', 'catalogs']],
  assignment: [
    ['source:databricks', 'assignments'],
    ['outputDir', 'outputGiven', 'finished:assignment'],
  ],
  publish: [['source:sftpOutbound', 'publishedAt']],
  landing: [['source:lakehouse', 'landedAt']],
};

/** What runs have frozen of where their answers come from and where their files go (contract section 2). */
export class FrozenSourcesStore {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  /** Settles for a run what nobody has settled before. */
  async settle(runId: RunId, frozen: Frozen): Promise<void> {
    const { sources: _mark, ...fields } = frozenFields(frozen);
    const given = Object.entries(fields).flat();
    if (given.length > 0) await this.#redis.eval(SETTLE, 1, runKeys(runId).record, ...given);
  }

  /**
   * Lets a failed stage that is tried again take another source, where the run has nothing from its earlier source.
   */
  async unsettleUnused(runId: RunId, failed: Stage): Promise<void> {
    for (const given of UNUSED_AFTER_FAILURE[failed] ?? []) {
      await this.#redis.eval(UNSETTLE, 1, runKeys(runId).record, ...given);
    }
  }

  /** Notes in which folder a run's files were written, and on which machine; the last time counts. */
  async noteWritten(runId: RunId, written: NonNullable<RunRecord['written']>): Promise<void> {
    await this.#redis.eval(NOTE_WRITTEN, 1, runKeys(runId).record, JSON.stringify(written));
  }
}
