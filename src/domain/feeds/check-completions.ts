import { type ContentId, type EmployeeId, formatContentId } from '../ids.ts';
import { COMPLETION_SECONDS, PAUSE_SECONDS } from '../simulation/completions.ts';
import { columnCountProblem, readGroupedContentId, readInstant, readUserId } from './fields.ts';
import type { FeedRules, RunPairs } from './file-rules.ts';
import { COMPLETION_COLUMNS, formatInstant } from './rows.ts';

/**
 * The rules for the rows of a ContentUserCompletion feed (contract sections 4 and 5): each user's rows stand together,
 * in order of time, without overlap, each content once. Memory grows with the set of users, not with the rows.
 */
export function completionRules({ own, other }: RunPairs): FeedRules {
  const users = new Set<EmployeeId>();
  let user: EmployeeId | undefined;
  let contents = new Set<ContentId>();
  let previousEnd: number | undefined;

  const beginUser = (id: EmployeeId, problems: string[]): void => {
    if (users.has(id)) problems.push(`UserId ${id} has rows further up; the rows of a user stand together`);
    users.add(id);
    user = id;
    contents = new Set();
    previousEnd = undefined;
  };

  return {
    columns: COMPLETION_COLUMNS,
    skip: () => {
      previousEnd = undefined;
    },
    row: (fields) => {
      const before = previousEnd;
      previousEnd = undefined;
      const countProblem = columnCountProblem(fields, COMPLETION_COLUMNS);
      if (countProblem !== undefined) return [countProblem];
      const [userText, contentText, startText, endText] = fields as [string, string, string, string];
      const problems: string[] = [];
      const userId = readUserId('UserId', userText, problems);
      const contentId = readGroupedContentId('ContentId', contentText, problems);
      const start = readInstant('DateStarted', startText, problems);
      const end = readInstant('DateCompleted', endText, problems);
      const sameUser = userId === user;
      if (userId !== undefined) {
        if (!sameUser) beginUser(userId, problems);
        if (contentId !== undefined) checkPair(userId, contentId, problems);
      }
      if (start !== undefined && end !== undefined) checkDuration(start, end, problems);
      if (start !== undefined && before !== undefined && sameUser) checkPause(before, start, problems);
      if (userId !== undefined) previousEnd = end;
      return problems;
    },
  };

  function checkPair(userId: EmployeeId, contentId: ContentId, problems: string[]): void {
    const pair = () => `UserId ${userId} and ContentId ${formatContentId(contentId)}`;
    if (contents.has(contentId)) problems.push(`${pair()} were together further up; nobody completes a content twice`);
    contents.add(contentId);
    own?.add(userId, contentId);
    if (other?.has(userId, contentId)) problems.push(`${pair()} are in Non_Completed_Assignments of the same run too`);
  }
}

function checkDuration(start: number, end: number, problems: string[]): void {
  const { min, max } = COMPLETION_SECONDS;
  const seconds = (end - start) / 1000;
  if (seconds <= 0) problems.push('DateStarted is not before DateCompleted');
  else if (seconds < min || seconds > max) problems.push(`it takes ${seconds} seconds, not ${min} to ${max}`);
}

function checkPause(before: number, start: number, problems: string[]): void {
  const { min, max } = PAUSE_SECONDS;
  const seconds = (start - before) / 1000;
  if (seconds < 0) problems.push(`it starts before the one above it was completed (${formatInstant(before)})`);
  else if (seconds < min || seconds > max) {
    problems.push(`it starts ${seconds} seconds after the one above it was completed, not ${min} to ${max}`);
  }
}
