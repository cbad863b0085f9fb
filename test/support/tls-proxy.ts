import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { TestCertificate } from './certificate.ts';

/** A server that speaks TLS and hands everything on to a server that does not. */
export interface TlsProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts one on loopback. Close it when the test is done, also when it failed. */
export async function startTlsProxy(
  { certPem, keyPem }: TestCertificate,
  target: { host: string; port: number },
): Promise<TlsProxy> {
  const open = new Set<TLSSocket>();
  const server = createServer({ cert: certPem, key: keyPem }, (client) => {
    open.add(client);
    const upstream = connect(target);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const client of open) client.destroy();
      await closed;
    },
  };
}
