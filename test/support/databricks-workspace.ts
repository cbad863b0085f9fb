import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { makeCertificate } from './certificate.ts';

/** One call that the workspace got. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * An answer in the place of the workspace's own; `cut` ends the connection without one; `until` holds its own answer
 * back.
 */
export type ApiFault =
  | { readonly status: number; readonly body?: unknown; readonly retryAfter?: string }
  | { readonly until: Promise<void> }
  | 'cut';

/** A run that goes through these states, one with each look, and ends as it says. */
export interface ScriptedRun {
  readonly states: readonly string[];
  readonly code?: string;
  readonly message?: string;
  readonly tasks: readonly {
    readonly key: string;
    readonly result?: string;
    readonly error?: string;
    readonly attempts?: number;
  }[];
}

/** A stand-in for a workspace's REST API, over HTTPS on this machine. */
export interface DatabricksWorkspace {
  /** `localhost:PORT`. */
  readonly host: string;
  readonly caPem: string;
  readonly token: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly calls: ApiCall[];
  jobs: { readonly job_id: number | string; readonly name: string }[];
  run: ScriptedRun;
  /** Faults by path, each used up by one call. */
  readonly faults: Map<string, ApiFault[]>;
  /** Ends the life of the access tokens that were given out. */
  expireTokens(): void;
  close(): Promise<void>;
}

const PAGE = 100;
const RUN_ID = '9007199254740993';

/** Answers calls that the workspace itself does not know; undefined for those that this does not know either. */
export type MoreAnswers = (call: ApiCall) => { readonly status: number; readonly body: unknown } | undefined;

/** Starts a workspace without jobs. @param more answers first, where it has an answer. */
export async function startDatabricksWorkspace(more?: MoreAnswers): Promise<DatabricksWorkspace> {
  const { caPem, certPem: cert, keyPem: key } = makeCertificate();
  let generation = 0;
  let looks = 0;
  const started = new Map<string, string>();

  const answers: Readonly<Record<string, (call: ApiCall) => unknown>> = {
    '/oidc/v1/token': () => ({ access_token: `access-${generation}`, token_type: 'Bearer', expires_in: 3600 }),
    '/api/2.0/preview/scim/v2/Me': () => ({ userName: 'robot@team.example', active: true }),
    '/api/2.2/jobs/list': ({ query }) => {
      const from = Number(query.get('page_token') ?? 0);
      const jobs = workspace.jobs.slice(from, from + PAGE).map(({ job_id, name }) => ({ job_id, settings: { name } }));
      const next = from + PAGE < workspace.jobs.length ? { next_page_token: String(from + PAGE) } : {};
      return jobs.length === 0 ? {} : { jobs, ...next };
    },
    '/api/2.2/jobs/run-now': ({ body }) => {
      const token = String(body.idempotency_token);
      if (!started.has(token)) looks = 0;
      started.set(token, RUN_ID);
      return { run_id: `#${RUN_ID}#` };
    },
    '/api/2.2/jobs/runs/get': ({ query }) => {
      const { states, code = 'SUCCESS', message = '', tasks } = workspace.run;
      const state = states[Math.min(looks, states.length - 1)];
      const page = Number(query.get('page_token') ?? 0);
      if (page === 0) looks += 1;
      const all = tasks.flatMap(({ key: task_key, attempts = 1 }, index) =>
        Array.from({ length: attempts }, (_, attempt_number) => ({
          task_key,
          run_id: 1000 * index + attempt_number,
          attempt_number,
          status: { state },
        })),
      );
      const next = page + PAGE < all.length ? { next_page_token: String(page + PAGE) } : {};
      const end = state === 'TERMINATED' ? { termination_details: { code, message, type: 'CLIENT_ERROR' } } : {};
      return {
        run_id: `#${RUN_ID}#`,
        run_page_url: `https://${workspace.host}/#job/1/run/1`,
        status: { state, ...end },
        tasks: all.slice(page, page + PAGE),
        ...next,
      };
    },
    '/api/2.2/jobs/runs/get-output': ({ query }) => {
      const { result, error } = workspace.run.tasks[Math.floor(Number(query.get('run_id')) / 1000)] ?? {};
      return {
        ...(result === undefined ? {} : { notebook_output: { result } }),
        ...(error === undefined ? {} : { error }),
      };
    },
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const isJson = request.headers['content-type']?.includes('json') === true;
    const body = isJson ? ((await json(request)) as Record<string, unknown>) : {};
    const call = { method: request.method ?? '', path: url.pathname, query: url.searchParams, body };
    workspace.calls.push(call);
    const send = (status: number, value: unknown) => {
      // Ids are numbers that JavaScript cannot hold.
      const text = typeof value === 'string' ? value : JSON.stringify(value).replaceAll(/"#(\d+)#"/g, '$1');
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    };
    const fault = workspace.faults.get(url.pathname)?.shift();
    if (fault === 'cut') return void request.socket.destroy();
    if (fault !== undefined && 'until' in fault) await fault.until;
    else if (fault !== undefined) {
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter);
      return send(fault.status, fault.body ?? {});
    }
    const credentials = Buffer.from(`${workspace.clientId}:${workspace.clientSecret}`).toString('base64');
    const accepted =
      url.pathname === '/oidc/v1/token'
        ? [`Basic ${credentials}`]
        : [`Bearer ${workspace.token}`, `Bearer access-${generation}`];
    if (!accepted.includes(request.headers.authorization ?? '')) return send(401, { message: 'Invalid access token.' });
    const other = more?.(call);
    if (other !== undefined) return send(other.status, other.body);
    const answer = answers[url.pathname];
    if (answer === undefined)
      return send(404, { error_code: 'ENDPOINT_NOT_FOUND', message: `No API at ${url.pathname}` });
    send(200, answer(call));
  };

  const server = createServer({ cert, key }, (request, response) => void serve(request, response));
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const workspace: DatabricksWorkspace = {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    caPem,
    token: 'dapi-canary-of-the-workspace',
    clientId: 'robot-id',
    clientSecret: 'canary-of-the-principal',
    calls: [],
    jobs: [],
    run: { states: ['TERMINATED'], tasks: [] },
    faults: new Map(),
    expireTokens: () => {
      generation += 1;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return workspace;
}
