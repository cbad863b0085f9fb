import type { EmployeeId, RunId } from '../../domain/ids.ts';
import type { FailedEmployee } from '../../domain/run/manifest.ts';
import type { RedisConnection } from '../redis/client.ts';
import { recordReader } from '../redis/stored-record.ts';
import { runKeys } from './keys.ts';
import { NOTE, NOTE_FIRST, NOTE_UNCHANGED } from './note-script.ts';
import { jsonFields } from './record-codec.ts';
import { RUN_FIELDS } from './record-schemas.ts';

const readWithout = recordReader<FailedEmployee[]>('a run', RUN_FIELDS.without);

/** Writes to the records of runs, each time whole and at once, and never to that of a run that is gone. */
export class RunNotes {
  readonly #redis: RedisConnection;
  readonly #retentionSeconds: number;

  /** @param retentionSeconds how long all keys of a run live after each note. */
  constructor(redis: RedisConnection, retentionSeconds: number) {
    this.#redis = redis;
    this.#retentionSeconds = retentionSeconds;
  }

  /**
   * Writes fields.
   * @param unless a field that the record must not have.
   * @returns whether they were written.
   */
  async write(runId: RunId, fields: object, unless = ''): Promise<boolean> {
    return (await this.#eval(NOTE, runId, unless, ...Object.entries(jsonFields(fields)).flat())) === 1;
  }

  /** Writes a field as text, if it is not there yet. */
  async writeFirst(runId: RunId, field: string, text: string): Promise<void> {
    await this.#eval(NOTE_FIRST, runId, field, text);
  }

  /** See `RunStore.addWithout`. */
  async addWithout(runId: RunId, failed: readonly FailedEmployee[]): Promise<void> {
    await this.#changeWithout(runId, (without) => {
      const byId = new Map([...without, ...failed].map((employee) => [employee.employeeId, employee]));
      // In the order of ids, so that the same failures leave the same files, whichever came first.
      return [...byId.values()].sort((a, b) => a.employeeId - b.employeeId);
    });
  }

  /** See `RunStore.removeWithout`. */
  async removeWithout(runId: RunId, employeeIds: ReadonlySet<EmployeeId>): Promise<void> {
    await this.#changeWithout(runId, (without) => without.filter(({ employeeId }) => !employeeIds.has(employeeId)));
  }

  /** Of two who change the list at once each changes what the other has left. */
  async #changeWithout(runId: RunId, change: (without: FailedEmployee[]) => FailedEmployee[]): Promise<void> {
    const key = runKeys(runId).record;
    for (let written = false; !written; ) {
      const before = await this.#redis.hget(key, 'without');
      const after = JSON.stringify(change(before === null ? [] : readWithout(before, `${key} without`)));
      written = (await this.#eval(NOTE_UNCHANGED, runId, 'without', before ?? '', after)) === 1;
    }
  }

  /** Evaluates a script that takes all keys of a run, the record first, and the expiry as its first argument. */
  async #eval(script: string, runId: RunId, ...args: readonly string[]): Promise<unknown> {
    const { record, ...others } = runKeys(runId);
    const all = [record, ...Object.values(others)];
    return this.#redis.eval(script, all.length, ...all, this.#retentionSeconds, ...args);
  }
}
