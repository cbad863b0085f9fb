import type { Command } from 'commander';
import { packageVersion } from '../../adapters/disk/package-root.ts';
import type { QueueName } from '../../adapters/redis/queues.ts';
import type { WorkerHealth } from '../../dashboard/monitoring/worker-health.ts';
import { STAGES } from '../../domain/run/stages.ts';
import type { WorkerContext } from '../../workers/runtime/worker-context.ts';
import { queueArgument, wholeNumberArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { aborted, withStopSignal } from '../stop-signal.ts';

interface WorkerCommandOptions {
  readonly only?: readonly QueueName[];
  readonly concurrency?: number;
}

const MAX_CONCURRENCY = 10_000;

/** `btc-fake worker`: works until it is told to stop. */
export function workerCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('worker')
    .description(
      'work on runs and start scheduled runs until told to stop; jobs in progress then finish or go back to the queue',
    )
    .option('--only <queue>', `work on this queue alone; can be repeated (${STAGES.join(', ')})`, queueArgument)
    .option(
      '--concurrency <n>',
      'employees at the same time (default: EMPLOYEE_CONCURRENCY)',
      wholeNumberArgument(1, MAX_CONCURRENCY),
    )
    .addHelpText('after', '\nExample:\n  btc-fake worker --only employee-simulation --concurrency 200')
    .action(async ({ only, concurrency }: WorkerCommandOptions) => {
      const { openCommandContext, withSession, withWorkers } = await import('../session.ts');
      const { assertWeekly } = await import('../../domain/schedule/slots.ts');
      const { alertsTask } = await import('../../workers/periodic/alerts.ts');
      const { expiredJobsTask } = await import('../../workers/periodic/expired-jobs.ts');
      const { scheduleTask } = await import('../../workers/periodic/schedule.ts');
      const command = openCommandContext({ logAll: true });
      const startsRuns = only === undefined || only.includes('run-start');
      // A worker that would refuse its schedule later, in the log, is not started at all.
      if (startsRuns) assertWeekly(command.settings.schedule, Date.now());
      const { webhookUrl } = command.settings.alerts;
      // Those who start runs also look after them; simulation alone may be done by many.
      const periodicTasks = (context: WorkerContext) => {
        if (!startsRuns) return [];
        const alerts = webhookUrl === undefined ? [] : [alertsTask(context, webhookUrl)];
        return [scheduleTask(context), expiredJobsTask(context), ...alerts];
      };
      done(
        await withStopSignal((stop) =>
          withSession(command, async (session) => {
            const health = await serveHealth(session);
            try {
              const choice = { only, concurrency, periodicTasks, observer: health?.observer };
              await withWorkers(session, choice, async (workers) => {
                health?.watch(workers);
                session.logger.info({ queues: workers.queues }, 'Working; stop with Ctrl-C or SIGTERM');
                await aborted(stop);
                session.logger.info('Stopping: jobs in progress finish or go back');
              });
            } finally {
              await health?.close();
            }
            return EXIT.ok;
          }),
        ),
      );
    });
}

/** Health and metrics of this process, when METRICS_PORT is set. @throws BtcFakeError PORT_UNAVAILABLE. */
async function serveHealth({ settings, redisLocation, logger }: Session): Promise<WorkerHealth | undefined> {
  if (!settings.metrics) return undefined;
  const { startWorkerHealth } = await import('../../dashboard/monitoring/worker-health.ts');
  const version = packageVersion();
  return startWorkerHealth({ settings, redisLocation, ...settings.metrics, version, logger, now: Date.now });
}
