import { InvalidArgumentError } from 'commander';
import type { QueueName } from '../adapters/queues.ts';
import { STAGES } from '../adapters/run-record.ts';
import { localInstant } from '../domain/business-week.ts';
import { BtcFakeError } from '../domain/errors.ts';
import { type EmployeeId, parseEmployeeId, parseRunId, type RunId } from '../domain/ids.ts';

/** Parsers of what people type; each throws commander's InvalidArgumentError, which ends in exit code 64. */

export function runIdArgument(text: string): RunId {
  const runId = parseRunId(text);
  if (runId === undefined) throw new InvalidArgumentError('A run id looks like run-20251028T110000Z-ab12cd.');
  return runId;
}

export function employeeIdsArgument(text: string, earlier: readonly EmployeeId[] = []): EmployeeId[] {
  const id = parseEmployeeId(text);
  if (id === undefined) throw new InvalidArgumentError('An employee id is a positive integer of at most 15 digits.');
  return [...earlier, id];
}

export function queueArgument(text: string, earlier: readonly QueueName[] = []): QueueName[] {
  const queue = STAGES.find((stage) => stage === text);
  if (queue === undefined) throw new InvalidArgumentError(`The queues are ${STAGES.join(', ')}.`);
  return earlier.includes(queue) ? [...earlier] : [...earlier, queue];
}

/** A parser of whole numbers in a range. */
export function wholeNumberArgument(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

const AS_OF = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * The instant (epoch milliseconds) that `--as-of` names: ISO 8601 with a time; without an offset it is local time in the
 * business time zone. @throws BtcFakeError USAGE.
 */
export function asOfInstant(text: string, timeZone: string): number {
  const match = AS_OF.exec(text);
  const [, date, minutes, seconds = ':00', , offset] = match ?? [];
  const real = match && Number.isFinite(Date.parse(`${date}T${minutes}${seconds}Z`)) && isCalendarDate(date!);
  if (!real) {
    throw new BtcFakeError('USAGE', `--as-of ${JSON.stringify(text)} is not an instant`, {
      remedy: 'Give a date and a time such as 2025-10-28T11:00:00Z.',
    });
  }
  const instant =
    offset === undefined
      ? localInstant(date!, `${minutes}${seconds}`, timeZone)
      : Date.parse(`${date}T${minutes}${seconds}${offset}`);
  if (Number.isFinite(instant)) return instant;
  throw new BtcFakeError('USAGE', `--as-of ${JSON.stringify(text)} has an impossible offset`, {
    remedy: 'Write the offset like +01:00, or Z.',
  });
}

/** Date.parse takes 31 February for the 2nd or 3rd of March. */
function isCalendarDate(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}
