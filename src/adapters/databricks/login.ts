import type { Agent } from 'node:https';
import got from 'got';
import { systemCode } from '../../domain/errors.ts';
import { proxyFaultOf } from '../http/proxy-fault.ts';
import { type CallContext, databricksSilence, httpError, loginRefused, toDatabricksError } from './errors.ts';

/** What a token is asked for with: OAuth machine-to-machine, the client credentials of a service principal. */
export interface TokenRequest {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The driver's own agent, so that tokens travel under the same certificates as queries. */
  readonly agent: Agent;
  readonly timeoutMs: number;
  readonly context: CallContext;
}

/**
 * An access token from the workspace's own token endpoint. The driver could ask by itself, but only on the public
 * cloud's host names and on port 443, so that neither a private host nor a test could use it.
 *
 * @throws BtcFakeError DATABRICKS_LOGIN_REFUSED, DATABRICKS_UNREACHABLE. Never with got's own error as its cause: that
 * one holds the secret.
 */
export async function requestToken(request: TokenRequest): Promise<string> {
  const { clientId, clientSecret, agent, timeoutMs, context } = request;
  const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  const response = await got
    .post(`https://${context.endpoint}/oidc/v1/token`, {
      headers: { authorization: `Basic ${credentials}` },
      form: { grant_type: 'client_credentials', scope: 'all-apis' },
      agent: { https: agent },
      timeout: { request: timeoutMs },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
    })
    .catch((error: unknown) => {
      const what = proxyFaultOf(error)?.text ?? 'The token request failed.';
      const cause = Object.assign(new Error(what), { code: systemCode(error) });
      throw toDatabricksError(cause, context);
    });
  // OAuth says 400 as well as 401 for credentials that it does not know.
  if (response.statusCode === 400) throw loginRefused(response.statusCode, context);
  if (response.statusCode !== 200) throw httpError(response.statusCode, context);
  const token = readToken(response.body);
  if (token === undefined) throw databricksSilence('the answer holds no access token', context);
  return token;
}

function readToken(body: string): string | undefined {
  try {
    const { access_token: token } = JSON.parse(body) as { access_token?: unknown };
    return typeof token === 'string' && token !== '' ? token : undefined;
  } catch {
    return undefined;
  }
}
