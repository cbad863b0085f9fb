import type { Command } from 'commander';
import type { RunId } from '../../domain/ids.ts';
import type { Session } from '../session.ts';

/** How a command follows a run that it starts or continues. */
export interface FollowOptions {
  /** Do not wait for the run. */
  readonly detach?: boolean;
  /** Work the run in this process; the default when Redis is our own, since nobody else could. */
  readonly withWorkers?: boolean;
  readonly json?: boolean;
  /** What an interrupted person is told; how to resume, unless given. */
  readonly afterInterruption?: string;
  /** What is done when the run has finished, while its Redis is still there. */
  readonly afterFinish?: (session: Session, runId: RunId) => Promise<void>;
}

/** The options of every command that follows a run. */
export function followOptions(command: Command): Command {
  return command
    .option('--detach', 'do not wait for the run')
    .option('--with-workers', 'work the run in this process (the default without REDIS_URL)')
    .option('--json', 'print one JSON object as the result');
}
