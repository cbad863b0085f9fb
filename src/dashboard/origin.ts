import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../../config/load.ts';

/**
 * Whether a request comes from a page of this server, or from no page at all. Browsers say so in `Sec-Fetch-Site`, or, over plain HTTP
 * to another machine, in `Origin`. A request that has neither is not trusted: old browsers send such ones for other sites' pages.
 */
export function isSameOrigin({ 'sec-fetch-site': site, origin, host }: IncomingHttpHeaders): boolean {
  if (site !== undefined) return site === 'same-origin';
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/**
 * Whether a `Host` header names this machine by a name that only it can have. A page of another site, whose name its owner lets
 * point here (DNS rebinding), comes with that name.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  const address = `http://${host}`;
  if (host === undefined || !URL.canParse(address)) return false;
  const name = new URL(address).hostname.replace(/^\[(.*)\]$/, '$1');
  return isLoopback(name) || name.endsWith('.localhost');
}
