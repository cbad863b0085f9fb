import formbody from '@fastify/formbody';
import Fastify, { type FastifyInstance } from 'fastify';
import { endedWithin } from '../adapters/process/time-limit.ts';
import { answerAtBasePath, withoutBasePath } from './access/base-path.ts';
import { guard, REQUEST_LIMITS } from './access/guard.ts';
import { bullBoardRoutes } from './bull-board/board.ts';
import { chartRoutes } from './charts-page.ts';
import type { DashboardContext } from './dashboard-context.ts';
import { employeeRoutes } from './employees/page.ts';
import { KnownCatalogs } from './live/known-catalogs.ts';
import { healthRoutes } from './monitoring/health-routes.ts';
import { createMetrics } from './monitoring/metrics.ts';
import { dashboardReadiness } from './monitoring/readiness.ts';
import { serveAssets } from './page/assets.ts';
import { showErrors } from './page/error-page.ts';
import { runRoutes } from './runs/routes.ts';
import { scheduleRoutes } from './schedule/page.ts';
import { configurationRoutes } from './settings/configuration-page.ts';
import { connectionRoutes } from './settings/connections-page.ts';
import { startRoutes } from './start/page.ts';

const CLOSE_LIMIT_MS = 2_000;

/** Makes the dashboard's server; the caller listens and closes it. */
export async function createDashboard(context: DashboardContext): Promise<FastifyInstance> {
  const { basePath } = context.loaded.settings.dashboard;
  const app = Fastify({
    ...REQUEST_LIMITS,
    rewriteUrl: ({ url = '/' }) => withoutBasePath(basePath, url),
    logger: false,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
  });
  showErrors(app, context);
  answerAtBasePath(app, basePath);
  await guard(app, context);
  await app.register(formbody);
  await serveAssets(app);
  const metrics = context.metrics ?? createMetrics({ ...context, settings: context.loaded.settings });
  await app.register(healthRoutes, { metrics, readiness: dashboardReadiness(context.redis) });
  const catalogs = new KnownCatalogs(context.store);
  runRoutes(app, context, catalogs);
  employeeRoutes(app, context, catalogs);
  await startRoutes(app, context);
  scheduleRoutes(app, context);
  configurationRoutes(app, context);
  connectionRoutes(app, context, catalogs);
  chartRoutes(app, context);
  await bullBoardRoutes(app, context);
  return app;
}

/** Closes a dashboard; a page that still loads is not waited for longer than a moment. */
export async function closeDashboard(app: FastifyInstance): Promise<void> {
  await endedWithin(app.close(), CLOSE_LIMIT_MS);
}
