import { formatInstant } from '../feeds/rows.ts';
import type { RunId } from '../ids.ts';
import { count, duration, plural } from '../wording.ts';

/**
 * What people are told of a run:
 * - `finished`: it has its files; `finished-without`: it has them, but without employees who failed
 * - `incomplete`: it waits for employees who failed
 * - `failed`: a stage failed, and it stands still
 * - `overdue`: it should have ended by now
 * - `cancelled`: somebody stopped it for good
 * - `not-started`: it was scheduled and there is no such run, because it could not start, was missed or was skipped
 */
export type AlertEvent =
  | 'finished'
  | 'finished-without'
  | 'incomplete'
  | 'failed'
  | 'overdue'
  | 'cancelled'
  | 'not-started';

/** What is known of a run when people are told of it. Instants are epoch milliseconds. */
export interface RunFacts {
  readonly runId: RunId;
  readonly state: string;
  /** Absent for a run that has not started. */
  readonly counts?: { readonly employees: number; readonly done: number; readonly failed: number };
  readonly slot?: number;
  /** Absent for a run that has not started. */
  readonly createdAt?: number;
  /** Why it failed, waits, was missed or was skipped, or who cancelled it; no secrets. */
  readonly reason?: string;
}

/** A message for people and machines; a chat that shows `text` shows one line. Instants are ISO 8601 in UTC. */
export interface AlertMessage {
  readonly event: AlertEvent;
  readonly text: string;
  readonly runId: RunId;
  readonly state: string;
  readonly slot: string | null;
  readonly counts: RunFacts['counts'] | null;
  readonly at: string;
}

const LONGEST_REASON = 300;

/**
 * The message about something that happened to a run.
 * @param at when it happened.
 * @param now for how long ago something was.
 */
export function alertMessage(event: AlertEvent, run: RunFacts, at: number, now: number): AlertMessage {
  const { runId, state, slot, counts } = run;
  return {
    event,
    text: TEXTS[event](run, at, now),
    runId,
    state,
    slot: slot === undefined ? null : formatInstant(slot),
    counts: counts ?? null,
    at: formatInstant(at),
  };
}

const TEXTS: Readonly<Record<AlertEvent, (run: RunFacts, at: number, now: number) => string>> = {
  finished: (run, at) => `${nameOf(run)} has finished: ${employees(run)}${took(run, at)}`,
  'finished-without': (run, at) =>
    `${nameOf(run)} has finished without ${count(run.counts?.failed ?? 0)} of ${employees(run)}${took(run, at)}`,
  incomplete: (run) =>
    `${nameOf(run)} waits for ${plural(run.counts?.failed ?? 0, 'failed employee')}; ${done(run)}. ` +
    `Re-queue them with "btc-fake retry ${run.runId}", or finish without them`,
  failed: (run) => `${nameOf(run)} stands still, because a stage failed: ${reasonOf(run)}`,
  overdue: (run, _at, now) =>
    `${nameOf(run)} is overdue: it should have begun ${duration(now - beginOf(run))} ago; it is ${run.state}, ${done(run)}${run.reason === undefined ? '' : `: ${reasonOf(run)}`}`,
  cancelled: (run) => `${nameOf(run)} ${reasonOf(run)}`,
  'not-started': (run) => `${nameOf(run)} has not started: ${reasonOf(run)}`,
};

function nameOf({ runId, slot }: RunFacts): string {
  return slot === undefined ? `Run ${runId}` : `Scheduled run ${runId}`;
}

function employees({ counts }: RunFacts): string {
  return plural(counts?.employees ?? 0, 'employee');
}

function done(run: RunFacts): string {
  return `${count(run.counts?.done ?? 0)} of ${employees(run)} done`;
}

function took({ createdAt }: RunFacts, at: number): string {
  return createdAt === undefined ? '' : ` in ${duration(Math.max(0, at - createdAt))}`;
}

function beginOf({ slot, createdAt }: RunFacts): number {
  return slot ?? createdAt ?? 0;
}

function reasonOf({ reason = 'the reason is not known' }: RunFacts): string {
  return reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason;
}
