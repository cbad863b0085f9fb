/** An SFTP server and how to log in to it: with a password, a private key, or both. */
export interface SftpServer {
  host: string;
  port: number;
  username: string;
  password?: string | undefined;
  privateKeyFile?: string | undefined;
  privateKeyPassphrase?: string | undefined;
  /** The only host key that is accepted, `SHA256:…` as `ssh-keygen -lf` prints it. */
  hostFingerprint?: string | undefined;
  /** Names in LEGACY_SSH_ALGORITHMS that are allowed besides those of today; none unless given. */
  legacyAlgorithms?: readonly string[] | undefined;
  /**
   * How the names of the variables begin that these settings come from; remedies name them. `SFTP_INBOUND` unless
   * given.
   */
  settings?: string | undefined;
}

export interface SftpTimeouts {
  /** For everything from the name lookup to the open SFTP channel. */
  connectMs: number;
  /** For each answer of the server: a transfer may take as long as it likes while bytes come, but never stand still. */
  stallMs: number;
  /** For the transfer of one file in all, so that one byte now and then does not count as progress for ever. */
  transferMs: number;
}

export const DEFAULT_SFTP_TIMEOUTS: Readonly<SftpTimeouts> = {
  connectMs: 20_000,
  stallMs: 30_000,
  transferMs: 1_800_000,
};
