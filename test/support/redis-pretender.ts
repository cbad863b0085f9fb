import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A port of 127.0.0.1 with a Redis behind it that says that it is of another version. Close it when the test is done.
 */
export async function startPretender(
  target: { host: string; port: number },
  version: string,
): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => {}));
    client.pipe(upstream);
    client.once('close', () => upstream.destroy());
    upstream.on('data', (bytes) => {
      // As long as before, because the answer's length stands before it.
      const told = bytes
        .toString('latin1')
        .replace(/(?<=\nredis_version:)[^\r]+/, (real) => version.padEnd(real.length));
      client.write(told, 'latin1');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
