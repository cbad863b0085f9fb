/**
 * A stage of a run that no worker takes: what it needs, and what the workers on its queue have instead. In words,
 * without secrets.
 */
export interface UnservedStage {
  readonly stage: string;
  /** Empty where only a worker is missing. */
  readonly needs: readonly string[];
  readonly workers: readonly { readonly host: string; readonly pid: number; readonly has: readonly string[] }[];
}

/** What people are told of it: one line for what is missing, one for each worker, and what to do. */
export function unservedText({ stage, needs, workers }: UnservedStage) {
  const needed = needs.join(' and ');
  const isAlone = workers.length === 0;
  return {
    what: isAlone
      ? `No worker works on ${stage}${needs.length > 0 ? `, which needs ${needed}` : ''}`
      : `No worker serves ${stage} with ${needed}`,
    workers: workers.map(({ host, pid, has }) => `${host} (process ${pid}) has ${has.join(' and ')}`),
    remedy: isAlone
      ? 'Start one with "btc-fake worker".'
      : 'Start a worker that has it, or a new run with what the workers have.',
  };
}
