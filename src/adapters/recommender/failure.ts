import type { IncomingHttpHeaders } from 'node:http';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import { bodyExcerpt, namesAnError } from '../../domain/recommender/body.ts';
import { parseRetryAfterMs } from '../../domain/recommender/retry-policy.ts';
import { isRefusal, type ProxyFault, proxyFaultOf, proxyRefused } from '../http/proxy-fault.ts';

/** What came of one call: as much of the answer as was received, and what broke the exchange off, if anything did. */
export interface Exchange {
  /** Undefined when no answer began. */
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body was cut off by us, because it is larger than any list of recommendations. */
  readonly tooLarge: boolean;
  readonly failure: Error | undefined;
}

const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|HOSTNAME_|EPROTO$)/;
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the name server does not answer',
  ECONNRESET: 'the connection was lost',
  EPIPE: 'the connection was lost',
};

/** A call. */
export interface CallFacts {
  /** Which call, without secrets: `POST https://host.example/run for employee 7`. */
  readonly subject: string;
  /** The proxy on the way, without its login; undefined: none. */
  readonly proxy: string | undefined;
  /** What a `Retry-After` date is counted from, epoch milliseconds. */
  readonly nowMs: number;
}

/**
 * The error for a call without a usable answer, or undefined when it is usable (contract section 1, "Recommendations").
 * The status decides before the body, so a 429 whose body never comes keeps its `Retry-After`.
 * - `RECOMMENDER_THROTTLED`: 429
 * - `RECOMMENDER_UNAVAILABLE`: 408, every 5xx and a broken exchange
 * - `RECOMMENDER_ACCESS`: 401 and 403; `RECOMMENDER_REJECTED`: every other status that is not 2xx
 * - `RECOMMENDER_BODY`: too much
 * - `PROXY_REFUSED`: a proxy on the way does not let the call through
 */
export function exchangeError(
  exchange: Exchange,
  { subject: call, proxy, nowMs }: CallFacts,
): BtcFakeError | undefined {
  const { status, headers, failure } = exchange;
  const fault = proxyFaultOf(failure);
  if (fault !== undefined) return faultError(fault, call, failure);
  if (status === 407 && proxy !== undefined) {
    return proxyRefused(`${call}: the proxy ${proxy} answered ${status}`, status, failure);
  }
  const subject = proxy === undefined ? call : `${call} through the proxy ${proxy}`;
  if (status !== undefined && (status < 200 || status > 299)) {
    const retryAfterMs = parseRetryAfterMs(headers['retry-after'], nowMs);
    return statusError(status, exchange, subject, retryAfterMs);
  }
  if (exchange.tooLarge) {
    return new BtcFakeError('RECOMMENDER_BODY', `${subject}: the body is too large: ${bodyExcerpt(exchange.text)}`, {
      remedy: 'Check that API_BASE_URL and API_ENDPOINT name the recommender, then re-queue the employee.',
    });
  }
  if (failure === undefined) return undefined;
  return transportError(failure, subject, parseRetryAfterMs(headers['retry-after'], nowMs));
}

function faultError({ text, status }: ProxyFault, call: string, cause: unknown): BtcFakeError {
  if (isRefusal(status)) return proxyRefused(`${call}: ${text}`, status, cause);
  return new BtcFakeError('RECOMMENDER_UNAVAILABLE', `${call}: ${text}`, {
    remedy: 'Check HTTPS_PROXY and NO_PROXY, and whether the proxy is well; re-queue the failed employees.',
    cause,
  });
}

function statusError(status: number, exchange: Exchange, subject: string, retryAfterMs?: number): BtcFakeError {
  const body = exchange.text.trim() === '' ? '' : `: ${bodyExcerpt(exchange.text)}`;
  const message = `${subject}: answered ${status}${redirection(exchange.headers.location)}${body}`;
  const cause = exchange.failure;
  const namesError = namesAnError(exchange.text);
  if (status === 429) {
    const remedy = 'Lower the concurrency of the employee jobs if this keeps happening.';
    return new BtcFakeError('RECOMMENDER_THROTTLED', message, { remedy, retryAfterMs, cause });
  }
  if (status === 408 || status >= 500) {
    const remedy = 'Wait until the recommender answers again, then re-queue the failed employees.';
    return new BtcFakeError('RECOMMENDER_UNAVAILABLE', message, { remedy, retryAfterMs, namesError, cause });
  }
  if (status === 401 || status === 403) {
    const remedy = 'Check API_KEY or API_AUTH_HEADER, or ask for access from this machine, then re-queue the employee.';
    return new BtcFakeError('RECOMMENDER_ACCESS', message, { remedy, retryAfterMs, namesError, cause });
  }
  const notFound = 'Check API_BASE_URL and API_ENDPOINT, then re-queue the employee.';
  const otherwise =
    status < 400
      ? 'Set API_BASE_URL to the address that the recommender itself has, then re-queue the employee.'
      : 'Correct what the recommender objects to, then re-queue the employee.';
  const remedy = status === 404 ? notFound : otherwise;
  return new BtcFakeError('RECOMMENDER_REJECTED', message, { remedy, retryAfterMs, cause });
}

/** Where a redirection leads, without its query: that may hold a token. */
function redirection(location: string | undefined): string {
  if (location === undefined) return '';
  const target = location.replace(/^([a-z]+:)?\/\/[^/?#]*@/i, '$1//').replace(/[?#].*$/s, '');
  return ` (a redirection to ${bodyExcerpt(target)})`;
}

function transportError(failure: Error, subject: string, retryAfterMs?: number): BtcFakeError {
  const code = systemCode(failure) ?? failure.name;
  if (TLS_CODE.test(code)) {
    return new BtcFakeError('RECOMMENDER_UNAVAILABLE', `${subject}: no trusted TLS connection (${code})`, {
      remedy: 'Name the authority that signed the certificate of the recommender in API_CA_FILE.',
      cause: failure,
    });
  }
  const reason = failure.name === 'TimeoutError' ? timeOut(failure) : `${REASONS[code] ?? 'the call failed'} (${code})`;
  return new BtcFakeError('RECOMMENDER_UNAVAILABLE', `${subject}: ${reason}`, {
    remedy: 'Check API_BASE_URL and the network, and re-queue the failed employees.',
    retryAfterMs,
    cause: failure,
  });
}

/** got says which phase took too long and what its limit was. */
function timeOut(failure: Error): string {
  const [, phase, limitMs] = /'(\w+)' for (\d+)ms/.exec(failure.message) ?? [];
  return phase === undefined ? 'no answer in time' : `no answer in time (${phase}, ${limitMs} ms)`;
}
