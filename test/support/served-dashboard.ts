import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { loadSettings } from '../../config/load.ts';
import type { DashboardContext } from '../../src/dashboard/dashboard-context.ts';
import { createDashboard } from '../../src/dashboard/server.ts';
import type { RunFixture } from './run-fixture.ts';

/** A dashboard that listens on loopback. */
export interface ServedDashboard {
  readonly app: FastifyInstance;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Asks for a path as a page of the dashboard would; redirects are not followed. */
  ask(path: string, options?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** What pages are made from, in a fixture. */
export function dashboardContext(fixture: RunFixture, env: Readonly<Record<string, string>> = {}): DashboardContext {
  const folders = { OUTPUT_DIR: join(fixture.folder, 'generated'), SFTP_LOCAL_DIR: join(fixture.folder, 'downloaded') };
  const base = { ...folders, API_BASE_URL: 'http://127.0.0.1:9', JOB_ATTEMPTS: '3' };
  const loaded = loadSettings({ envFile: false, env: { ...base, ...env } });
  return { ...fixture, loaded, secrets: [], version: '9.9.9' };
}

/** Serves the dashboard of a fixture on a free port. The caller closes it. */
export async function serveDashboard(
  fixture: RunFixture,
  env: Readonly<Record<string, string>> = {},
  overrides: Partial<DashboardContext> = {},
): Promise<ServedDashboard> {
  const app = await createDashboard({ ...dashboardContext(fixture, env), ...overrides });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    app,
    url,
    ask: (path, options = {}) =>
      fetch(`${url}${path}`, { redirect: 'manual', ...options, headers: { origin: url, ...options.headers } }),
    close: () => app.close(),
  };
}
