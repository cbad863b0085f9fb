// Proves that what was done is told while it is true of the run, and no longer.
import { expect, test } from '@jest/globals';
import { type ActionOutcome, actionNotice } from '../../../src/dashboard/page/action-notices.ts';
import type { RunState } from '../../../src/queries/run-status.ts';

const STATES = ['queued', 'running', 'failed', 'incomplete', 'finished', 'cancelled'] as const satisfies RunState[];

test.each<[ActionOutcome, string, readonly RunState[]]>([
  ['run-made', 'The run is queued.', ['queued']],
  ['started', 'The run is back in the queue.', ['queued']],
  ['requeued', 'Back in the queue: 3 employees.', ['queued', 'running', 'failed', 'incomplete']],
  ['finishing', 'The run continues to its files without 3 employees.', ['queued', 'running', 'failed', 'incomplete']],
  ['cancelled', 'The run is cancelled.', ['queued', 'running', 'failed', 'incomplete', 'cancelled']],
])('%s is told while it is true', (done, told, states) => {
  const shown = STATES.filter((state) => actionNotice({ done, n: '3' }, state).text.includes(told));
  expect(shown).toEqual(states);
  // Where the page says nothing of the state.
  expect(actionNotice({ done, n: '3' }).text).toContain(told);
});

test('that nothing was done is told whatever the state, and an address that says nothing known says nothing', () => {
  for (const state of STATES) expect(actionNotice({ done: 'none-failed' }, state).text).toContain('Nothing was done');
  for (const done of [undefined, '', 'toString', '__proto__']) expect(actionNotice({ done }).text).toBe('');
});
