import type { FastifyInstance } from 'fastify';

/**
 * The dashboard's path below a proxy's address (DASHBOARD_BASE_PATH): `/btc-fake`, or empty. Pages are written without
 * it: answers get it added, and requests lose it unless the proxy has removed it.
 */

/** The attributes of pages that hold addresses. A page's texts are escaped, so that none can look like one. */
const ADDRESSES = /(\s(?:href|src|action|data-live)=")(\/[^"]*)/g;

/**
 * An address of the dashboard (`/runs/…`) as a browser has to ask for it; an address that has the path already stays.
 */
export function atBasePath(basePath: string, path: string): string {
  return path === basePath || path.startsWith(`${basePath}/`) ? path : `${basePath}${path}`;
}

/** Markup whose addresses are those that a browser has to ask for. */
export function markupAtBasePath(basePath: string, markup: string): string {
  if (basePath === '') return markup;
  return markup.replace(ADDRESSES, (_all, before: string, path: string) => `${before}${atBasePath(basePath, path)}`);
}

/** The address that a request is for, without the base path. */
export function withoutBasePath(basePath: string, url: string): string {
  if (!url.startsWith(basePath)) return url;
  const rest = url.slice(basePath.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}

/** Gives every page and every redirection that the app answers with the base path. */
export function answerAtBasePath(app: FastifyInstance, basePath: string): void {
  if (basePath === '') return;
  app.addHook('onSend', async (_request, reply, payload) => {
    const location = reply.getHeader('location');
    if (typeof location === 'string' && location.startsWith('/')) {
      reply.header('location', atBasePath(basePath, location));
    }
    const isPage = typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html');
    if (!isPage) return payload;
    reply.removeHeader('content-length');
    return markupAtBasePath(basePath, payload);
  });
}
