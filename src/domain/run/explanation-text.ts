import { displayText } from '../display-text.ts';
import { formatContentId } from '../ids.ts';
import type {
  EmployeeExplanation,
  EmployeeProgress,
  ExplainedDose,
  ExplainedOpen,
  NamedContent,
} from '../simulation/employee-decision.ts';
import type { EmployeeType } from '../simulation/employees.ts';
import { plural } from '../wording.ts';
import { SKIP_TEXT } from './summary.ts';

/** The sentences of an explanation, the same on the command line and on the dashboard. */

const TYPES: Readonly<Record<EmployeeType, string>> = {
  a: 'a, completes everything',
  b: 'b, completes one',
  f: 'f, completes nothing',
};

/** `a, completes everything`. */
export function typeText(type: EmployeeType): string {
  return TYPES[type];
}

/** `1,915,085 Title`; says so when neither catalog file lists it. */
export function nameOf({ contentId, title, catalog }: NamedContent): string {
  const name = title === null ? formatContentId(contentId) : `${formatContentId(contentId)} ${title}`;
  return catalog === null ? `${name} (in neither catalog file)` : name;
}

const PROGRESS: Readonly<Record<EmployeeProgress, string>> = {
  'not queued': 'not queued: the run has not come to its employees yet',
  waiting: 'waiting in the queue',
  working: 'in the hands of a worker',
  retrying: 'an attempt failed, the next one comes by itself',
  failed: 'failed for good, waits to be re-queued',
  done: 'done',
  'left out': 'left out: the run is finished without this employee',
  lost: 'lost: there is neither a result nor a job; "btc-fake retry" queues it again once the run asks for it',
};

/** How far the run is with the employee. */
export function progressText({ progress, attempts }: EmployeeExplanation): string {
  const made = attempts && attempts.made > 0 ? ` (${attempts.made} of ${plural(attempts.allowed, 'attempt')})` : '';
  return PROGRESS[progress] + made;
}

/** What of an open assignment the vendor knows, behind its name. */
export function openText({ contentType, begins, due, dailyDose, thisWeek }: ExplainedOpen): string {
  const dates = begins === null && due === null ? 'without dates' : `from ${begins ?? '…'} to ${due ?? '…'}`;
  const parts = [
    contentType && displayText(contentType),
    dates,
    dailyDose && `Daily Dose${thisWeek ? ' of this week' : ' of another week'}`,
  ];
  return `, ${parts.filter(Boolean).join(', ')}`;
}

/** Whether the manager's Daily Dose was given, and why not. */
export function doseText({ dailyDoseDecision }: EmployeeExplanation): string {
  if (dailyDoseDecision === null) return 'not decided yet';
  if (dailyDoseDecision === 'eligible') return 'eligible, none was completed or open this week';
  return `skipped, ${SKIP_TEXT[dailyDoseDecision]}`;
}

/** What became of one Daily Dose content. */
export function doseOutcomeText(outcome: ExplainedDose['outcome']): string {
  return outcome === 'assigned' ? 'assigned' : `not assigned, ${SKIP_TEXT[outcome]}`;
}

/** Why there is no random content. */
export function randomText({ open }: EmployeeExplanation): string {
  return open === null ? 'not decided yet' : 'nothing was left to assign';
}

/** Why the employee completed what is completed: `type b completes one of 7, by chance`. */
export function completionRule({ employeeType, listed }: EmployeeExplanation): string {
  if (listed === null) return 'not decided yet';
  if (listed === 0) return 'the list is empty';
  const rules: Readonly<Record<EmployeeType, string>> = {
    a: `type a completes all ${listed} on the list`,
    b: `type b completes one of ${listed} on the list, drawn by the seed`,
    f: `type f completes none of ${listed} on the list`,
  };
  return rules[employeeType];
}
