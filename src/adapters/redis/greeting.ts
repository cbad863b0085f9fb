import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { parseRedisAddress, type RedisEndpoint } from '../../domain/connections/redis-address.ts';

const WORDS_LIMIT_MS = 300;
const TLS_LIMIT_MS = 2_000;
const OF_CERTIFICATES = /^(CERT_|UNABLE_|SELF_|DEPTH_|ERR_TLS_CERT)/;

/** Why a server hangs up on commands. */
export type HangUp = { readonly words: string } | 'wants TLS' | 'wants no TLS' | undefined;

/**
 * Asks a server that hung up on commands why: a full server says so unasked, a server with TLS answers a handshake
 * (with any certificate), and a server without TLS answers plain text.
 * @param location as for `connectRedis`.
 */
export async function whyItHangsUp(location: string): Promise<HangUp> {
  const address = parseRedisAddress(location);
  const [endpoint] = address?.endpoints ?? [];
  if (!address || !endpoint) return undefined;
  if (address.tls) return (await firstWords(endpoint, 'PING\r\n')) === undefined ? undefined : 'wants no TLS';
  const words = /^-([^\r\n]+)/.exec((await firstWords(endpoint)) ?? '')?.[1];
  if (words !== undefined) return { words };
  return (await speaksTls(endpoint)) ? 'wants TLS' : undefined;
}

/** What a server says first, unasked or after `question`, if it is what Redis would say. */
function firstWords(endpoint: RedisEndpoint, question = ''): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connectPlain({ ...endpoint, timeout: WORDS_LIMIT_MS });
    const settle = (words?: string) => {
      socket.destroy();
      resolve(words);
    };
    socket.write(question);
    socket.once('data', (data) => {
      const words = data.toString('latin1');
      settle(/^[-+]/.test(words) ? words : undefined);
    });
    for (const event of ['timeout', 'error', 'close']) socket.once(event, () => settle());
  });
}

function speaksTls(endpoint: RedisEndpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({ ...endpoint, timeout: TLS_LIMIT_MS });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('secureConnect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(OF_CERTIFICATES.test(error.code ?? '')));
  });
}
