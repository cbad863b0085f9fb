import { hasLakehouseFile, LAKEHOUSE_FILE, readLakehouseFile } from '../../adapters/disk/lakehouse-file.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import type { WeeklySchedule } from '../../domain/schedule/slots.ts';
import type { Outcome } from './finding.ts';

/**
 * Reads the description of the Databricks side, and says when its job and the queue would both make the week.
 * @param appliedSchedule the queue's schedule, undefined when none is applied; may reject when Redis does not answer.
 * @throws BtcFakeError LAKEHOUSE_INVALID, FILE_UNREADABLE.
 */
export async function tryLakehouse(appliedSchedule: () => Promise<WeeklySchedule | undefined>): Promise<Outcome> {
  if (!hasLakehouseFile())
    return { state: 'not configured', detail: `there is no ${LAKEHOUSE_FILE}; btc-fake lakehouse init writes one` };
  const { targets } = await readLakehouseFile();
  const on = targets.filter(({ schedule }) => !schedule.paused).map(({ name }) => name);
  const detail = `describes ${targets.map(({ name }) => name).join(', ')}`;
  if (on.length === 0) return { state: 'fine', detail: `${detail}; the native job is paused` };
  const isOn = `the native job is scheduled in ${on.join(', ')}`;
  const applied = await readOrUndefined(appliedSchedule);
  if (applied === 'unknown')
    return { state: 'fine', detail: `${detail}; ${isOn}; the queue's schedule cannot be read` };
  if (applied === undefined) return { state: 'fine', detail: `${detail}; ${isOn}, and the queue has no schedule` };
  return {
    state: 'wrong',
    detail: `${isOn}, and the queue too (${applied.cron} in ${applied.timeZone}): each makes the week`,
    remedy: `Set schedule.paused: true in ${LAKEHOUSE_FILE} and deploy again, or run: btc-fake schedule remove`,
  };
}

async function readOrUndefined(
  read: () => Promise<WeeklySchedule | undefined>,
): Promise<WeeklySchedule | undefined | 'unknown'> {
  try {
    return await read();
  } catch (error) {
    // The check of Redis says what is wrong there.
    if (error instanceof BtcFakeError) return 'unknown';
    throw error;
  }
}
