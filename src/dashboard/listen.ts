import type { FastifyInstance } from 'fastify';
import { portUnavailable } from '../adapters/process/port-unavailable.ts';

/**
 * Lets a server listen.
 * @returns its address, `http://127.0.0.1:3000`.
 * @throws BtcFakeError PORT_UNAVAILABLE when the port is taken or may not be used, or the address is not this
 * machine's.
 */
export async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    throw portUnavailable(error, { host, port });
  }
}
