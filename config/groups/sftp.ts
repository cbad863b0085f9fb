import { HOST, HOST_FINGERPRINT, LEGACY_ALGORITHMS, PORT, SECRET, SWITCH, TEXT, wholeNumber } from '../formats.ts';
import { optional, type Setting, secret, withDefault } from '../setting.ts';

const SECONDS = wholeNumber('a number of seconds', 1, 600);
const FINGERPRINT = 'SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDU0wHE7hAPdKGuVGo';

type ServerSettings<Prefix extends string> = {
  readonly [N in
    | 'HOST'
    | 'USER'
    | 'PRIVATE_KEY_FILE'
    | 'HOST_FINGERPRINT'
    | 'REMOTE_PATH' as `${Prefix}_${N}`]: Setting<string, null>;
} & { readonly [N in 'PASSWORD' | 'PRIVATE_KEY_PASSPHRASE' as `${Prefix}_${N}`]: Setting<string, null> } & {
  readonly [N in 'LEGACY_ALGORITHMS' as `${Prefix}_${N}`]: Setting<readonly string[], null>;
} & {
  readonly [N in 'PORT' as `${Prefix}_${N}`]: Setting<number, string>;
};

/** The same settings for each SFTP server that BTC Fake talks to. */
function server<Prefix extends string>(prefix: Prefix, whose: string, path: string, use: string) {
  return {
    [`${prefix}_HOST`]: optional(HOST, 'sftp.vendor.example', `Host of ${whose}.`),
    [`${prefix}_PORT`]: withDefault(PORT, '22', `Port of ${whose}.`),
    [`${prefix}_USER`]: optional(TEXT, 'btc-reader', `User name on ${whose}.`),
    [`${prefix}_PASSWORD`]: secret(SECRET, 'correct horse', `Password on ${whose}; or use a private key.`),
    [`${prefix}_PRIVATE_KEY_FILE`]: optional(
      TEXT,
      '/run/secrets/sftp_key',
      `File of the private key for ${whose}. With a password as well, the server may ask for either or both.`,
    ),
    [`${prefix}_PRIVATE_KEY_PASSPHRASE`]: secret(SECRET, 'battery staple', `Passphrase of ${prefix}_PRIVATE_KEY_FILE.`),
    [`${prefix}_HOST_FINGERPRINT`]: optional(
      HOST_FINGERPRINT,
      FINGERPRINT,
      `The host key that ${whose} must show; not set, any key is accepted with a warning that names it.`,
    ),
    [`${prefix}_LEGACY_ALGORITHMS`]: optional(
      LEGACY_ALGORITHMS,
      'diffie-hellman-group14-sha1',
      `Old SSH algorithms to allow for ${whose} as well, if it has no others.`,
    ),
    [`${prefix}_REMOTE_PATH`]: optional(TEXT, path, use),
  } as unknown as ServerSettings<Prefix>;
}

/** The vendor's SFTP server (contract section 1). */
export const INBOUND = {
  ...server('SFTP_INBOUND', "the vendor's SFTP server", '/outgoing/catalogs', 'Remote folder of the catalog files.'),
};

/** The SFTP server to publish to (contract section 6). */
export const PUBLISHING = {
  ...server('SFTP_OUTBOUND', 'the SFTP server to publish to', '/incoming/feeds', 'Remote folder to publish into.'),
  SFTP_PUBLISH_ENABLED: withDefault(SWITCH, 'false', "Upload the run's files to the outbound SFTP server.", 'true'),
};

/** What holds for both SFTP servers. */
export const BOTH_SERVERS = {
  SFTP_TIMEOUT: withDefault(SECONDS, '30', 'Seconds without any progress after which an SFTP step is given up.'),
  SFTP_TRANSFER_TIMEOUT: withDefault(
    wholeNumber('a number of seconds', 1, 86_400),
    '1800',
    'Seconds in all after which the transfer of one file is given up.',
  ),
};
