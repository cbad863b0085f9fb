import { plural } from '../domain/wording.ts';
import { type Html, html } from './html.ts';

/** What an action on a run came to. */
export type ActionOutcome =
  | 'requeued'
  | 'requeued-one'
  | 'stage-requeued'
  | 'finishing'
  | 'started'
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
  finishing: (n) => `The run goes on to its files without ${plural(n, 'employee')}.`,
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
  'run-made-before': 'this run was started from the same form before. Load the form anew to start another.',
};

/** The address of a page with what was done; the page tells it in its own words. */
export function withOutcome(path: string, outcome: ActionOutcome, n?: number): string {
  return `${path}?done=${outcome}${n === undefined ? '' : `&n=${n}`}`;
}

/** What was done before a page was loaded; nothing when its address says nothing that is known. */
export function actionNotice({ done, n }: { readonly done?: unknown; readonly n?: unknown }): Html {
  const outcome = String(done) as ActionOutcome;
  const number = /^\d{1,9}$/.test(String(n)) ? Number(n) : 0;
  if (Object.hasOwn(GOOD, outcome)) return html`<p class="notice good" role="status">${GOOD[outcome]!(number)}</p>`;
  if (!Object.hasOwn(NOTHING_DONE, outcome)) return html``;
  return html`<p class="notice warn" role="status">Nothing was done: ${NOTHING_DONE[outcome]}</p>`;
}
