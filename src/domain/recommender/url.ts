import { BtcFakeError } from '../errors.ts';

/**
 * The address of the recommender (contract section 1, "Recommendations"): `API_BASE_URL` followed by `API_ENDPOINT`.
 * The longest path segments that end the base and start the endpoint are joined once.
 * - `https://host.example/public` and `/public/api/run` make `https://host.example/public/api/run`.
 * @throws BtcFakeError CONFIG_INVALID when the base is not an http or https address without query, or the endpoint is
 * not a path.
 */
export function recommenderUrl(baseUrl: string, endpoint: string): URL {
  const url = parseBase(baseUrl);
  const path = parseEndpoint(endpoint, url);
  const start = segments(url.pathname);
  const end = segments(path.pathname);
  const joined = [...start, ...end.slice(overlap(start, end))].join('/');
  const last = end.length > 0 ? path : url;
  url.pathname = last.pathname.endsWith('/') && joined !== '' ? `/${joined}/` : `/${joined}`;
  url.search = path.search;
  return url;
}

function parseBase(baseUrl: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    // The address itself stays out of the message: it may hold a password.
    throw new BtcFakeError('CONFIG_INVALID', 'API_BASE_URL is not an http or https address without a query.', {
      remedy: 'Set API_BASE_URL to an address such as https://recommender.example/public.',
    });
  }
  return url;
}

function parseEndpoint(endpoint: string, base: URL): URL {
  const address = `${base.origin}/${endpoint.replace(/^\/+/, '')}`;
  if (/^[a-z][a-z0-9+.-]*:/i.test(endpoint) || endpoint.includes('#') || !URL.canParse(address)) {
    throw new BtcFakeError('CONFIG_INVALID', 'API_ENDPOINT is not a path.', {
      remedy: 'Set API_ENDPOINT to a path such as /public/api/v1/mltr/v3/run.',
    });
  }
  return new URL(address);
}

function segments(pathname: string): string[] {
  return pathname.split('/').filter((segment) => segment !== '');
}

function overlap(start: readonly string[], end: readonly string[]): number {
  let length = Math.min(start.length, end.length);
  while (length > 0 && !end.slice(0, length).every((segment, at) => segment === start.at(at - length))) length -= 1;
  return length;
}
