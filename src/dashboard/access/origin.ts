import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../../../config/loopback.ts';

/**
 * Whether a request comes from a page of this server, by `Sec-Fetch-Site`, else by `Origin`; without either it is not
 * trusted. Behind a proxy the host is in `X-Forwarded-Host`, which other sites cannot send without CORS.
 */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-site': site, origin } = headers;
  if (site !== undefined) return site === 'same-origin';
  if (origin === undefined || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  return hostsAskedFor(headers).some((host) => hostOf(`${page.protocol}//${host}`) === page.host);
}

/** What to do when a request comes from no page of this server, as far as its headers tell. */
export function otherOriginRemedy(headers: IncomingHttpHeaders): string {
  const { 'sec-fetch-site': site, origin } = headers;
  const script = 'A script has to send the header "Origin" with the address of the dashboard.';
  if (site !== undefined || origin === undefined || !URL.canParse(origin)) return `Use the page itself. ${script}`;
  return (
    `The page is at ${new URL(origin).host}, and the dashboard was asked for as ${headers.host ?? 'nothing'}. A proxy has to pass on ` +
    `the name and the port that the browser asks for (nginx: proxy_set_header Host $http_host). ${script}`
  );
}

/** Names and ports that this server was asked for, by the browser and by the proxy that is nearest to it. */
function hostsAskedFor({ host, 'x-forwarded-host': forwarded }: IncomingHttpHeaders): string[] {
  const [first] = String(forwarded ?? '').split(',');
  return [host ?? '', first!.trim()].filter((name) => name !== '');
}

/** The host of an address, without a port that its protocol has by itself. */
function hostOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).host : undefined;
}

/**
 * Whether a `Host` header names this machine by a name that only it can have. A page of another site, whose name its
 * owner lets point here (DNS rebinding), comes with that name.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  const address = `http://${host}`;
  if (host === undefined || !URL.canParse(address)) return false;
  const name = new URL(address).hostname.replace(/^\[(.*)\]$/, '$1');
  return isLoopback(name) || name.endsWith('.localhost');
}
