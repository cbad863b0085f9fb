import { channel } from 'node:diagnostics_channel';

/**
 * Moments at which a worker may die and must not do harm. The fault tests listen to them, in the process itself, and end it
 * there; without a listener they cost nothing.
 */
export type Milestone =
  | 'fan-out-chunk-added'
  | 'result-to-be-written'
  | 'result-written'
  | 'feeds-drafted'
  | 'file-renamed'
  | 'files-in-place'
  | 'slot-enqueued';

const MILESTONES = channel('btc-fake:milestone');

/** Says that a moment has come. */
export function reach(milestone: Milestone): void {
  if (MILESTONES.hasSubscribers) MILESTONES.publish(milestone);
}
