import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { expect, test } from '@jest/globals';
import { makeCertificate } from './certificate.ts';

test.each(['localhost', '127.0.0.1'])('a client that trusts the authority accepts the server as %s', async (host) => {
  const { caPem, certPem, keyPem } = makeCertificate();
  const server = createServer({ cert: certPem, key: keyPem }, (socket) => socket.end()).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const trusting: TLSSocket = connect({ port, host, ca: caPem });
    await once(trusting, 'secureConnect');
    expect(trusting.authorized).toBe(true);
    trusting.destroy();
    const stranger = connect({ port, host, ca: makeCertificate().caPem });
    await expect(once(stranger, 'secureConnect')).rejects.toThrow(/certificate/);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
