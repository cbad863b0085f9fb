/**
 * The sandbox's SFTP server, as our own adapter and OpenSSH's `sftp` client see it: it serves its folders and nothing
 * else.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import ssh2 from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import { type SftpSession, withSftp } from '../../src/adapters/sftp/session.ts';
import { newHostKey, startVendorSftpServer, type VendorSftpServer } from '../../src/sandbox/vendor-sftp-server.ts';

const silent = pino({ level: 'silent' });
const user = { username: 'vendor', password: 'sandbox' };

let home: string;
let files: string;
let inbox: string;
let server: VendorSftpServer;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'btc-fake-vendor-'));
  [files, inbox] = [join(home, 'files'), join(home, 'inbox')];
  await Promise.all([mkdir(join(files, 'archive'), { recursive: true }), mkdir(inbox)]);
  await writeFile(join(home, 'secret'), 'outside');
  server = await startVendorSftpServer({ files, inbox, ...user });
});
afterEach(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

const session = <T>(work: (sftp: SftpSession) => Promise<T>, changes: { password?: string } = {}): Promise<T> =>
  withSftp(
    { host: '127.0.0.1', port: server.port, hostFingerprint: server.hostFingerprint, ...user, ...changes },
    silent,
    work,
  );

/** Runs `work` with ssh2-sftp-client itself, which asks for whatever it is told to. */
async function raw<T>(work: (client: SftpClient) => Promise<T>): Promise<T> {
  const client = new SftpClient('test', { error: () => {}, end: () => {}, close: () => {} });
  try {
    await client.connect({ host: '127.0.0.1', port: server.port, ...user });
    return await work(client);
  } finally {
    await client.end();
  }
}

test('serves what is in its folder, of any size and number', async () => {
  const content = 'id,title\n'.repeat(20_000);
  await writeFile(join(files, 'archive', 'catalog.csv'), content);
  await Promise.all(Array.from({ length: 150 }, (_, i) => writeFile(join(files, 'archive', `${i}.csv`), '')));
  await session(async (sftp) => {
    const listed = await sftp.listFiles('/archive');
    expect(listed).toHaveLength(151);
    const file = listed.find(({ name }) => name === 'catalog.csv')!;
    await sftp.download('archive', file, join(home, 'got'));
  });
  expect(await readFile(join(home, 'got', 'catalog.csv'), 'utf8')).toBe(content);
});

test('takes uploads into the inbox and nowhere else', async () => {
  const path = join(home, 'feed.csv');
  await writeFile(path, 'first');
  await session(async (sftp) => {
    expect(await sftp.upload(path, '/inbox')).toMatchObject({ uploaded: true });
    expect(await sftp.upload(path, '/inbox/')).toMatchObject({ uploaded: false });
    await writeFile(path, 'second');
    expect(await sftp.upload(path, '/inbox')).toMatchObject({ uploaded: true });
    await expect(sftp.upload(path, '/archive')).rejects.toMatchObject({ code: 'SFTP_PATH' });
  });
  expect(await readdir(inbox)).toEqual(['feed.csv']);
  expect(await readFile(join(inbox, 'feed.csv'), 'utf8')).toBe('second');
  expect(await readdir(files)).toEqual(['archive']);
  expect(await readdir(join(files, 'archive'))).toEqual([]);
});

test('lets in its own user with the right password only', async () => {
  await expect(session(async () => 'in', { password: 'wrong' })).rejects.toMatchObject({ code: 'SFTP_LOGIN_REFUSED' });
  expect(await session(async () => 'in')).toBe('in');
});

describe('nothing outside its folders', () => {
  test('can be read, listed or looked at, by dots or through links', async () => {
    await symlink(join(home, 'secret'), join(files, 'link'));
    await symlink(home, join(files, 'up'));
    await raw(async (client) => {
      for (const path of ['/../secret', '../../secret', '/link', '/up/secret', '/inbox/../../secret']) {
        await expect(client.get(path)).rejects.toThrow(/Permission denied|No such file/);
      }
      for (const path of ['/up', '/inbox/../up']) await expect(client.list(path)).rejects.toThrow('Permission denied');
      await expect(client.stat('/up/secret')).rejects.toThrow();
      expect((await client.list('/..')).map(({ name }) => name).sort()).toEqual(['archive', 'link', 'up']);
    });
  });

  test('can be written, renamed or removed, nor can the served files', async () => {
    await writeFile(join(files, 'a.csv'), 'vendor');
    await writeFile(join(inbox, 'mine.csv'), 'mine');
    await symlink(join(home, 'secret'), join(inbox, 'link'));
    await raw(async (client) => {
      for (const path of ['/a.csv', '/new.csv', '/inbox', '/inbox/../new.csv', '/inbox/link']) {
        await expect(client.put(Buffer.from('x'), path)).rejects.toThrow();
      }
      await expect(client.delete('/a.csv')).rejects.toThrow();
      await expect(client.rename('/a.csv', '/inbox/a.csv')).rejects.toThrow();
      await expect(client.rename('/inbox/mine.csv', '/b.csv')).rejects.toThrow();
      await expect(client.mkdir('/inbox/folder')).rejects.toThrow();
    });
    expect(await readFile(join(home, 'secret'), 'utf8')).toBe('outside');
    expect(await readFile(join(files, 'a.csv'), 'utf8')).toBe('vendor');
    expect((await readdir(inbox)).sort()).toEqual(['link', 'mine.csv']);
  });
});

test('every host key that is made can be used, and is printed as ssh-keygen prints it', async () => {
  const { key, fingerprint } = newHostKey();
  const path = join(home, 'host_key');
  await writeFile(path, key, { mode: 0o600 });
  const { stdout } = await promisify(execFile)('ssh-keygen', ['-lf', path]);
  expect(stdout.split(' ')[1]).toBe(fingerprint);
  // The library's own generator fails about once in 400 times.
  for (let i = 0; i < 2_000; i++) expect(ssh2.utils.parseKey(newHostKey().key)).not.toBeInstanceOf(Error);
});

test('a port that is taken is an error, and closing ends open connections', async () => {
  await expect(startVendorSftpServer({ files, ...user, port: server.port })).rejects.toMatchObject({
    code: 'PORT_UNAVAILABLE',
  });
  await expect(
    session(async (sftp) => {
      await server.close();
      return await sftp.listFiles('/');
    }),
  ).rejects.toMatchObject({ code: 'SFTP_UNREACHABLE' });
  server = await startVendorSftpServer({ files, ...user });
});
