import { count, plural } from '../wording.ts';

/** What is known of a run that somebody stopped. */
export interface CancelledFacts {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly by: string;
  readonly stage: string;
  readonly employees: number;
  readonly done: number;
}

/**
 * Who cancelled a run, when, and how far it was: the end of a sentence that begins with the run. The instant is in UTC.
 */
export function cancelledText({ at, by, stage, employees, done }: CancelledFacts): string {
  const far = `at the stage ${stage}, with ${count(done)} of ${plural(employees, 'employee')} done`;
  return `was cancelled by ${by} at ${new Date(at).toISOString().slice(0, 19)}Z, ${far}`;
}

/** What of it had been published before, which nobody can take back. */
export function publishedText(names: readonly string[]): string {
  if (names.length === 0) return 'nothing of it was published';
  return `${plural(names.length, 'file')} of it had been published: ${names.join(', ')}`;
}
