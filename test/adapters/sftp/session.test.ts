/**
 * The SFTP adapter against OpenSSH's own server: keys, host keys, listing, downloads and uploads as they are meant to
 * be.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import pino from 'pino';
import { type SftpServer, withSftp } from '../../../src/adapters/sftp/session.ts';
import { freePort, type OpenSshServer, startOpenSshServer } from '../../support/openssh-server.ts';

const silent = pino({ level: 'silent' });
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let server: OpenSshServer;
let remote: string;
let local: string;

beforeAll(async () => {
  server = await startOpenSshServer();
});
afterAll(async () => {
  await server?.stop();
});
beforeEach(async () => {
  remote = await mkdtemp(join(server.folder, 'remote-'));
  local = await mkdtemp(join(tmpdir(), 'btc-fake-sftp-'));
});
afterEach(async () => {
  await rm(local, { recursive: true, force: true });
});

describe('listing', () => {
  test('gives the regular files with size and time, and no folders or links', async () => {
    await writeFile(join(remote, 'catalog.csv'), 'twelve bytes');
    await utimes(join(remote, 'catalog.csv'), 1_700_000_000, 1_700_000_000);
    await mkdir(join(remote, 'folder.csv'));
    await symlink('/etc/passwd', join(remote, 'link.csv'));

    const files = await withSftp(server.login, silent, (sftp) => sftp.listFiles(remote));

    expect(files).toEqual([{ name: 'catalog.csv', bytes: 12, modifiedAt: 1_700_000_000_000 }]);
  });

  test('leaves out names that could mean something else here, and logs them', async () => {
    await writeFile(join(remote, 'new\nline.csv'), '');
    await writeFile(join(remote, 'back\\slash.csv'), '');
    const lines: string[] = [];
    const files = await withSftp(server.login, pino({}, { write: (line) => lines.push(line) }), (sftp) =>
      sftp.listFiles(remote),
    );
    expect(files).toEqual([]);
    expect(lines.map((line) => JSON.parse(line).name).sort()).toEqual(['back\\slash.csv', 'new\nline.csv']);
  });

  test('gives every file of a folder that takes many answers', async () => {
    const names = Array.from({ length: 350 }, (_, i) => `file-${i}.csv`);
    await Promise.all(names.map((name) => writeFile(join(remote, name), '')));
    const files = await withSftp(server.login, silent, (sftp) => sftp.listFiles(`${remote}/`));
    expect(files.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  test('of a folder that is not there says which', async () => {
    await expect(withSftp(server.login, silent, (sftp) => sftp.listFiles('/no/such/folder'))).rejects.toMatchObject({
      code: 'SFTP_PATH',
      message: `127.0.0.1:${server.login.port} has no such file or folder (listing "/no/such/folder").`,
    });
  });
});

describe('transfers', () => {
  test('what is uploaded comes back the same, whatever it is and however long', async () => {
    await withSftp(server.login, silent, async (sftp) => {
      const sizes = fc.oneof(fc.nat(70), fc.nat(400_000), fc.constantFrom(32_767, 32_768, 32_769, 262_144, 262_145));
      let round = 0;
      await fc.assert(
        fc.asyncProperty(sizes, async (size) => {
          const bytes = randomBytes(size);
          const name = `round-${round++}.bin`;
          await writeFile(join(local, name), bytes);
          const sent = await sftp.upload(join(local, name), remote);
          expect(sent).toEqual({ bytes: size, sha256: sha256(bytes), uploaded: true });
          const file = (await sftp.listFiles(remote)).find((each) => each.name === name)!;
          const got = await sftp.download(remote, file, join(local, 'got'));
          expect(got).toEqual({ path: join(local, 'got', name), bytes: size, sha256: sha256(bytes), fetched: true });
          expect((await readFile(got.path)).equals(bytes)).toBe(true);
          expect((await stat(got.path)).mtimeMs).toBe(file.modifiedAt);
        }),
        { numRuns: 40 },
      );
    });
    expect((await readdir(join(local, 'got'))).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect((await readdir(remote)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('a file that is here with the same size and time is not fetched again; with another of either it is', async () => {
    await writeFile(join(remote, 'a.csv'), 'fresh');
    await utimes(join(remote, 'a.csv'), 1_700_000_000, 1_700_000_000);
    await withSftp(server.login, silent, async (sftp) => {
      const download = async () => sftp.download(remote, (await sftp.listFiles(remote))[0]!, local);
      expect(await download()).toMatchObject({ fetched: true, sha256: sha256(Buffer.from('fresh')) });
      expect(await download()).toMatchObject({ fetched: false, sha256: sha256(Buffer.from('fresh')) });

      await writeFile(join(remote, 'a.csv'), 'right');
      await utimes(join(remote, 'a.csv'), 1_700_000_060, 1_700_000_060);
      expect(await download()).toMatchObject({ fetched: true, sha256: sha256(Buffer.from('right')) });
      expect((await stat(join(local, 'a.csv'))).mtimeMs).toBe(1_700_000_060_000);

      await writeFile(join(local, 'a.csv'), 'bad!!');
      expect(await download()).toMatchObject({ fetched: true });
      await writeFile(join(local, 'a.csv'), 'of another size');
      expect(await download()).toMatchObject({ fetched: true });
    });
    expect(await readFile(join(local, 'a.csv'), 'utf8')).toBe('right');
    expect(await readdir(local)).toEqual(['a.csv']);
  });

  test('an upload of the same bytes changes nothing; other bytes of the same length replace them', async () => {
    const path = join(local, 'feed.csv');
    await withSftp(server.login, silent, async (sftp) => {
      await writeFile(path, 'one');
      expect(await sftp.upload(path, remote)).toMatchObject({ uploaded: true });
      const before = await stat(join(remote, 'feed.csv'));
      expect(await sftp.upload(path, remote)).toEqual({
        bytes: 3,
        sha256: sha256(Buffer.from('one')),
        uploaded: false,
      });
      expect((await stat(join(remote, 'feed.csv'))).ino).toBe(before.ino);
      await writeFile(path, 'two');
      expect(await sftp.upload(path, remote)).toMatchObject({ uploaded: true });
    });
    expect(await readFile(join(remote, 'feed.csv'), 'utf8')).toBe('two');
    expect(await readdir(remote)).toEqual(['feed.csv']);
  });

  test('an upload never makes the remote folder', async () => {
    await writeFile(join(local, 'feed.csv'), 'x');
    await expect(
      withSftp(server.login, silent, (sftp) => sftp.upload(join(local, 'feed.csv'), `${remote}/missing`)),
    ).rejects.toMatchObject({ code: 'SFTP_PATH' });
    expect(await readdir(remote)).toEqual([]);
  });

  test('an upload of a file that is not there is FILE_UNREADABLE with its path', async () => {
    const path = join(local, 'none.csv');
    await expect(withSftp(server.login, silent, (sftp) => sftp.upload(path, remote))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `${path} cannot be read (ENOENT).`,
    });
  });

  test('a file that went away, or became a link, after it was listed is not fetched', async () => {
    await writeFile(join(remote, 'a.csv'), 'abc');
    await withSftp(server.login, silent, async (sftp) => {
      const [file] = await sftp.listFiles(remote);
      await rm(join(remote, 'a.csv'));
      await expect(sftp.download(remote, file!, local)).rejects.toMatchObject({ code: 'SFTP_PATH' });
      await symlink('/etc/passwd', join(remote, 'a.csv'));
      await expect(sftp.download(remote, file!, local)).rejects.toMatchObject({ code: 'SFTP_PATH' });
    });
    expect(await readdir(local)).toEqual([]);
  });
});

describe('the host key', () => {
  const connect = (changes: Partial<SftpServer>, logger = silent) =>
    withSftp({ ...server.login, ...changes }, logger, async () => 'in');

  test('is accepted when it is the pinned one, with or without prefix and padding', async () => {
    expect(await connect({})).toBe('in');
    expect(await connect({ hostFingerprint: `${server.fingerprint.replace('SHA256:', '')}=` })).toBe('in');
  });

  test('is refused when it is another, naming both and the variable', async () => {
    const pinned = `SHA256:${'A'.repeat(43)}`;
    const error = await connect({ hostFingerprint: pinned, settings: 'SFTP_OUTBOUND' }).catch((caught) => caught);
    expect(error).toMatchObject({
      code: 'SFTP_HOST_KEY_MISMATCH',
      message: `127.0.0.1:${server.login.port} showed the host key ${server.fingerprint} (ssh-ed25519), but ${pinned} is pinned.`,
    });
    expect(error.remedy).toContain('SFTP_OUTBOUND_HOST_FINGERPRINT');
  });

  test('is logged with a warning when none is pinned', async () => {
    const lines: string[] = [];
    expect(await connect({ hostFingerprint: undefined }, pino({}, { write: (line) => lines.push(line) }))).toBe('in');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        level: 40,
        fingerprint: server.fingerprint,
        msg: expect.stringContaining('SFTP_INBOUND_HOST_FINGERPRINT'),
      }),
    ]);
  });
});

describe('private keys', () => {
  const connect = (changes: Partial<SftpServer>) => withSftp({ ...server.login, ...changes }, silent, async () => 'in');

  test('may be of any common type, and encrypted', async () => {
    const ecdsa = await server.makeKey('ecdsa_key', { accepted: true, type: 'ecdsa' });
    const locked = await server.makeKey('locked_key', { accepted: true, passphrase: 'open sesame' });
    expect(await connect({ privateKeyFile: ecdsa })).toBe('in');
    expect(await connect({ privateKeyFile: locked, privateKeyPassphrase: 'open sesame' })).toBe('in');
    await expect(connect({ privateKeyFile: locked })).rejects.toMatchObject({
      code: 'SFTP_KEY_UNREADABLE',
      message: `The private key file ${locked} is encrypted and no passphrase is given.`,
    });
    const error = await connect({ privateKeyFile: locked, privateKeyPassphrase: 'canary' }).catch((caught) => caught);
    expect(error).toMatchObject({
      code: 'SFTP_KEY_UNREADABLE',
      message: `The private key file ${locked} is encrypted and the passphrase does not open it.`,
    });
    expect(`${error.message}${error.remedy}`).not.toContain('canary');
  });

  test('that cannot be read, or are none, are named', async () => {
    const missing = join(local, 'no_key');
    await expect(connect({ privateKeyFile: missing })).rejects.toMatchObject({
      code: 'SFTP_KEY_UNREADABLE',
      message: `The private key file ${missing} cannot be read (ENOENT).`,
    });
    const publicKey = `${server.login.privateKeyFile}.pub`;
    const nonsense = join(local, 'nonsense');
    await writeFile(nonsense, randomBytes(500));
    for (const file of [publicKey, nonsense]) {
      await expect(connect({ privateKeyFile: file })).rejects.toMatchObject({
        code: 'SFTP_KEY_UNREADABLE',
        message: `The private key file ${file} holds no private key that can be used.`,
      });
    }
  });

  test('that the server does not know are SFTP_LOGIN_REFUSED with user and host', async () => {
    const stranger = await server.makeKey('stranger_key', { accepted: false });
    await expect(connect({ privateKeyFile: stranger })).rejects.toMatchObject({
      code: 'SFTP_LOGIN_REFUSED',
      message: `127.0.0.1:${server.login.port} refused the login of ${server.login.username}.`,
    });
  });
});

describe('a server that cannot be reached', () => {
  const connect = (host: string, port: number) =>
    withSftp({ ...server.login, host, port }, silent, async () => 'in', { connectMs: 300 });

  test('because nobody listens', async () => {
    const port = await freePort();
    await expect(connect('127.0.0.1', port)).rejects.toMatchObject({
      code: 'SFTP_UNREACHABLE',
      message: `No SFTP session with 127.0.0.1:${port}: the connection was refused.`,
    });
  });

  test('because its name is not known', async () => {
    await expect(connect('no-such-host.invalid', 22)).rejects.toMatchObject({
      code: 'SFTP_UNREACHABLE',
      message: expect.stringContaining('No SFTP session with no-such-host.invalid:22: '),
    });
  });

  test('because it says nothing, or is no SSH server, or hangs up', async () => {
    const greetings: [string | undefined, string][] = [
      [undefined, 'no answer within 300 ms'],
      ['HTTP/1.1 400 Bad Request\r\n\r\n', 'no answer within 300 ms'],
      ['hang up', 'the server closed the connection or offers no SFTP'],
    ];
    for (const [greeting, reason] of greetings) {
      const other = createServer((socket) => {
        socket.on('error', () => {});
        if (greeting === 'hang up') socket.end();
        else if (greeting !== undefined) socket.write(greeting);
        socket.resume();
      });
      const port = await freePort();
      await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
      try {
        await expect(connect('127.0.0.1', port)).rejects.toMatchObject({
          code: 'SFTP_UNREACHABLE',
          message: `No SFTP session with 127.0.0.1:${port}: ${reason}.`,
        });
      } finally {
        // Resolves only when no connection is left.
        await new Promise((resolve) => other.close(resolve));
      }
    }
  });
});

test('what the work throws comes out as it is, and the connection is closed', async () => {
  const failure = new Error('of the work');
  await expect(withSftp(server.login, silent, () => Promise.reject(failure))).rejects.toBe(failure);
});
