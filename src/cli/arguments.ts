import { InvalidArgumentError } from 'commander';
import type { QueueName } from '../adapters/redis/queues.ts';
import { type EmployeeId, parseEmployeeId } from '../domain/ids.ts';
import { parseRunName, type RunName } from '../domain/run/name.ts';
import { STAGES } from '../domain/run/stages.ts';

/** Parsers of what people type; each throws commander's InvalidArgumentError, which ends in exit code 64. */

/**
 * A name of a file or folder. An empty one would mean the default, and was not meant: a variable of a script that is
 * not set.
 */
export function pathArgument(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

/** How commands explain their argument for a run. */
export const RUN_ARGUMENT = "the run: its id, a file of it, or the six characters in its files' names";

/** What somebody calls a run; `findRunId` says which one it is. */
export function runArgument(text: string): RunName {
  const name = parseRunName(text);
  if (name !== undefined) return name;
  throw new InvalidArgumentError(
    "Give a run's id (run-20251028T110000Z-ab12cd), a file of it, or the six characters in its files' names.",
  );
}

export function employeeIdArgument(text: string): EmployeeId {
  const id = parseEmployeeId(text);
  if (id === undefined) throw new InvalidArgumentError('An employee id is a positive integer of at most 15 digits.');
  return id;
}

export function employeeIdsArgument(text: string, earlier: readonly EmployeeId[] = []): EmployeeId[] {
  return [...earlier, employeeIdArgument(text)];
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
