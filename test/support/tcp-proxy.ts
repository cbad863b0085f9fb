import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** How a proxy treats what passes through it, from the moment that it is told. */
export interface TcpFaults {
  /** Everything, in both directions, comes this much later. */
  readonly latencyMs?: number;
  /** The connection is reset once so many bytes of answers have passed on it. */
  readonly resetAfterBytes?: number;
  /** Connections are taken, and nothing passes any more, in either direction. */
  readonly blackHole?: boolean;
  /** What the client says arrives and is executed; the answer never does, and the connection is reset in its place. */
  readonly loseReplies?: boolean;
  /** New connections are refused: reset at once. */
  readonly refuse?: boolean;
}

/** A TCP proxy on loopback that misbehaves as it is told. */
export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Connections taken so far. */
  readonly taken: number;
  /** From now on these faults and no others; none when left out. */
  misbehave(faults?: TcpFaults): void;
  /** Resets every connection that is open. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of a server. Close it when the test is done, also when it failed. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let faults: TcpFaults = {};
  let taken = 0;
  const open = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();

  const server = createServer((client) => {
    taken += 1;
    if (faults.refuse) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(target);
    let answered = 0;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    const up = inOrder();
    const down = inOrder();
    client.on('data', (chunk) => {
      if (!faults.blackHole) up(() => upstream.write(chunk));
    });
    upstream.on('data', (chunk) => {
      if (faults.blackHole) return;
      answered += chunk.length;
      const { loseReplies, resetAfterBytes = Number.POSITIVE_INFINITY } = faults;
      if (loseReplies || answered > resetAfterBytes) client.resetAndDestroy();
      else down(() => client.write(chunk));
    });
  });

  /**
   * Does things one after the other, each as late as it is to be; what comes when there is no latency any more waits
   * for what was late.
   */
  function inOrder(): (action: () => void) => void {
    const late: (() => void)[] = [];
    let lastAt = 0;
    return (action) => {
      const { latencyMs = 0 } = faults;
      if (latencyMs === 0 && late.length === 0) {
        action();
        return;
      }
      late.push(action);
      lastAt = Math.max(lastAt, Date.now() + latencyMs);
      const timer = setTimeout(() => {
        timers.delete(timer);
        late.shift()!();
      }, lastAt - Date.now());
      timers.add(timer);
    };
  }

  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    get taken() {
      return taken;
    },
    misbehave: (next = {}) => {
      faults = next;
    },
    cut,
    async close() {
      for (const timer of timers) clearTimeout(timer);
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
