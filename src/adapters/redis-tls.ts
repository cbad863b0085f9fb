import { connect } from 'node:tls';
import { parseRedisAddress } from '../domain/redis-address.ts';

const LIMIT_MS = 2_000;

/**
 * Whether a server that is addressed without TLS wants it: it then hangs up on plain commands without a word. Whose certificate it
 * shows does not matter.
 * @param location as for `connectRedis`.
 */
export async function speaksTls(location: string): Promise<boolean> {
  const address = parseRedisAddress(location);
  const [endpoint] = address?.endpoints ?? [];
  if (!address || address.tls || !endpoint) return false;
  return new Promise((resolve) => {
    const socket = connect({ ...endpoint, timeout: LIMIT_MS });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('secureConnect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      settle(/^(CERT_|UNABLE_|SELF_|DEPTH_|ERR_TLS_CERT)/.test(error.code ?? '')),
    );
  });
}
