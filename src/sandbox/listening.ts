import { type EventEmitter, once } from 'node:events';
import { portUnavailable } from '../adapters/process/port-unavailable.ts';

/** Resolves when a server that was told to listen does. @throws BtcFakeError PORT_UNAVAILABLE when it cannot. */
export async function listening(server: EventEmitter, address: { host: string; port: number }): Promise<void> {
  try {
    await once(server, 'listening');
  } catch (error) {
    throw portUnavailable(error, address);
  }
}
