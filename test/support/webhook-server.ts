import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A webhook on loopback that answers as the test says. */
export interface WebhookServer {
  /** Its path is a secret. */
  readonly url: string;
  /** The messages that came, whatever was answered. */
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  close(): Promise<void>;
}

/** What nobody may see of the address. */
export const WEBHOOK_SECRET = 'canary-hook-77f1';

/** Starts a webhook. `answer` is a status, or `hang`, for the nth message (from 1). Close it when the test is done. */
export async function startWebhook(answer: (nth: number) => number | 'hang' = () => 200): Promise<WebhookServer> {
  const messages: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    messages.push(JSON.parse(await text(request)));
    const status = answer(messages.length);
    if (status === 'hang') return;
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/services/${WEBHOOK_SECRET}`,
    messages,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
