import { plural } from '../../domain/wording.ts';
import type { RunState } from '../../queries/run-status.ts';
import { type Html, html } from './html.ts';

/** What an action on a run came to. */
export type ActionOutcome =
  | 'requeued'
  | 'requeued-one'
  | 'stage-requeued'
  | 'finishing'
  | 'started'
  | 'cancelled'
  | 'run-made'
  | 'run-made-before'
  | 'none-failed'
  | 'not-failed'
  | 'stage-not-failed'
  | 'still-working'
  | 'ended';

const GOOD: Readonly<Partial<Record<ActionOutcome, (n: number) => string>>> = {
  requeued: (n) => `Back in the queue: ${plural(n, 'employee')}.`,
  'requeued-one': () => 'The employee is back in the queue.',
  'stage-requeued': () => 'The stage is back in the queue.',
  finishing: (n) => `The run continues to its files without ${plural(n, 'employee')}.`,
  cancelled: () => 'The run is cancelled. Workers that hold jobs of it end them.',
  started: () => 'The run is back in the queue.',
  'run-made': () => 'The run is queued.',
};

const NOTHING_DONE: Readonly<Partial<Record<ActionOutcome, string>>> = {
  'none-failed': 'nobody of these is failed now. Somebody may have re-queued them already.',
  'not-failed': 'the employee is not failed, or not any more.',
  'stage-not-failed': 'no stage is failed now. Somebody may have re-queued it already.',
  'still-working':
    'others of this run are still being worked on. Finish without the failed ones when all others are done.',
  ended: 'the run has ended.',
  'run-made-before': 'this run was started from the same form before. Load the form again to start another.',
};

/** The address of a page with what was done; the page tells it in its own words. */
export function withOutcome(path: string, outcome: ActionOutcome, n?: number): string {
  return `${path}?done=${outcome}${n === undefined ? '' : `&n=${n}`}`;
}

/** What is true only until somebody begins with the run. */
const UNTIL_BEGUN: ReadonlySet<ActionOutcome> = new Set(['run-made', 'started']);

/** Whether a run is past what was done about it. */
function isPast(outcome: ActionOutcome, state: RunState | undefined): boolean {
  if (state === undefined) return false;
  if (UNTIL_BEGUN.has(outcome)) return state !== 'queued';
  return state === 'finished' || (state === 'cancelled' && outcome !== 'cancelled');
}

/**
 * What was done before a page was loaded; nothing when its address says nothing that is known, or what the run is past
 * by now.
 * @param state of the run whose page it is; absent where the page says nothing of that.
 */
export function actionNotice({ done, n }: { readonly done?: unknown; readonly n?: unknown }, state?: RunState): Html {
  const outcome = String(done) as ActionOutcome;
  const number = /^\d{1,9}$/.test(String(n)) ? Number(n) : 0;
  if (Object.hasOwn(GOOD, outcome)) {
    return isPast(outcome, state)
      ? html``
      : html`<p class="notice good" role="status" data-done>${GOOD[outcome]!(number)}</p>`;
  }
  if (!Object.hasOwn(NOTHING_DONE, outcome)) return html``;
  return html`<p class="notice warn" role="status" data-done>Nothing was done: ${NOTHING_DONE[outcome]}</p>`;
}
