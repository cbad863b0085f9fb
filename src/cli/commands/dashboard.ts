import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { aborted, withStopSignal } from '../stop-signal.ts';

/** What the dashboard can be told on the command line. */
interface DashboardOptions {
  readonly host?: string;
  readonly port?: string;
  readonly withWorkers?: boolean;
}

/** `btc-fake dashboard`: serves the pages until it is told to stop. */
export function dashboardCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('dashboard')
    .description('serve the dashboard until told to stop: runs, failed employees, files, schedule, queues')
    .option('--host <address>', 'listen on this address (default: DASHBOARD_HOST)')
    .option('--port <port>', 'listen on this port (default: DASHBOARD_PORT)')
    .option('--with-workers', 'work on runs in this process too (the default without REDIS_URL)')
    .addHelpText('after', '\nExample:\n  btc-fake dashboard --port 8080')
    .action(async ({ host, port, withWorkers: here }: DashboardOptions) => {
      const { closeDashboard, createDashboard } = await import('../../dashboard/server.ts');
      const { createMetrics } = await import('../../dashboard/monitoring/metrics.ts');
      const { listen } = await import('../../dashboard/listen.ts');
      const { openCommandContext, withSession, withWorkers } = await import('../session.ts');
      const { packageVersion } = await import('../../adapters/disk/package-root.ts');
      const { requireLogin } = await import('../../../config/load.ts');
      const command = openCommandContext({ logAll: true, overrides: { DASHBOARD_HOST: host, DASHBOARD_PORT: port } });
      const { dashboard } = command.settings;
      requireLogin(command.settings);
      done(
        await withStopSignal((stop) =>
          withSession(
            command,
            async (session) => {
              const context = { ...session, version: packageVersion(), now: Date.now };
              const metrics = createMetrics(context);
              const app = await createDashboard({ ...context, metrics });
              try {
                const url = await listen(app, dashboard);
                session.logger.info({ url }, 'The dashboard is served; stop with Ctrl-C or SIGTERM');
                const serve = () => aborted(stop);
                const works = here ?? (session.embedded && command.settings.recommender !== undefined);
                await (works ? withWorkers(session, { observer: metrics.observer }, serve) : serve());
              } finally {
                await closeDashboard(app);
              }
              return EXIT.ok;
            },
            'dashboard',
          ),
        ),
      );
    });
}
