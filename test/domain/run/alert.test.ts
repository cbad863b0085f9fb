import { describe, expect, test } from '@jest/globals';
import { type AlertEvent, alertMessage, type RunFacts } from '../../../src/domain/run/alert.ts';
import { instant } from '../../support/domain-values.ts';

// What this file proves: what a chat shows of a run is one line that says which run, what and what to do.

const AT = instant('2026-11-23T08:03:05Z');
const SLOT = instant('2026-11-23T06:00:00Z');
const RUN = {
  runId: 'run-x',
  state: 'running',
  counts: { employees: 12_000, done: 9_000, failed: 17 },
  createdAt: SLOT,
} as RunFacts;
const textOf = (event: AlertEvent, run: Partial<RunFacts> = {}) => alertMessage(event, { ...RUN, ...run }, AT, AT).text;

describe('the line for', () => {
  test.each<[AlertEvent, Partial<RunFacts>, string]>([
    ['finished', {}, 'Run run-x has finished: 12,000 employees in 2 h 3 min'],
    ['finished', { slot: SLOT }, 'Scheduled run run-x has finished: 12,000 employees in 2 h 3 min'],
    ['finished-without', {}, 'Run run-x has finished without 17 of 12,000 employees in 2 h 3 min'],
    [
      'incomplete',
      {},
      'Run run-x waits for 17 failed employees; 9,000 of 12,000 employees done. Re-queue them with "btc-fake retry run-x", or finish without them',
    ],
    ['failed', { reason: 'no file' }, 'Run run-x stands still, because a stage failed: no file'],
    [
      'overdue',
      {},
      'Run run-x is overdue: it should have begun 2 h 3 min ago; it is running, 9,000 of 12,000 employees done',
    ],
    [
      'overdue',
      { reason: 'No worker works on assignment' },
      'Run run-x is overdue: it should have begun 2 h 3 min ago; it is running, 9,000 of 12,000 employees done: No worker works on assignment',
    ],
    ['not-started', { reason: 'bad' }, 'Run run-x has not started: bad'],
    ['not-started', {}, 'Run run-x has not started: the reason is not known'],
    ['not-started', { reason: 'x'.repeat(400) }, `Run run-x has not started: ${'x'.repeat(300)}…`],
  ])('%s with %j', (event, run, text) => {
    expect(textOf(event, run)).toBe(text);
  });
});

test('machines get the run, its slot, its counts and when it happened', () => {
  expect(alertMessage('finished', { ...RUN, slot: SLOT }, AT, AT)).toEqual({
    event: 'finished',
    text: expect.any(String),
    runId: 'run-x',
    state: 'running',
    slot: '2026-11-23T06:00:00Z',
    counts: { employees: 12_000, done: 9_000, failed: 17 },
    at: '2026-11-23T08:03:05Z',
  });
  const { slot, counts, text } = alertMessage('not-started', { runId: RUN.runId, state: 'missed' }, AT, AT);
  expect({ slot, counts }).toEqual({ slot: null, counts: null });
  expect(text).toContain('run-x');
});

test('a run of which little is known still makes a line', () => {
  const bare = { runId: RUN.runId, state: 'failed' };
  for (const event of ['finished', 'finished-without', 'incomplete', 'failed', 'overdue'] as const) {
    expect(alertMessage(event, bare, AT, AT).text).toMatch(/^Run run-x [^\n]+$/);
  }
});
