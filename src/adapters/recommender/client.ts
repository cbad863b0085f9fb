import { proxyName } from '../../domain/connections/proxy-name.ts';
import { BtcFakeError, type ErrorCode } from '../../domain/errors.ts';
import type { ContentId, EmployeeId } from '../../domain/ids.ts';
import { parseRecommendationBody } from '../../domain/recommender/body.ts';
import { recommenderUrl } from '../../domain/recommender/url.ts';
import { type ExchangeOptions, type Exchanges, REQUEST_HEADERS, trustedWith } from './exchange.ts';
import { type Exchange, exchangeError } from './failure.ts';
import { gotExchanges } from './got.ts';
import { undiciExchanges } from './undici.ts';

/** Which library makes the calls (`API_CLIENT`). They are told apart by nothing but the time that a call costs. */
export type RecommenderClient = 'got' | 'undici';

const CLIENTS: Readonly<Record<RecommenderClient, (options: ExchangeOptions) => Exchanges>> = {
  got: gotExchanges,
  undici: undiciExchanges,
};

export interface RecommenderOptions {
  /** `API_BASE_URL` and `API_ENDPOINT`; see `recommenderUrl` for how they are joined. */
  readonly baseUrl: string;
  readonly endpoint: string;
  /** Says who calls, for every call; a secret. */
  readonly authHeader?: { readonly name: string; readonly value: string };
  /** The proxy on the way, perhaps with a login; none unless given. */
  readonly proxyUrl?: string;
  /** got unless given. */
  readonly client?: RecommenderClient;
  /** The most that one call may take from its start to the last byte of the answer. */
  readonly timeoutMs: number;
  /**
   * Connections at most; as many as calls are made at the same time, or calls wait for each other within `timeoutMs`.
   */
  readonly sockets: number;
  /** A PEM file with authorities to trust besides the well-known ones (`API_CA_FILE`). */
  readonly caFile?: string;
  /** Told of every call; without one, calls are not even timed. */
  readonly onCall?: CallObserver | undefined;
}

/**
 * Is told of a call that has ended: how many seconds it took, and the status of the answer or, when there was no usable
 * answer with a good status, the code of the error. Must be quick and must not throw.
 */
export type CallObserver = (seconds: number, outcome: number | ErrorCode) => void;

/** The ML Training Recommender API, contract section 1, "Recommendations". */
export interface Recommender {
  /**
   * What the recommender recommends to an employee, in its order, each content once; possibly nothing. One call is one
   * attempt: the job decides whether and when to try again (`isRetryable`, `retryDelayMs`).
   * @throws BtcFakeError RECOMMENDER_THROTTLED or RECOMMENDER_UNAVAILABLE (with the `retryAfterMs` of the answer) when
   * the call may pass later; RECOMMENDER_ACCESS, RECOMMENDER_REJECTED or RECOMMENDER_BODY when it will not.
   */
  recommend(employeeId: EmployeeId): Promise<ContentId[]>;
  /**
   * Closes all connections; calls that are still under way fail with `RECOMMENDER_UNAVAILABLE`. There is no way to end
   * a single call: a signal for each would cost a tenth of its time.
   */
  close(): void;
}

/** Opens no connection yet. Throws `CONFIG_INVALID` when the address is none or `caFile` cannot be read. */
export function createRecommender(options: RecommenderOptions): Recommender {
  const url = recommenderUrl(options.baseUrl, options.endpoint);
  const where = `POST ${url.origin}${url.pathname}`;
  const { client = 'got', timeoutMs, sockets, caFile, onCall, authHeader, proxyUrl } = options;
  const via = proxyUrl === undefined ? undefined : proxyName(proxyUrl);
  const isTrustNamed = url.protocol === 'https:' && caFile !== undefined;
  const secureContext = isTrustNamed ? trustedWith(caFile) : undefined;
  const headers = { ...REQUEST_HEADERS, ...(authHeader && { [authHeader.name]: authHeader.value }) };
  const exchanges = CLIENTS[client]({ url, headers, timeoutMs, sockets, proxyUrl, secureContext });
  return {
    async recommend(employeeId) {
      const begunAt = onCall === undefined ? 0 : performance.now();
      const body = `{"data":{"ba_id":${employeeId}}}`;
      const exchange = await exchanges.post(body);
      let failure: unknown;
      try {
        return answerOf(exchange, `${where} for employee ${employeeId}`, via);
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        onCall?.((performance.now() - begunAt) / 1000, outcomeOf(exchange, failure));
      }
    },
    close: () => exchanges.close(),
  };
}

function answerOf(exchange: Exchange, subject: string, proxy: string | undefined): ContentId[] {
  const error = exchangeError(exchange, { subject, proxy, nowMs: Date.now() });
  if (error !== undefined) throw error;
  return parseRecommendationBody(exchange.text);
}

function outcomeOf({ status }: Exchange, failure: unknown): number | ErrorCode {
  const saysItAll = failure === undefined || status! < 200 || status! > 299;
  if (status !== undefined && saysItAll) return status;
  return failure instanceof BtcFakeError ? failure.code : 'INTERNAL';
}
