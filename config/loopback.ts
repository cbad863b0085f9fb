import { isIPv4 } from 'node:net';

/** Whether an address or a name is this machine's own and cannot be another's. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
