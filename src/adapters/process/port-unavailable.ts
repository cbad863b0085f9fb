import { BtcFakeError, systemCode } from '../../domain/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there',
  EACCES: 'this user may not',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
};

/**
 * What a server that cannot listen has failed with, as PORT_UNAVAILABLE; an error that is not the system's stays as it
 * is.
 */
export function portUnavailable(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  return new BtcFakeError('PORT_UNAVAILABLE', `Cannot listen on ${host}:${port}: ${REASONS[code] ?? code}`, {
    remedy: 'Choose another port or address.',
    cause: error,
  });
}
