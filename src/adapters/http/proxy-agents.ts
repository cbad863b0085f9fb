import { type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect as connectSecurely } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { forwardedBy, tunnelled } from './proxy-tunnel.ts';

/** How Node.js gives a call to its agent, before anything of it is sent. Its types leave that out. */
interface CallTaker {
  addRequest(request: ClientRequest, options: object): void;
}

/**
 * Agents that reach servers through a proxy: https ones by a tunnel (`CONNECT`), http ones by sending the proxy the
 * whole call. For clients that make few calls; each call has a connection of its own.
 * @param timeoutMs until the proxy has let a connection through.
 */
export function agentsThrough(proxyUrl: string, timeoutMs: number): { http: HttpAgent; https: HttpsAgent } {
  return { http: forwarding(proxyUrl), https: tunnelled(new HttpsAgent(), proxyUrl, timeoutMs) };
}

function forwarding(proxyUrl: string): HttpAgent {
  const agent = new HttpAgent();
  const { protocol, hostname, port } = urlToHttpOptions(new URL(proxyUrl));
  const to = { host: hostname, port: port ?? (protocol === 'https:' ? 443 : 80) };
  const taker = agent as unknown as CallTaker;
  const take = taker.addRequest.bind(agent);
  taker.addRequest = (request, options) => {
    const call = forwardedBy(new URL(request.path, `http://${request.getHeader('host')}`), proxyUrl)!;
    request.path = call.path;
    for (const [name, value] of Object.entries(call.headers)) request.setHeader(name, value);
    take(request, { ...options, ...to });
  };
  if (protocol === 'https:') agent.createConnection = () => connectSecurely({ ...to, servername: to.host } as object);
  return agent;
}
