import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import type { SftpServer } from './server.ts';

/**
 * The private key of the server's settings, read and tried out, or undefined when none is named. It is tried here
 * because the ssh library reports a bad key only in the middle of connecting.
 *
 * @throws BtcFakeError SFTP_KEY_UNREADABLE when the file cannot be read, holds no private key, or needs another
 * passphrase.
 */
export async function readPrivateKey(server: SftpServer): Promise<Buffer | undefined> {
  const { privateKeyFile: file, privateKeyPassphrase: passphrase, settings = 'SFTP_INBOUND' } = server;
  if (file === undefined) return undefined;

  const content = await readFile(file).catch((cause) => {
    throw new BtcFakeError(
      'SFTP_KEY_UNREADABLE',
      `The private key file ${file} cannot be read (${systemCode(cause)}).`,
      {
        remedy: `Check the path in ${settings}_PRIVATE_KEY_FILE and that this user may read the file.`,
        cause,
      },
    );
  });
  const key = parse(content, passphrase);
  if (key instanceof Error) {
    // The library tells these apart by its messages alone.
    const locked = /encrypted|passphrase|decrypt|integrity/i.test(key.message);
    throw new BtcFakeError(
      'SFTP_KEY_UNREADABLE',
      locked
        ? `The private key file ${file} is encrypted and ${passphrase ? 'the passphrase does not open it' : 'no passphrase is given'}.`
        : `The private key file ${file} holds no private key that can be used.`,
      {
        remedy: locked
          ? `Set ${settings}_PRIVATE_KEY_PASSPHRASE to its passphrase.`
          : `Name a private key in OpenSSH or PEM format in ${settings}_PRIVATE_KEY_FILE.`,
        cause: key,
      },
    );
  }
  return content;
}

function parse(content: Buffer, passphrase: string | undefined): ssh2.ParsedKey | Error {
  try {
    const parsed: unknown = ssh2.utils.parseKey(content, passphrase);
    const key = (Array.isArray(parsed) ? parsed[0] : parsed) as ssh2.ParsedKey | Error;
    return key instanceof Error || key.isPrivateKey() ? key : new Error('not a private key');
  } catch (error) {
    return error instanceof Error ? error : new Error('unusable key', { cause: error });
  }
}
