import type { Algorithms } from 'ssh2';
import {
  isLegacySshAlgorithm,
  LEGACY_SSH_ALGORITHMS,
  type SshAlgorithmUse,
} from '../../domain/connections/legacy-ssh-algorithms.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { printable } from '../../domain/quoted-value.ts';
import type { SftpServer } from './server.ts';

const LONGEST_OFFER = 500;
const OFFER = /^Handshake: \(remote\) (.+?): (.*)$/;
/** What stands among the key exchange algorithms and is none. */
const MARKERS = /^(?:ext-info-|kex-strict-)/;
const NO_MATCH = /no matching (.+)$/i;

/** What the ssh library takes for the legacy algorithms that a server's settings allow besides its own. */
export function allowedAlgorithms(names: readonly string[]): Algorithms {
  const append = (use: SshAlgorithmUse) => names.filter((name) => LEGACY_SSH_ALGORITHMS[name] === use);
  // The library's types know each list by its names; which are allowed here, the settings have checked.
  return Object.fromEntries(
    (['kex', 'serverHostKey', 'cipher', 'hmac'] as const).map((use) => [
      use,
      { append: append(use), prepend: [], remove: [] },
    ]),
  ) as unknown as Algorithms;
}

/** Listens to what the ssh library says while it connects, for the algorithms that a server offers. */
export class OfferedAlgorithms {
  #last = '';

  /** Takes a line of the library's. */
  readonly hear = (line: string): void => {
    this.#last = OFFER.exec(line)?.[2] ?? this.#last;
  };

  /**
   * SFTP_ALGORITHMS when this error says that client and server have no algorithm in common; undefined for any other.
   */
  refusal(server: SftpServer, endpoint: string, error: unknown): BtcFakeError | undefined {
    const kind = error instanceof Error ? NO_MATCH.exec(error.message)?.[1] : undefined;
    if (kind === undefined) return undefined;
    const offered = this.#last.split(',').filter((name) => name !== '' && !MARKERS.test(name));
    const legacy = offered.filter(isLegacySshAlgorithm);
    const setting = `${server.settings ?? 'SFTP_INBOUND'}_LEGACY_ALGORITHMS`;
    const names = printable(offered.join(', ').slice(0, LONGEST_OFFER)) || 'none';
    return new BtcFakeError('SFTP_ALGORITHMS', `${endpoint} offers no ${kind} that is accepted. It offers: ${names}.`, {
      remedy:
        legacy[0] === undefined
          ? 'Ask its operator for a newer SSH server.'
          : `Ask its operator for newer algorithms, or allow a legacy one by name: ${setting}=${legacy[0]}.`,
      cause: error,
    });
  }
}
