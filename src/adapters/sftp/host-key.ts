import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { BtcFakeError } from '../../domain/errors.ts';
import type { SftpServer } from './server.ts';

/** Says yes or no to the host key that a server shows, and keeps the reason of a no. */
export interface HostKeyCheck {
  /** Takes the key as it goes over the wire; true when the connection may continue. */
  accepts(key: Buffer): boolean;
  /** Set after a refusal. */
  refusal(): BtcFakeError | undefined;
}

/** The fingerprint of a host key (the bytes that go over the wire), `SHA256:…` as `ssh-keygen -lf` prints it. */
export function hostKeyFingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/**
 * A check against the server's pin. Without a pin every key is accepted, and its fingerprint is logged with a warning.
 * A refusal is SFTP_HOST_KEY_MISMATCH with both fingerprints.
 */
export function checkHostKey(server: SftpServer, endpoint: string, logger: Logger): HostKeyCheck {
  const variable = `${server.settings ?? 'SFTP_INBOUND'}_HOST_FINGERPRINT`;
  let refused: BtcFakeError | undefined;

  return {
    accepts(key) {
      const seen = hostKeyFingerprint(key);
      if (server.hostFingerprint === undefined) {
        logger.warn({ host: server.host, port: server.port, fingerprint: seen }, unpinnedWarning(endpoint, variable));
        return true;
      }
      const pinned = normalized(server.hostFingerprint);
      if (seen === pinned) return true;
      refused = new BtcFakeError(
        'SFTP_HOST_KEY_MISMATCH',
        `${endpoint} showed the host key ${seen} (${keyType(key)}), but ${pinned} is pinned.`,
        {
          remedy: `Ask the server's operator which key is theirs; set ${variable} to it if the key was changed on purpose.`,
        },
      );
      return false;
    },
    refusal: () => refused,
  };
}

function unpinnedWarning(endpoint: string, variable: string): string {
  return `The host key of ${endpoint} is not pinned: any server could answer in its place. Set ${variable} to the fingerprint.`;
}

/** A pin with or without `SHA256:` and base64 padding, in the form that `ssh-keygen` prints. */
function normalized(pin: string): string {
  return `SHA256:${pin
    .trim()
    .replace(/^SHA256:/i, '')
    .replace(/=+$/, '')}`;
}

/** The key's type (`ssh-ed25519`), which is the first string in it; only what a type can be made of is shown. */
function keyType(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  const type = key.subarray(4, 4 + length).toString('latin1');
  return /^[a-zA-Z0-9@.-]{1,64}$/.test(type) ? type : 'unknown type';
}
