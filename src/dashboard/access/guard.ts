import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DashboardContext } from '../dashboard-context.ts';
import { sendError } from '../page/error-page.ts';
import { Login, type LoginOutcome } from './login.ts';
import { isLoopbackHost, isSameOrigin, otherOriginRemedy } from './origin.ts';

/** What Fastify is made with, so that nobody can hold a connection, or fill the memory, for long. */
export const REQUEST_LIMITS = {
  bodyLimit: 64 * 1024,
  /** For a whole request; long enough for an upload over a slow line. */
  requestTimeout: 5 * 60_000,
  http: { headersTimeout: 20_000, maxHeaderSize: 16 * 1024 },
} as const;

/** Pages may load what the dashboard itself serves, and nothing else; nothing is run or styled in line. */
const PAGE_CSP = {
  useDefaults: false,
  directives: {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'img-src': ["'self'", 'data:'],
    'connect-src': ["'self'"],
    'form-action': ["'self'"],
    'base-uri': ["'none'"],
    'frame-ancestors': ["'none'"],
  },
};

/** With `no-referrer`, browsers hide the origin of the dashboard's own forms too (`Origin: null`) over plain HTTP. */
const REFERRER_POLICY = { policy: 'same-origin' } as const;

/** What browsers heed only over HTTPS and from this machine. */
const TRUSTED_ONLY = ['cross-origin-opener-policy', 'origin-agent-cluster'];

/** What machines ask, which have no login. */
const OPEN_ROUTES: ReadonlySet<string | undefined> = new Set(['/healthz', '/readyz', '/metrics']);

/** Methods that change nothing. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

const TOKEN_COOKIE = 'btc-fake-known';
const TOKEN_DAYS = 30;
const YEAR_SECONDS = 365 * 24 * 3600;

/**
 * Guards everything that the app serves; called before any route is registered.
 * - With a login configured, everything but health and metrics asks for it (HTTP Basic; see `Login`).
 * - Without, the dashboard listens on this machine alone, and only a `Host` that names it is answered.
 * - What changes something must come from a page of the dashboard itself. There is no CORS.
 * - Every answer says how a browser must treat it: content security policy, no sniffing, no referrer for other sites,
 *   no framing; no caching but of what says otherwise; HTTPS only, where a proxy says that it was HTTPS.
 * - Each request is logged (debug) with its path, never its query; each wrong login (warn) with its address.
 */
export async function guard(app: FastifyInstance, { loaded, logger, now }: DashboardContext): Promise<void> {
  const { login: credentials, basePath } = loaded.settings.dashboard;
  const login = credentials && new Login(credentials);
  await app.register(helmet, {
    contentSecurityPolicy: PAGE_CSP,
    strictTransportSecurity: false,
    referrerPolicy: REFERRER_POLICY,
  });

  app.addHook('onRequest', async (request, reply) => {
    if (login === undefined && !isLoopbackHost(request.headers.host)) {
      return sendError(reply, 403, {
        message: "The dashboard was asked for under a name that is not this machine's",
        remedy:
          'Use localhost or 127.0.0.1. To serve it under another name, set DASHBOARD_USER and DASHBOARD_PASSWORD.',
      });
    }
    if (login !== undefined && !OPEN_ROUTES.has(request.routeOptions.url)) {
      const { authorization } = request.headers;
      const checked = login.check({ authorization, address: request.ip, token: tokenOf(request) }, now());
      if (checked.outcome === 'wrong' && checked.isNew) {
        // Not with the user: people type their password there too.
        logger.warn({ address: request.ip }, 'A login to the dashboard was wrong');
      }
      if (checked.outcome !== 'right') return refuseLogin(reply, checked);
      if (checked.newToken)
        reply.header('set-cookie', tokenCookie(checked.newToken, { path: `${basePath}/`, secure: isHttps(request) }));
    }
    if (!SAFE_METHODS.has(request.method) && !isSameOrigin(request.headers)) {
      return sendError(reply, 403, {
        message: 'This was not sent by a page of this dashboard, so nothing was done',
        remedy: otherOriginRemedy(request.headers),
      });
    }
    return undefined;
  });

  app.addHook('onSend', async (request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    if (isHttps(request)) reply.header('strict-transport-security', `max-age=${YEAR_SECONDS}`);
    // Elsewhere browsers ignore them, and complain of each on the console.
    else if (!isLoopbackHost(request.headers.host)) for (const name of TRUSTED_ONLY) reply.removeHeader(name);
  });

  app.addHook('onResponse', async (request, reply) => {
    const about = { method: request.method, path: pathOf(request), status: reply.statusCode, address: request.ip };
    logger.debug({ ...about, ms: Math.round(reply.elapsedTime) }, 'Answered a request');
  });
}

function refuseLogin(reply: FastifyReply, refused: Exclude<LoginOutcome, { outcome: 'right' }>): FastifyReply {
  if (refused.outcome === 'throttled') {
    return sendError(reply.header('retry-after', Math.ceil(refused.waitMs / 1000)), 429, {
      message: 'Too many wrong logins',
      remedy: 'Wait a minute, then try again.',
    });
  }
  return sendError(reply.header('www-authenticate', 'Basic realm="BTC Fake", charset="UTF-8"'), 401, {
    message: refused.outcome === 'wrong' ? 'The user name or the password is wrong' : 'Log in to see the dashboard',
    remedy: 'The people who run it have set DASHBOARD_USER and DASHBOARD_PASSWORD.',
  });
}

function tokenOf({ headers }: FastifyRequest): string | undefined {
  const cookies = headers.cookie?.split(/; */) ?? [];
  return cookies.find((cookie) => cookie.startsWith(`${TOKEN_COOKIE}=`))?.slice(TOKEN_COOKIE.length + 1);
}

function tokenCookie(token: string, { path, secure }: { path: string; secure: boolean }): string {
  const attributes = `Path=${path}; HttpOnly; SameSite=Strict; Max-Age=${TOKEN_DAYS * 24 * 3600}`;
  return `${TOKEN_COOKIE}=${token}; ${attributes}${secure ? '; Secure' : ''}`;
}

/** The dashboard itself speaks HTTP; a proxy before it says what it speaks. */
function isHttps({ headers }: FastifyRequest): boolean {
  return headers['x-forwarded-proto'] === 'https';
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0]!;
}
