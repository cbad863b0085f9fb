import type { FastifyInstance } from 'fastify';
import { BtcFakeError, systemCode } from '../domain/errors.ts';

/**
 * Lets a server listen. @returns its address, `http://127.0.0.1:3000`.
 * @throws BtcFakeError PORT_UNAVAILABLE when the port is taken or may not be used, or the address is not this machine's.
 */
export async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const reasons: Readonly<Record<string, string>> = {
      EADDRINUSE: 'something else listens there',
      EACCES: 'this user may not',
      EADDRNOTAVAIL: 'this machine has no such address',
    };
    throw new BtcFakeError('PORT_UNAVAILABLE', `Cannot listen on ${host}:${port}: ${reasons[code] ?? code}`, {
      remedy: 'Choose another port or address.',
      cause: error,
    });
  }
}
