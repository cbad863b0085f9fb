import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import got, { type Request, type Response } from 'got';
import { BtcFakeError, type ErrorCode, systemCode } from '../domain/errors.ts';
import type { ContentId, EmployeeId } from '../domain/ids.ts';
import { parseRecommendationBody } from '../domain/recommendation-body.ts';
import { recommenderUrl } from '../domain/recommender-url.ts';
import { type Exchange, exchangeError } from './recommender-failure.ts';

const LARGEST_BODY_BYTES = 1024 * 1024;
const LONGEST_CONNECT_MS = 10_000;

export interface RecommenderOptions {
  /** `API_BASE_URL` and `API_ENDPOINT`; see `recommenderUrl` for how they are joined. */
  readonly baseUrl: string;
  readonly endpoint: string;
  /** The most that one call may take from its start to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Connections at most; as many as calls are made at the same time, or calls wait for each other within `timeoutMs`. */
  readonly sockets: number;
  /** A PEM file with authorities to trust besides the well-known ones (`API_CA_FILE`). */
  readonly caFile?: string;
  /** Told of every call; without one, calls are not even timed. */
  readonly onCall?: CallObserver | undefined;
  /** Told of every call that brought recommendations, or an empty list of them. */
  readonly onSuccess?: (() => void) | undefined;
}

/**
 * Is told of a call that has ended: how many seconds it took, and the status of the answer or, when there was no usable answer
 * with a good status, the code of the error. Must be quick and must not throw.
 */
export type CallObserver = (seconds: number, outcome: number | ErrorCode) => void;

/** The ML Training Recommender API, contract section 1, "Recommendations". */
export interface Recommender {
  /**
   * What the recommender recommends to an employee, in its order, each content once; possibly nothing. One call, one
   * attempt: whether and when to try again is for the job to decide (`isRetryable`, `retryDelayMs`).
   *
   * Throws `RECOMMENDER_THROTTLED` or `RECOMMENDER_UNAVAILABLE` (with the `retryAfterMs` that the answer asked for) when
   * the call may pass later, `RECOMMENDER_ACCESS`, `RECOMMENDER_REJECTED` or `RECOMMENDER_BODY` when it will not.
   */
  recommend(employeeId: EmployeeId): Promise<ContentId[]>;
  /**
   * Closes all connections; calls that are still under way fail with `RECOMMENDER_UNAVAILABLE`. There is no way to end a
   * single call: a signal for each would cost a tenth of its time.
   */
  close(): void;
}

/** Opens no connection yet. Throws `CONFIG_INVALID` when the address is none or `caFile` cannot be read. */
export function createRecommender(options: RecommenderOptions): Recommender {
  const url = recommenderUrl(options.baseUrl, options.endpoint);
  const where = `POST ${url.origin}${url.pathname}`;
  const agent = createAgent(url, options);
  const client = createClient(url, agent, options.timeoutMs);
  const { onCall, onSuccess } = options;
  return {
    async recommend(employeeId) {
      const begunAt = onCall === undefined ? 0 : performance.now();
      const body = `{"data":{"ba_id":${employeeId}}}`;
      const exchange = await finish(client.stream(url, { body }));
      let failure: unknown;
      try {
        const recommendations = answerOf(exchange, `${where} for employee ${employeeId}`);
        onSuccess?.();
        return recommendations;
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        onCall?.((performance.now() - begunAt) / 1000, outcomeOf(exchange, failure));
      }
    },
    close: () => agent.destroy(),
  };
}

function answerOf(exchange: Exchange, subject: string): ContentId[] {
  const error = exchangeError(exchange, subject, Date.now());
  if (error !== undefined) throw error;
  return parseRecommendationBody(exchange.text);
}

function outcomeOf({ status }: Exchange, failure: unknown): number | ErrorCode {
  const saysItAll = failure === undefined || status! < 200 || status! > 299;
  if (status !== undefined && saysItAll) return status;
  return failure instanceof BtcFakeError ? failure.code : 'INTERNAL';
}

/**
 * One instance for all calls: got copies its options for each call, so they are kept few, and there are no hooks. Of the forty
 * that it hands on to Node.js, most of them not set, Node.js gets those that say something: to carry the others through its own
 * copies takes as long as the rest of the request.
 */
function createClient(url: URL, agent: HttpAgent | HttpsAgent, timeoutMs: number) {
  const connectMs = Math.min(timeoutMs, LONGEST_CONNECT_MS);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const target = { ...urlToHttpOptions(url), method: 'POST', agent };
  return got.extend({
    method: 'POST',
    request: (_url, { headers = {} }, callback) => request({ ...target, headers }, callback),
    // An answer is a few hundred bytes: to compress it costs both sides more than it saves.
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      'user-agent': 'btc-fake',
    },
    followRedirect: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
    // The last one bounds all that comes after the connection, so the phases of it need no timers of their own.
    timeout: { lookup: connectMs, connect: connectMs, secureConnect: connectMs, request: timeoutMs },
  });
}

/**
 * The agent's own time-out closes idle connections and, only when it is set, makes Node.js heed a server's
 * `Keep-Alive: timeout=…`, so that a connection is seldom used at the moment in which the server closes it.
 */
function createAgent(url: URL, { sockets, timeoutMs, caFile }: RecommenderOptions): HttpAgent | HttpsAgent {
  const pool = { keepAlive: true, maxSockets: sockets, maxFreeSockets: sockets, timeout: timeoutMs };
  if (url.protocol === 'http:') return new HttpAgent(pool);
  return new HttpsAgent(caFile === undefined ? pool : { ...pool, secureContext: trusting(caFile) });
}

/** Made once: Node.js would otherwise read all authorities again for each connection. */
function trusting(caFile: string): SecureContext {
  try {
    const pem = readFileSync(caFile, 'utf8');
    // createSecureContext passes over a text that holds no certificate; this throws.
    new X509Certificate(pem);
    return createSecureContext({ ca: [...rootCertificates, pem] });
  } catch (cause) {
    const code = systemCode(cause) ?? 'ERR_';
    const reason = code.startsWith('ERR_') ? 'it is not in PEM form' : code;
    throw new BtcFakeError('CONFIG_INVALID', `API_CA_FILE: ${caFile} holds no certificate (${reason}).`, {
      remedy: 'Set API_CA_FILE to a readable PEM file with the certificate of the authority.',
      cause,
    });
  }
}

/** Never rejects. got's promise would read any amount of bytes, and lose what had come of a body that breaks off. */
function finish(stream: Request): Promise<Exchange> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let response: Response | undefined;
    let settled = false;
    const settle = (failure?: Error) => {
      if (settled) return;
      settled = true;
      // Also takes got's timers down. A connection that has done its work is kept.
      stream.destroy();
      resolve({
        status: response?.statusCode,
        headers: response?.headers ?? {},
        text: Buffer.concat(chunks).toString('utf8'),
        tooLarge: size > LARGEST_BODY_BYTES,
        failure,
      });
    };
    stream.once('response', (received: Response) => {
      response = received;
    });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > LARGEST_BODY_BYTES) settle();
    });
    stream.once('end', () => settle());
    stream.on('error', settle);
    stream.once('close', () => settle(new Error('The exchange was closed.')));
  });
}
