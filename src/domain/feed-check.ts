import { catalogRules } from './check-catalog.ts';
import { completionRules } from './check-completions.ts';
import { employeeRules } from './check-employees.ts';
import { openAssignmentRules } from './check-open-assignments.ts';
import { isBlankOrComment } from './employees.ts';
import type { FeedKind, InputKind } from './file-kinds.ts';
import type { FeedRules, InputRules, RunPairs } from './file-rules.ts';

/** The rules for a feed that a run writes (contract sections 3 to 5). */
export function feedRules(kind: FeedKind, pairs: RunPairs): FeedRules {
  return kind === 'ContentUserCompletion' ? completionRules(pairs) : openAssignmentRules(pairs);
}

/** Whether a row of a file that a run reads may stand before its header. */
export function standsBeforeHeader(kind: InputKind, fields: readonly string[]): boolean {
  return kind === 'employees' ? isBlankOrComment(fields) : fields.every((field) => field.trim() === '');
}

/**
 * The rules for a file that a run reads (contract section 1), from its header. `place` is `FILE:LINE`.
 * @throws BtcFakeError EMPLOYEES_INVALID or CATALOG_INVALID when the header lacks a column without which no row can be read.
 */
export function inputRules(kind: InputKind, header: readonly string[], place: string): InputRules {
  return kind === 'employees' ? employeeRules(header, place) : catalogRules(header, place);
}
