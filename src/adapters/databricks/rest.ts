import { Agent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import got, { type Response } from 'got';
import jsonBigint from 'json-bigint';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import { parseRetryAfterMs, retryDelayMs } from '../../domain/recommender/retry-policy.ts';
import { tunnelled } from '../http/proxy-tunnel.ts';
import { secretCutter } from '../process/secret-cutter.ts';
import { type CallContext, databricksSilence, isCertificateFault, loginRefused, toDatabricksError } from './errors.ts';
import { requestToken } from './login.ts';
import { type CheckedLogin, checkLogin, type WorkspaceLogin } from './workspace-login.ts';

/** One call of a workspace's REST API. */
export interface RestCall {
  readonly method: 'GET' | 'POST';
  /** From the root of the host: `/api/2.2/jobs/list`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: object;
  /** As it reads in a message: `starting the job btc-fake-dev`. */
  readonly doing: string;
  /** What is asked for may be gone: the answer is then undefined. */
  readonly mayLack?: true;
  /** A call that is on its way is waited for when the work is stopped: only its answer says what it did. */
  readonly finishes?: boolean;
}

/** How the API is called. */
export interface RestOptions {
  /** For one answer. Default 30 s. */
  readonly timeoutMs?: number;
  /** Calls in all where what went wrong may pass. Default 6. */
  readonly attempts?: number;
  /** Ends waits and calls. */
  readonly stop?: AbortSignal;
}

/** Ids can be larger than a JavaScript number holds: numbers of more than 15 digits are given as text. */
const JSON_OF_API = jsonBigint({ storeAsString: true });

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 6;
const LONGEST_WAIT_MS = 60_000;
/** Answers after which the same call may succeed. */
const MAY_PASS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
const SHOWN_CHARACTERS = 300;
const CHECK_HOST =
  'Check the host of the workspace (DATABRICKS_HOST, or host in lakehouse.yaml) and the network; then try again.';
const RIGHTS =
  'Give this login the right to do so, or use another (DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and its secret).';

/** A workspace's REST API, with its login. */
export class DatabricksRest {
  readonly #login: CheckedLogin;
  readonly #agent: Agent;
  readonly #timeoutMs: number;
  readonly #attempts: number;
  readonly #stop: AbortSignal | undefined;
  #token: string | undefined;

  private constructor(login: CheckedLogin, { timeoutMs = TIMEOUT_MS, attempts = ATTEMPTS, stop }: RestOptions) {
    this.#login = login;
    this.#timeoutMs = timeoutMs;
    this.#attempts = attempts;
    this.#stop = stop;
    const agent = new Agent({ keepAlive: true, ...(login.authority === undefined ? {} : { ca: login.authority }) });
    this.#agent = login.proxyUrl === undefined ? agent : tunnelled(agent, login.proxyUrl, timeoutMs);
    if ('token' in login.login) this.#token = login.login.token;
  }

  /** Makes a client; nothing is called yet. @throws BtcFakeError CONFIG_INVALID. */
  static async open(workspace: WorkspaceLogin, options: RestOptions = {}): Promise<DatabricksRest> {
    return new DatabricksRest(await checkLogin(workspace), options);
  }

  /** `host:port`. */
  get endpoint(): string {
    return this.#login.endpoint;
  }

  /** Closes what is open. */
  close(): void {
    this.#agent.destroy();
  }

  /**
   * Calls the API, again where what went wrong may pass. A call that changes something must be safe to repeat.
   * @returns the body, parsed.
   * @throws BtcFakeError DATABRICKS_LOGIN_REFUSED, DATABRICKS_UNREACHABLE, PROXY_REFUSED; DATABRICKS_API with what the
   * API said.
   */
  async call(call: RestCall): Promise<unknown> {
    const context = {
      endpoint: this.endpoint,
      doing: call.doing,
      opening: false,
      secrets: this.#login.secrets,
      remedy: CHECK_HOST,
    };
    for (let attemptsMade = 1; ; attemptsMade += 1) {
      let error: BtcFakeError;
      try {
        const isKept = this.#token !== undefined;
        const response = await this.#request(call, context);
        if (response.statusCode < 300) return bodyOf(response, context);
        // An access token of a service principal lives for an hour: a kept one is asked for again, once.
        if (response.statusCode === 401 && isKept && this.#token === undefined) continue;
        if (call.mayLack && isAbsence(response)) return undefined;
        error = refusal(response, context);
        if (!MAY_PASS.has(response.statusCode)) throw error;
      } catch (thrown) {
        if (this.#stop?.aborted || !(thrown instanceof BtcFakeError) || !mayPass(thrown)) throw thrown;
        error = thrown;
      }
      if (attemptsMade === this.#attempts) throw error;
      const waitMs = Math.min(retryDelayMs({ attemptsMade, error, random: Math.random() }), LONGEST_WAIT_MS);
      await delay(waitMs, undefined, { ...(this.#stop && { signal: this.#stop }) });
    }
  }

  async #request({ method, path, query, body, finishes }: RestCall, context: CallContext): Promise<Response<string>> {
    const login = this.#login.login;
    if (this.#token === undefined && !('token' in login)) {
      this.#token = await requestToken({ ...login, agent: this.#agent, timeoutMs: this.#timeoutMs, context });
    }
    const response = await got(`https://${this.endpoint}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'user-agent': 'btc-fake' },
      ...(query === undefined ? {} : { searchParams: query }),
      ...(body === undefined ? {} : { json: body }),
      ...(this.#stop && !finishes && { signal: this.#stop }),
      agent: { https: this.#agent },
      timeout: { request: this.#timeoutMs },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
    }).catch((error: unknown) => {
      if (!finishes) this.#stop?.throwIfAborted();
      throw toDatabricksError(withoutLogin(error), context);
    });
    if (response.statusCode === 401 && !('token' in login)) this.#token = undefined;
    return response;
  }
}

/** A host that nobody knows and a certificate that is not trusted stay so until somebody changes something. */
function mayPass(error: BtcFakeError): boolean {
  const code = systemCode(error.cause) ?? '';
  return error.retryable && code !== 'ENOTFOUND' && !isCertificateFault(code);
}

/** got's own error holds the login, so only what it says of the connection is kept. */
function withoutLogin(error: unknown): Error {
  const { message, code, cause } = error as { message?: string; code?: string; cause?: unknown };
  return Object.assign(new Error(message ?? 'the call failed', { cause }), { code });
}

/** The API answers 404 for an object that is gone and for an address that it does not know, and 400 for a job. */
function isAbsence({ statusCode, body }: Response<string>): boolean {
  if (statusCode === 400) return /"message":\s*"Job \d+ does not exist/.test(body);
  return (
    statusCode === 404 && /"error_code":\s*"\w*(DOES_NOT_EXIST|NOT_FOUND)"/.test(body) && !body.includes('ENDPOINT_')
  );
}

function bodyOf({ body, statusCode }: Response<string>, context: CallContext): unknown {
  try {
    return body.trim() === '' ? {} : (JSON_OF_API.parse(body) as unknown);
  } catch {
    throw databricksSilence(`it answered HTTP ${statusCode} with something that is no JSON`, context);
  }
}

function refusal(response: Response<string>, context: CallContext): BtcFakeError {
  const { statusCode: status, headers } = response;
  const said = saidBy(response, context);
  if (status === 401) return loginRefused(status, context);
  if (status === 403) {
    const message = `Databricks at ${context.endpoint} does not allow ${context.doing} (HTTP 403)${said}`;
    return new BtcFakeError('DATABRICKS_LOGIN_REFUSED', message, { remedy: RIGHTS });
  }
  const retryAfterMs = parseRetryAfterMs(headers['retry-after'], Date.now());
  if (MAY_PASS.has(status)) {
    const message = `Databricks at ${context.endpoint} could not be reached while ${context.doing}: it answered HTTP ${status}${said}`;
    return new BtcFakeError('DATABRICKS_UNREACHABLE', message, { remedy: 'Try again.', retryAfterMs });
  }
  const message = `Databricks at ${context.endpoint} refused ${context.doing} (HTTP ${status})${said}`;
  return new BtcFakeError('DATABRICKS_API', message, { remedy: 'Correct what it names, then try again.' });
}

/** What the API says of an error: `: CODE: message`. */
function saidBy({ body }: Response<string>, { secrets }: CallContext): string {
  try {
    const { error_code: code, message } = JSON.parse(body) as { error_code?: unknown; message?: unknown };
    const parts = [code, message].filter((part) => typeof part === 'string' && part !== '') as string[];
    const text = secretCutter(secrets)(parts.join(': ')).split(/[\r\n]/, 1)[0] ?? '';
    return text === '' ? '' : `: ${text.slice(0, SHOWN_CHARACTERS)}`;
  } catch {
    return '';
  }
}
