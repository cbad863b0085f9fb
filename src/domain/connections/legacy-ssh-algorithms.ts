/** What an SSH algorithm is for. */
export type SshAlgorithmUse = 'kex' | 'serverHostKey' | 'cipher' | 'hmac';

/**
 * SSH algorithms that are refused because they are broken or too old, and may be allowed by name for a server that has
 * no others.
 */
export const LEGACY_SSH_ALGORITHMS: Readonly<Record<string, SshAlgorithmUse>> = {
  'diffie-hellman-group14-sha1': 'kex',
  'diffie-hellman-group-exchange-sha1': 'kex',
  'diffie-hellman-group1-sha1': 'kex',
  'ssh-dss': 'serverHostKey',
  'aes256-cbc': 'cipher',
  'aes192-cbc': 'cipher',
  'aes128-cbc': 'cipher',
  '3des-cbc': 'cipher',
  'hmac-sha2-256-96': 'hmac',
  'hmac-sha2-512-96': 'hmac',
  'hmac-sha1-96': 'hmac',
  'hmac-md5': 'hmac',
  'hmac-md5-96': 'hmac',
};

/** Whether a text is the name of a legacy SSH algorithm. */
export function isLegacySshAlgorithm(name: string): boolean {
  return Object.hasOwn(LEGACY_SSH_ALGORITHMS, name);
}
