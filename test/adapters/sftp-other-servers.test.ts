// Proves that servers which are not OpenSSH can be used, as people meet them, and that an outdated server is told apart
// from a server that is away (F6 of the faults that a run survives).
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { Algorithms } from 'ssh2';
import { type DownloadedFile, type SftpServer, withSftp } from '../../src/adapters/sftp/session.ts';
import { LEGACY_SSH_ALGORITHMS } from '../../src/domain/connections/legacy-ssh-algorithms.ts';
import { entryOf, type Faults, type FaultySftpServer, startFaultySftpServer } from '../support/faulty-sftp-server.ts';

const silent = pino({ level: 'silent' });

const NAME = 'catalog.csv';
const BYTES = randomBytes(200_000);
const LINK = 0o120777;
const FOLDER = 0o040755;

let server: FaultySftpServer;
let local: string;
beforeEach(async () => {
  local = await mkdtemp(join(tmpdir(), 'btc-fake-sftp-'));
});
afterEach(async () => {
  await server?.stop();
  await rm(local, { recursive: true, force: true });
});

function logIn(changes: Partial<SftpServer> = {}): Promise<string> {
  return withSftp({ ...server.login, ...changes }, silent, async () => 'in');
}

describe('a server that asks for the password by keyboard-interactive', () => {
  test('gets it, once, and no plain password before', async () => {
    server = await startFaultySftpServer();
    server.faults = { takes: 'keyboard-interactive' };
    expect(await logIn()).toBe('in');
    expect(server.logins).toEqual(['none', 'keyboard-interactive']);
  });

  test('refuses a wrong one after a single attempt, and the message does not show it', async () => {
    server = await startFaultySftpServer();
    server.faults = { takes: 'keyboard-interactive' };
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

/** Lists, and downloads the only file that is found. */
async function download(): Promise<DownloadedFile> {
  return await withSftp(server.login, silent, async (sftp) => {
    const files = await sftp.listFiles('/');
    expect(files.map(({ name, bytes }) => [name, bytes])).toEqual([[NAME, BYTES.length]]);
    return await sftp.download('/', files[0]!, local);
  });
}

describe('a server that', () => {
  const servers: [what: string, faults: Faults][] = [
    ['sends permissions without the bits that tell the type', { permissions: 'without type' }],
    ['sends no permissions at all', { permissions: 'not sent' }],
    ['sends neither permissions nor times', { permissions: 'not sent', withoutTimes: true }],
    [
      'sends no attributes in listings, and no permissions elsewhere',
      { withoutAttributes: true, permissions: 'not sent' },
    ],
    ['does not know how to look at one file', { refuse: { at: 'LSTAT', status: 8 } }],
    ['refuses to tell of a file that was read', { oneDownload: { statusAfter: 2 } }],
    ['forbids to ask about a file that was read', { oneDownload: { statusAfter: 3 } }],
    ['fails when it is asked about a file that was read', { oneDownload: { statusAfter: 4 } }],
  ];
  test.each(servers)('%s gives its file, and neither links nor folders', async (_what, faults) => {
    server = await startFaultySftpServer();
    server.files.set(NAME, BYTES);
    server.listed.push(entryOf('link.csv', 9, LINK), entryOf('folder.csv', 9, FOLDER));
    server.faults = faults;
    expect(await download()).toMatchObject({ fetched: true, bytes: BYTES.length });
    expect((await readFile(join(local, NAME))).equals(BYTES)).toBe(true);
    expect((await readdir(local)).filter((name) => name !== '.single-downloads')).toEqual([NAME]);
  });

  test('tells no times gives a file again and again, because it may have been corrected', async () => {
    server = await startFaultySftpServer();
    server.files.set(NAME, BYTES);
    server.faults = { withoutTimes: true };
    expect(await download()).toMatchObject({ fetched: true });
    const corrected = randomBytes(BYTES.length);
    server.files.set(NAME, corrected);
    expect(await download()).toMatchObject({ fetched: true });
    expect((await readFile(join(local, NAME))).equals(corrected)).toBe(true);
    expect((await stat(join(local, NAME))).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  });

  test('lets a file be downloaded once does not lose it to a look at its start', async () => {
    server = await startFaultySftpServer();
    server.faults = { oneDownload: { statusAfter: 2 } };
    for (const bytes of [BYTES, Buffer.from('ab'), Buffer.from('a'), Buffer.alloc(0)]) {
      server.files.set(NAME, bytes);
      const read = await withSftp(server.login, silent, async (sftp) =>
        sftp.readStart('/', (await sftp.listFiles('/'))[0]!),
      );
      expect(read).toBe(Math.min(1_024, Math.max(0, bytes.length - 1)));
      expect(server.files.get(NAME)).toBe(bytes);
    }
  });
});
