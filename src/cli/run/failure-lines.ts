import { failureGroup } from '../../domain/run/failure-group.ts';
import type { FailedEmployee } from '../../domain/run/manifest.ts';
import { count, listed, plural } from '../../domain/wording.ts';
import { groupFailures } from '../../queries/failure-groups.ts';

const GROUPS_SHOWN = 10;
const EMPLOYEES_SHOWN = 8;

/**
 * Failed employees by reason, grouped as on the dashboard, largest first: `380 employees: RECOMMENDER_REJECTED: …`,
 * then the first ids. An employee with a reason of their own gets a line with the whole reason.
 */
export function failureLines(failed: readonly FailedEmployee[]): string[] {
  const reasons = new Map(failed.map(({ employeeId, reason }) => [employeeId, reason]));
  const { groups } = groupFailures(
    failed.map(({ employeeId, reason }) => ({ employeeId, common: failureGroup(reason, employeeId) })),
  );
  const shown = groups.slice(0, GROUPS_SHOWN);
  const lines = shown.flatMap(({ reason, employeeIds }) => {
    const [first] = employeeIds;
    if (employeeIds.length === 1) return [`${first}: ${reasons.get(first!)}`];
    return [
      `${plural(employeeIds.length, 'employee')}: ${reason}`,
      `  ${listed(employeeIds.map(String), EMPLOYEES_SHOWN)}`,
    ];
  });
  const hidden = groups.slice(GROUPS_SHOWN);
  if (hidden.length === 0) return lines;
  const people = hidden.reduce((sum, { employeeIds }) => sum + employeeIds.length, 0);
  return [...lines, `and ${plural(people, 'employee')} for ${count(hidden.length)} other reasons`];
}
