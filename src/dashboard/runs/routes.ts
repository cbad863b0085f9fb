import type { FastifyInstance } from 'fastify';
import type { DashboardContext } from '../dashboard-context.ts';
import { failedListRoutes } from '../employees/failed-list.ts';
import type { KnownCatalogs } from '../live/known-catalogs.ts';
import { LiveProgress } from '../live/progress.ts';
import { runActionRoutes } from './actions.ts';
import { runCancelRoutes } from './cancel.ts';
import { runDownloadRoutes } from './downloads.ts';
import { feedPreviewRoutes } from './feed-preview.ts';
import { runListRoutes } from './list.ts';
import { runPageRoutes } from './page.ts';
import { RunViews } from './views.ts';

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
