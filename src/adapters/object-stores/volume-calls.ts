import { Agent } from 'node:https';
import got, { type Response } from 'got';
import { BtcFakeError } from '../../domain/errors.ts';
import { requestToken } from '../databricks/login.ts';
import { type CheckedLogin, checkLogin, type WorkspaceLogin } from '../databricks/workspace-login.ts';
import { tunnelled } from '../http/proxy-tunnel.ts';

/** One request to the Files API. */
export interface FilesRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  /** Behind `/api/2.0/fs/`, escaped: `files/Volumes/…`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** A body is made for each request: a stream can be sent once. */
  readonly body?: () => NodeJS.ReadableStream;
  readonly signal: AbortSignal;
}

/** An answer of the Files API that is no success; `code` is the API's own (`ALREADY_EXISTS`). */
export class FilesApiError extends Error {
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
  }
}

const TOKEN_MS = 30_000;

/** The Files API of a workspace, with its login. Answers are bytes. */
export class VolumeCalls {
  readonly #login: CheckedLogin;
  readonly #agent: Agent;
  #token: string | undefined;

  private constructor(login: CheckedLogin) {
    this.#login = login;
    const agent = new Agent({ keepAlive: true, ...(login.authority === undefined ? {} : { ca: login.authority }) });
    this.#agent = login.proxyUrl === undefined ? agent : tunnelled(agent, login.proxyUrl, TOKEN_MS);
    if ('token' in login.login) this.#token = login.login.token;
  }

  /** Makes a client; nothing is called yet. @throws BtcFakeError CONFIG_INVALID. */
  static async open(workspace: WorkspaceLogin): Promise<VolumeCalls> {
    return new VolumeCalls(await checkLogin(workspace));
  }

  /** Texts that must never get into a message. */
  get secrets(): readonly string[] {
    return this.#token === undefined ? this.#login.secrets : [...this.#login.secrets, this.#token];
  }

  /** Ends connections. */
  close(): void {
    this.#agent.destroy();
  }

  /**
   * Makes one request. An access token of a service principal that has expired is asked for again, once.
   * @throws FilesApiError for answers other than success; got's errors without what was sent.
   */
  async send(request: FilesRequest): Promise<Response<Buffer>> {
    const isKept = this.#token !== undefined && !('token' in this.#login.login);
    const answer = await this.#sendOnce(request);
    if (answer.statusCode !== 401 || !isKept) return checked(answer);
    this.#token = undefined;
    return checked(await this.#sendOnce(request));
  }

  async #sendOnce({ method, path, query, headers, body, signal }: FilesRequest): Promise<Response<Buffer>> {
    const token = await this.#accessToken();
    const request = got(`https://${this.#login.endpoint}/api/2.0/fs/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'user-agent': 'btc-fake', ...headers },
      ...(query === undefined ? {} : { searchParams: query }),
      ...(body === undefined ? {} : { body: body() as import('node:stream').Readable }),
      agent: { https: this.#agent },
      signal,
      responseType: 'buffer',
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
    });
    return (await request.catch((error: unknown) => {
      // got's own error holds the login.
      const { message, code } = error as { message?: string; code?: string };
      throw Object.assign(new Error(message ?? 'the call failed'), { code });
    })) as Response<Buffer>;
  }

  async #accessToken(): Promise<string> {
    const { login, endpoint, secrets } = this.#login;
    if (this.#token !== undefined || 'token' in login) return this.#token ?? (login as { token: string }).token;
    const context = { endpoint, doing: 'logging in', opening: false, secrets };
    try {
      this.#token = await requestToken({ ...login, agent: this.#agent, timeoutMs: TOKEN_MS, context });
    } catch (error) {
      if (!(error instanceof BtcFakeError) || error.code === 'PROXY_REFUSED') throw error;
      if (error.code === 'DATABRICKS_LOGIN_REFUSED') throw new FilesApiError(401, 'LOGIN_REFUSED', error.message);
      // Not one of ours: it may pass, and is then tried again.
      throw new Error(error.message);
    }
    return this.#token;
  }
}

function checked(answer: Response<Buffer>): Response<Buffer> {
  const { statusCode, body } = answer;
  if (statusCode >= 200 && statusCode < 300) return answer;
  const { code, message } = said(body);
  throw new FilesApiError(statusCode, code, message);
}

function said(body: Buffer): { code: string; message: string } {
  try {
    const { error_code: code, message } = JSON.parse(body.toString()) as { error_code?: unknown; message?: unknown };
    return { code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : '' };
  } catch {
    return { code: '', message: '' };
  }
}
