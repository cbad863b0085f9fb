import { completionRules } from './check-completions.ts';
import { openAssignmentRules } from './check-open-assignments.ts';
import type { FeedKind } from './file-kinds.ts';
import type { FeedRules, RunPairs } from './file-rules.ts';

/** The rules for a feed that a run writes (contract sections 3 to 5). */
export function feedRules(kind: FeedKind, pairs: RunPairs): FeedRules {
  return kind === 'ContentUserCompletion' ? completionRules(pairs) : openAssignmentRules(pairs);
}
