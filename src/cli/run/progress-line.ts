import type { Pace } from '../../domain/run/pace.ts';
import { count, duration } from '../../domain/wording.ts';
import type { RunStatus } from '../../queries/run-status.ts';

const INDENT = ' '.repeat(9);
const BAR = { most: 24, least: 8 };

/** What is shown of the employees of a run. */
export interface EmployeesLook {
  readonly counts: RunStatus['counts'];
  readonly pace: Pace;
}

/** `1,216 of 1,500 employees, 0 failed, 692/s, 2 s left`: a line of its own. */
export function progressText({ counts, pace }: EmployeesLook): string {
  const { done, employees, failed } = counts;
  return `${count(done)} of ${count(employees)} employees, ${count(failed)} failed, ${rate(pace)}, ${timeLeft(pace)} left`;
}

/**
 * The same with a bar, for one line of a terminal. It never reaches the last column: where it is narrow the bar gets
 * shorter, then goes, then what says least.
 */
export function progressBar(look: EmployeesLook, columns: number): string {
  const { done, employees, failed } = look.counts;
  const counts = `${count(done)} of ${count(employees)}`;
  const failures = `${count(failed)} failed`;
  const left = `${timeLeft(look.pace)} left`;
  const whole = [counts, failures, rate(look.pace), left];
  const available = columns - 1;
  const text = [whole, [counts, failures, left], [counts, left], [counts]]
    .map((parts) => parts.join(' · '))
    .find((candidate) => candidate.length <= available);
  if (text === undefined) return '';
  const width = Math.min(BAR.most, available - INDENT.length - 1 - text.length);
  if (width < BAR.least)
    return `${INDENT.slice(0, Math.max(0, Math.min(INDENT.length, available - text.length)))}${text}`;
  const full = employees === 0 ? width : Math.floor((done / employees) * width);
  return `${INDENT}${'█'.repeat(full)}${'░'.repeat(width - full)} ${text}`;
}

function rate({ perSecond }: Pace): string {
  if (perSecond === 0) return '?/s';
  return `${perSecond >= 10 ? count(Math.round(perSecond)) : perSecond.toFixed(1)}/s`;
}

function timeLeft({ leftMs }: Pace): string {
  if (leftMs === 0) return 'none';
  return leftMs === undefined ? '?' : duration(Math.max(1000, leftMs));
}
