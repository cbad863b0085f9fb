import { type ContentId, type EmployeeId, formatContentId } from '../ids.ts';
import { PairSet } from '../pair-set.ts';
import { quotedValue } from '../quoted-value.ts';
import { columnCountProblem, readGroupedContentId, readInstant, readUserId } from './fields.ts';
import type { FeedRules, RunPairs } from './file-rules.ts';
import {
  CREATED_BEFORE_AS_OF_MS,
  DEFAULT_CONTENT_TYPE,
  NON_COMPLETED_COLUMNS,
  REQUEST_IDS,
  requestId,
} from './rows.ts';

const HOUR_MS = 3_600_000;
/**
 * An assignment's local day is the day, in UTC, of one of the instants so far from its CreateDate_text, whatever the
 * business time zone (-12 to +14 hours). A new one's day is that of `asOf`, somewhat later.
 */
const DAY_SHIFTS_MS = [0, -12 * HOUR_MS, 14 * HOUR_MS, 14 * HOUR_MS + CREATED_BEFORE_AS_OF_MS];
const REMEMBERED_REQUEST_IDS = 100_000;
const INTEGER = /^[1-9]\d*$/;

/** The second part of the feed: new assignments, all with the same dates. */
interface NewPart {
  readonly line: number;
  readonly dates: string;
  readonly users: Set<EmployeeId>;
}

/**
 * The rules for the rows of a Non_Completed_Assignments feed (contract sections 3 and 5). A user who comes back marks
 * where the new assignments begin, since the feed does not say. Memory grows by about 40 bytes a row.
 */
export function openAssignmentRules({ own = new PairSet(), other }: RunPairs): FeedRules {
  const users = new Set<EmployeeId>();
  const requestIds = new Map<string, number>();
  let user: EmployeeId | undefined;
  let newPart: NewPart | undefined;

  return {
    columns: NON_COMPLETED_COLUMNS,
    skip: () => {},
    row: (fields, line) => {
      const countProblem = columnCountProblem(fields, NON_COMPLETED_COLUMNS);
      if (countProblem !== undefined) return [countProblem];
      const [userText, createText, requestText, contentText, startText, dueText, type] = fields as [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      const problems: string[] = [];
      const userId = readUserId('UserID', userText, problems);
      const created = createText === '' ? null : readInstant('CreateDate_text', createText, problems);
      const contentId = readGroupedContentId('TrainingElementId', contentText, problems);
      if (startText !== '') readInstant('Start_Date_text', startText, problems);
      if (dueText !== '') readInstant('DueDate_text', dueText, problems);
      checkRequestId(requestText, contentId, created, problems);
      const dates = [createText, startText, dueText];
      if (userId !== undefined) checkPlace(userId, line, dates, problems);
      if (newPart !== undefined && (dates.join() !== newPart.dates || type !== DEFAULT_CONTENT_TYPE)) {
        problems.push(
          `from line ${newPart.line} on there are new assignments, with one CreateDate_text, Start_Date_text and DueDate_text, of ContentType ${DEFAULT_CONTENT_TYPE}; this one differs`,
        );
      }
      if (userId !== undefined && contentId !== undefined) checkPair(userId, contentId, problems);
      return problems;
    },
  };

  function checkPlace(userId: EmployeeId, line: number, dates: readonly string[], problems: string[]): void {
    if (userId === user) return;
    user = userId;
    if (newPart?.users.has(userId)) {
      problems.push(`UserID ${userId} has new assignments further up; the rows of a user stand together`);
    }
    if (newPart === undefined && users.has(userId)) newPart = { line, dates: dates.join(), users: new Set() };
    (newPart?.users ?? users).add(userId);
  }

  function checkPair(userId: EmployeeId, contentId: ContentId, problems: string[]): void {
    const pair = () => `UserID ${userId} and TrainingElementId ${formatContentId(contentId)}`;
    if (!own.add(userId, contentId))
      problems.push(`${pair()} were together further up; nobody has a content open twice`);
    if (other?.has(userId, contentId)) problems.push(`${pair()} are in ContentUserCompletion of the same run too`);
  }

  function checkRequestId(
    text: string,
    contentId: ContentId | undefined,
    created: number | null | undefined,
    problems: string[],
  ): void {
    const { first, count } = REQUEST_IDS;
    const value = INTEGER.test(text) ? Number(text) : Number.NaN;
    if (!(value >= first && value < first + count)) {
      problems.push(`RequestId ${quotedValue(text)} is not an integer from ${first} to ${first + count - 1}`);
    } else if (contentId !== undefined && created !== undefined) {
      const fits =
        created === null
          ? rememberedRequestId(contentId, '') === value
          : DAY_SHIFTS_MS.some((shift) => rememberedRequestId(contentId, dayOf(created + shift)) === value);
      if (fits) return;
      const when = created === null ? 'without CreateDate_text' : 'on that day, in any time zone';
      problems.push(`RequestId ${value} is not the one of TrainingElementId ${formatContentId(contentId)} ${when}`);
    }
  }

  function rememberedRequestId(contentId: ContentId, day: string): number {
    const key = `${contentId}/${day}`;
    const known = requestIds.get(key);
    if (known !== undefined) return known;
    if (requestIds.size === REMEMBERED_REQUEST_IDS) requestIds.clear();
    const value = requestId(contentId, day);
    requestIds.set(key, value);
    return value;
  }
}

function dayOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
