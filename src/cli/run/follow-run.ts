import { setTimeout as delay } from 'node:timers/promises';
import type { RunId } from '../../domain/ids.ts';
import type { RunState } from '../../queries/run-status.ts';
import { runStatusById } from '../../queries/unstarted-runs.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Session, withWorkers } from '../session.ts';
import { withStopSignal } from '../stop-signal.ts';
import { printJson, printProgress, printResult } from '../terminal.ts';
import type { FollowOptions } from './follow-options.ts';
import { RunProgress } from './progress.ts';
import { printRunEnd, reportRunById } from './report.ts';

const LOOK_EVERY_MS = 200;

/** States in which a run is followed no further: it has ended, or waits for a person. */
const ENDS: ReadonlySet<RunState> = new Set(['finished', 'failed', 'incomplete', 'cancelled']);

/**
 * Follows a run until it has ended or stands still, and prints how; works it in this process where that is wanted.
 * Interrupted, it leaves the run resumable and says how to continue it.
 */
export async function followRun(session: Session, runId: RunId, options: FollowOptions): Promise<ExitCode> {
  if (options.detach) return leaveToOthers(session, runId, options);
  const ended = await withStopSignal((stop) => {
    const follow = () => waitForEnd(session, runId, stop);
    return worksHere(session, options) ? withWorkers(session, {}, follow) : follow();
  });
  if (!ended) {
    printProgress(
      `Interrupted. ${options.afterInterruption ?? `The run is kept; continue it with: btc-fake resume ${runId}`}`,
    );
    return EXIT.error;
  }
  const report = await reportRunById(session, runId);
  if (options.json) printJson(report);
  else await printRunEnd(session, await session.store.findRun(runId), report);
  if (report.state === 'finished') await options.afterFinish?.(session, runId);
  if (report.state === 'failed' || report.state === 'cancelled') return EXIT.error;
  return report.failedEmployees.length > 0 ? EXIT.failedEmployees : EXIT.ok;
}

/** Whether this process works a run that it follows. */
export function worksHere({ embedded }: Session, { detach, withWorkers }: FollowOptions): boolean {
  return !detach && (withWorkers ?? embedded);
}

function leaveToOthers(session: Session, runId: RunId, { json }: FollowOptions): ExitCode {
  if (json) printJson({ runId });
  else {
    printResult(runId);
    printProgress(`Run ${runId} is queued; see how it goes with: btc-fake status ${runId}`);
  }
  if (session.embedded) printProgress('Nobody works on it until you start: btc-fake worker');
  return EXIT.ok;
}

/** @returns false when it was told to stop before. */
async function waitForEnd(session: Session, runId: RunId, stop: AbortSignal): Promise<boolean> {
  const { queues, store } = session;
  const progress = new RunProgress(Date.now());
  try {
    while (!stop.aborted) {
      const status = await runStatusById(queues, store, runId);
      progress.show(status, Date.now());
      if (ENDS.has(status.state)) return true;
      await delay(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => {});
    }
    return false;
  } finally {
    progress.end();
    // Only now: the bar would write over it.
    if (stop.aborted) printProgress('Stopping: jobs in progress finish or go back; Ctrl-C again ends at once');
  }
}
