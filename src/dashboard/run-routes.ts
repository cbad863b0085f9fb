import type { FastifyInstance } from 'fastify';
import type { DashboardContext } from './dashboard-context.ts';
import { failedListRoutes } from './failed-list.ts';
import { feedPreviewRoutes } from './feed-preview.ts';
import type { KnownCatalogs } from './known-catalogs.ts';
import { LiveProgress } from './live-progress.ts';
import { runActionRoutes } from './run-actions.ts';
import { runCancelRoutes } from './run-cancel.ts';
import { runDownloadRoutes } from './run-downloads.ts';
import { runListRoutes } from './run-list.ts';
import { runPageRoutes } from './run-page.ts';
import { RunViews } from './run-views.ts';

/** Everything about runs: the list, a run's page and its events, what can be done about it, and its files. */
export function runRoutes(app: FastifyInstance, context: DashboardContext, catalogs: KnownCatalogs): void {
  const views = new RunViews(context, catalogs);
  const live = new LiveProgress(app, { basePath: context.loaded.settings.dashboard.basePath });
  app.addHook('onClose', () => views.close());
  runListRoutes(app, context, views, live);
  runPageRoutes(app, context, views, live);
  failedListRoutes(app, context, views);
  runActionRoutes(app, context, views);
  runCancelRoutes(app, context, views);
  runDownloadRoutes(app, context, views);
  feedPreviewRoutes(app, context, views);
}
