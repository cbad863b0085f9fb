import formbody from '@fastify/formbody';
import Fastify, { type FastifyInstance } from 'fastify';
import { serveAssets } from './assets.ts';
import { answerAtBasePath, withoutBasePath } from './base-path.ts';
import { bullBoardRoutes } from './bull-board.ts';
import { chartRoutes } from './charts-page.ts';
import { configurationRoutes } from './configuration-page.ts';
import { connectionRoutes } from './connections-page.ts';
import type { DashboardContext } from './dashboard-context.ts';
import { employeeRoutes } from './employee-page.ts';
import { showErrors } from './error-page.ts';
import { guard, REQUEST_LIMITS } from './guard.ts';
import { healthRoutes } from './health-routes.ts';
import { KnownCatalogs } from './known-catalogs.ts';
import { createMetrics } from './metrics.ts';
import { dashboardReadiness } from './readiness.ts';
import { runRoutes } from './run-routes.ts';
import { scheduleRoutes } from './schedule-page.ts';
import { startRoutes } from './start-page.ts';

const CLOSE_LIMIT_MS = 2_000;

/** Makes the dashboard's server; whoever makes it listens and closes it. */
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
  const limit = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_LIMIT_MS).unref());
  await Promise.race([app.close(), limit]);
}
