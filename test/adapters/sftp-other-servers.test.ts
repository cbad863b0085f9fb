// Proves that servers which are not OpenSSH can be used, as people meet them, and that one which is too old is told apart
// from one that is away (F6 of the faults that a run survives).
import { afterEach, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { Algorithms } from 'ssh2';
import { type SftpServer, withSftp } from '../../src/adapters/sftp.ts';
import { LEGACY_SSH_ALGORITHMS } from '../../src/domain/legacy-ssh-algorithms.ts';
import { type FaultySftpServer, startFaultySftpServer } from '../support/faulty-sftp-server.ts';

const silent = pino({ level: 'silent' });

let server: FaultySftpServer;
afterEach(() => server?.stop());

function logIn(changes: Partial<SftpServer> = {}): Promise<string> {
  return withSftp({ ...server.login, ...changes }, silent, async () => 'in');
}

describe('a server that asks for the password by keyboard-interactive', () => {
  test('gets it, once, and no plain password before', async () => {
    server = await startFaultySftpServer('right', { takes: 'keyboard-interactive' });
    expect(await logIn()).toBe('in');
    expect(server.logins).toEqual(['none', 'keyboard-interactive']);
  });

  test('refuses a wrong one after a single attempt, and the message does not show it', async () => {
    server = await startFaultySftpServer('right', { takes: 'keyboard-interactive' });
    const error = await logIn({ password: 'canary' }).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'SFTP_LOGIN_REFUSED', retryable: false });
    expect(`${error.message}${error.remedy}`).not.toContain('canary');
    expect(server.logins).toEqual(['none', 'keyboard-interactive']);
  });
});

test('a wrong password counts once on a server that takes plain ones', async () => {
  server = await startFaultySftpServer();
  await expect(logIn({ password: 'wrong' })).rejects.toMatchObject({ code: 'SFTP_LOGIN_REFUSED' });
  expect(server.logins).toEqual(['none', 'password']);
});

describe('a server that has only old SSH algorithms', () => {
  const cases: [what: string, offered: Algorithms, name: string][] = [
    ['key exchange algorithm', { kex: ['diffie-hellman-group14-sha1'] }, 'diffie-hellman-group14-sha1'],
    ['C->S cipher', { cipher: ['aes256-cbc'] }, 'aes256-cbc'],
    ['C->S MAC', { cipher: ['aes128-ctr'], hmac: ['hmac-md5'] }, 'hmac-md5'],
  ];
  test.each(cases)(
    'as %s is refused for good, and the remedy is the setting that lets it in',
    async (what, offered, name) => {
      server = await startFaultySftpServer('right', { algorithms: offered });
      const error = await logIn().catch((caught) => caught);
      expect(error).toMatchObject({
        code: 'SFTP_ALGORITHMS',
        retryable: false,
        message: `127.0.0.1:${server.login.port} offers no ${what} that is accepted. It offers: ${name}.`,
        remedy: `Ask its operator for newer algorithms, or allow a legacy one by name: SFTP_INBOUND_LEGACY_ALGORITHMS=${name}.`,
      });
      expect(await logIn({ legacyAlgorithms: [name] })).toBe('in');
      await expect(logIn({ settings: 'SFTP_OUTBOUND' })).rejects.toMatchObject({
        remedy: expect.stringContaining('SFTP_OUTBOUND_LEGACY_ALGORITHMS='),
      });
    },
  );

  test('the ssh library knows every algorithm that a setting can allow', async () => {
    server = await startFaultySftpServer();
    expect(await logIn({ legacyAlgorithms: Object.keys(LEGACY_SSH_ALGORITHMS) })).toBe('in');
  });
});
