/**
 * The SFTP adapter against a server that misbehaves (F1 and F2 of the faults that a run survives): every call ends with
 * an error that says what happened, nothing half-written stays, earlier files are untouched, and no connection is left.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { isPlainFileName } from '../../src/adapters/sftp/remote-files.ts';
import { type RemoteFile, type SftpServer, type SftpSession, withSftp } from '../../src/adapters/sftp/session.ts';
import {
  entryOf,
  type FaultPlace,
  type Faults,
  type FaultySftpServer,
  startFaultySftpServer,
} from '../support/faulty-sftp-server.ts';

/**
 * Short only where a server is silent for ever: on a busy machine an honest answer may take its time, and a login all
 * the more, so it is limited only where it is what stays silent.
 */
const timeoutsFor = ({ silentAt }: Faults) => {
  if (silentAt === undefined) return {};
  return silentAt === 'login' || silentAt === 'channel' ? { connectMs: 500 } : { stallMs: 500 };
};
const silent = pino({ level: 'silent' });
const BYTES = randomBytes(300_000);
const NAME = 'catalog.csv';

let server: FaultySftpServer;
let local: string;

beforeAll(async () => {
  server = await startFaultySftpServer();
});
afterAll(async () => {
  await server?.stop();
});
beforeEach(async () => {
  server.files.clear();
  server.files.set(NAME, BYTES);
  server.listed.length = 0;
  server.requests.length = 0;
  server.faults = {};
  local = await mkdtemp(join(tmpdir(), 'btc-fake-sftp-'));
});
afterEach(async () => {
  // The server hears of a closed connection a moment after the client closed it.
  for (const deadline = Date.now() + 2_000; server.connections() > 0 && Date.now() < deadline; ) await delay(5);
  expect(server.connections()).toBe(0);
  await rm(local, { recursive: true, force: true });
});

async function session<T>(
  work: (sftp: SftpSession) => Promise<T>,
  { changes = {}, faults = server.faults }: { changes?: Partial<SftpServer>; faults?: Faults } = {},
): Promise<T> {
  return await withSftp({ ...server.login, ...changes }, silent, work, timeoutsFor(faults));
}

/** Lists, and then downloads the one file while the server has these faults. */
async function download(faults: Faults): Promise<unknown> {
  const work = async (sftp: SftpSession) => {
    const [file] = await sftp.listFiles('/');
    server.faults = faults;
    return await sftp.download('/', file!, local);
  };
  return await session(work, { faults });
}

describe('the login', () => {
  test('with a password works, and with a wrong one is refused without showing it', async () => {
    expect(await session(async () => 'in')).toBe('in');
    const error = await session(async () => 'in', { changes: { password: 'canary' } }).catch((caught) => caught);
    expect(error).toMatchObject({
      code: 'SFTP_LOGIN_REFUSED',
      message: `127.0.0.1:${server.login.port} refused the login of vendor.`,
      retryable: false,
    });
    expect(`${error.message}${error.remedy}`).not.toContain('canary');
  });

  const broken: [string, Faults, string][] = [
    ['stays silent at the login', { silentAt: 'login' }, 'no answer within 500 ms'],
    ['stays silent at the channel', { silentAt: 'channel' }, 'no answer within 500 ms'],
    ['hangs up at the login', { dropAt: 'login' }, 'ECONNRESET'],
    ['hangs up at the channel', { dropAt: 'channel' }, 'ECONNRESET'],
    [
      'lets us in but offers no SFTP',
      { refuse: { at: 'channel', status: 0 } },
      'the server closed the connection or offers no SFTP',
    ],
  ];
  test.each(broken)('to a server that %s is SFTP_UNREACHABLE', async (_what, faults, reason) => {
    server.faults = faults;
    await expect(session(async () => 'in')).rejects.toMatchObject({
      code: 'SFTP_UNREACHABLE',
      message: `No SFTP session with 127.0.0.1:${server.login.port}: ${reason}.`,
    });
  });
});

test('the logout does not wait for a server that hears nothing', async () => {
  expect(await session(async () => server.deafen(true))).toBeUndefined();
  server.deafen(false);
});

describe('a listing', () => {
  test.each<FaultPlace>(['OPENDIR', 'READDIR'])(
    'ends when the server falls silent or hangs up at %s',
    async (place) => {
      const message = (what: string) => expect.stringContaining(what);
      server.faults = { silentAt: place };
      await expect(session((sftp) => sftp.listFiles('/'))).rejects.toMatchObject({
        code: 'SFTP_UNREACHABLE',
        message: message('did not answer for 500 ms while listing "/"'),
      });
      for (const faults of [{ dropAt: place }, { endChannelAt: place }]) {
        server.faults = faults;
        await expect(session((sftp) => sftp.listFiles('/'))).rejects.toMatchObject({
          code: 'SFTP_UNREACHABLE',
          message: message('was lost while listing "/"'),
        });
      }
    },
  );

  test('holds regular files under plain names only', async () => {
    const hostile = [
      '../x',
      '/etc/passwd',
      'a\\b',
      'nul\0',
      'new\nline',
      '\u0085',
      '',
      'x'.repeat(300),
      'é'.repeat(128),
    ];
    for (const name of hostile) server.listed.push(entryOf(name, 3));
    server.listed.push(entryOf('folder', 3, 0o040755), entryOf('link', 3, 0o120777), entryOf('pipe', 3, 0o010644));
    const files = await session((sftp) => sftp.listFiles('/'));
    expect(files).toEqual([{ name: NAME, bytes: BYTES.length, modifiedAt: 1_767_600_000_000 }]);
  });

  test('asks for the attributes that the server left out', async () => {
    server.faults = { withoutAttributes: true };
    const files = await session((sftp) => sftp.listFiles('/'));
    expect(files).toEqual([{ name: NAME, bytes: BYTES.length, modifiedAt: 1_767_600_000_000 }]);
  });
});

describe('a download that fails', () => {
  const reading = `reading "/${NAME}"`;
  const cases: [string, Faults, string, string][] = [
    ['dropped in mid-file', { dropAt: 'READ', afterBytes: 150_000 }, 'SFTP_UNREACHABLE', `was lost while ${reading}`],
    ['channel ended in mid-file', { endChannelAt: 'READ', afterBytes: 9 }, 'SFTP_UNREACHABLE', 'was lost while'],
    ['silent after opening', { silentAt: 'READ' }, 'SFTP_TRANSFER', `did not answer for 500 ms while ${reading}`],
    ['silent in mid-file', { silentAt: 'READ', afterBytes: 150_000 }, 'SFTP_TRANSFER', 'did not answer for 500 ms'],
    ['silent at opening', { silentAt: 'OPEN' }, 'SFTP_TRANSFER', `did not answer for 500 ms while ${reading}`],
    ['silent at the look before', { silentAt: 'LSTAT' }, 'SFTP_UNREACHABLE', 'did not answer for 500 ms'],
    ['cut short', { endOfFileAt: 123_456 }, 'SFTP_TRANSFER', `sent 123456 of the 300000 bytes of "/${NAME}"`],
    ['empty though it has a size', { endOfFileAt: 0 }, 'SFTP_TRANSFER', 'sent 0 of the 300000 bytes'],
    ['refused', { refuse: { at: 'OPEN', status: 3 } }, 'SFTP_PATH', `does not allow vendor this: ${reading}`],
    [
      'broken on the server',
      { refuse: { at: 'READ', status: 4 } },
      'SFTP_TRANSFER',
      `answered status 4 while ${reading}`,
    ],
  ];

  test.each(cases)('because it is %s leaves the earlier file and no part', async (_what, faults, code, message) => {
    await writeFile(join(local, NAME), 'earlier');
    const error = await download(faults).catch((caught) => caught);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(await readdir(local)).toEqual([NAME]);
    expect(await readFile(join(local, NAME), 'utf8')).toBe('earlier');
  });

  test('because the file is still growing says so, before and while it is read, and may be retried', async () => {
    const grow = () => void server.files.set(NAME, Buffer.concat([server.files.get(NAME)!, Buffer.from('more')]));
    const expected = {
      code: 'SFTP_TRANSFER',
      retryable: true,
      message: expect.stringMatching(/is changing: it had 3000\d\d bytes when it was listed and has 300\d\d\d now\.$/),
    };
    await expect(download({ onRead: grow })).rejects.toMatchObject(expected);
    server.faults = {};
    await session(async (sftp) => {
      const [file] = await sftp.listFiles('/');
      grow();
      server.requests.length = 0;
      await expect(sftp.download('/', file!, local)).rejects.toMatchObject(expected);
    });
    expect(server.requests).toEqual([`LSTAT /${NAME}`]);
    expect(await readdir(local)).toEqual([]);
  });

  test('by a stand-still ends the connection: what else is asked of it fails at once', async () => {
    const work = async (sftp: SftpSession) => {
      const [file] = await sftp.listFiles('/');
      server.faults = { silentAt: 'READ' };
      await expect(sftp.download('/', file!, local)).rejects.toMatchObject({ code: 'SFTP_TRANSFER' });
      await expect(sftp.listFiles('/')).rejects.toMatchObject({ message: expect.stringContaining('was lost while') });
    };
    await session(work, { faults: { silentAt: 'READ' } });
  });

  test('succeeds when it is tried again, with a server that answers in small pieces', async () => {
    await expect(download({ endOfFileAt: 5 })).rejects.toMatchObject({ code: 'SFTP_TRANSFER' });
    server.faults = {};
    await download({ longestRead: 1_000 });
    expect((await readFile(join(local, NAME))).equals(BYTES)).toBe(true);
  });
});

describe('the local side of a download', () => {
  const file: RemoteFile = { name: NAME, bytes: BYTES.length, modifiedAt: 1_767_600_000_000 };

  test('refuses names that are not plain, without asking the server', async () => {
    const hostile = ['../x', '..', '.', '', '/etc/passwd', 'a/b', 'a\\b', 'nul\0', 'new\nline', 'x'.repeat(256)];
    await session(async (sftp) => {
      for (const name of hostile) {
        await expect(sftp.download('/', { ...file, name }, local)).rejects.toMatchObject({ code: 'SFTP_PATH' });
      }
    });
    expect(server.requests).toEqual([]);
    expect(['..x', 'a b.csv', 'é', 'x'.repeat(250)].filter(isPlainFileName)).toHaveLength(4);
  });

  test('never writes through a link, and replaces a link under the final name', async () => {
    const victim = join(local, 'victim');
    const folder = join(local, 'folder');
    await mkdir(folder);
    await writeFile(victim, BYTES.subarray(1));
    for (const plant of [symlink, link]) {
      await plant(victim, join(folder, `${NAME}.part`));
      await plant(victim, join(folder, NAME));
      await session((sftp) => sftp.download('/', file, folder));
      expect((await readFile(victim)).equals(BYTES.subarray(1))).toBe(true);
      expect((await readFile(join(folder, NAME))).equals(BYTES)).toBe(true);
      expect((await stat(join(folder, NAME))).ino).not.toBe((await stat(victim)).ino);
      await Promise.all([NAME, `${NAME}.part`].map((name) => rm(join(folder, name))));
    }
  });

  test('does not rename what took the place of its own part', async () => {
    const planted: Promise<string>[] = [];
    const plant = async () => {
      const part = (await readdir(local)).find((name) => name.endsWith('.part'))!;
      await rm(join(local, part));
      await writeFile(join(local, part), 'of somebody else');
      return part;
    };
    const onRead = () => {
      if (planted.length === 0) planted.push(plant());
    };
    server.faults = { onRead };
    const error = await session((sftp) => sftp.download('/', file, local)).catch((caught) => caught);
    const [part] = await Promise.all(planted);
    expect(error).toMatchObject({ code: 'OUTPUT_UNWRITABLE', retryable: true });
    expect(await readdir(local)).toEqual([part]);
    expect(await readFile(join(local, part!), 'utf8')).toBe('of somebody else');
  });

  test('that cannot be written is OUTPUT_UNWRITABLE with the path', async () => {
    await writeFile(join(local, 'file'), '');
    const path = join(local, 'file', NAME);
    await expect(session((sftp) => sftp.download('/', file, join(local, 'file')))).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringContaining(`${path} cannot be written (E`),
    });
    await mkdir(join(local, NAME));
    await expect(session((sftp) => sftp.download('/', file, local))).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: `${join(local, NAME)} cannot be written (EISDIR).`,
    });
    expect((await readdir(local)).sort()).toEqual([NAME, 'file']);
  });
});

describe('an upload', () => {
  const upload = () =>
    session(async (sftp) => {
      await writeFile(join(local, 'feed.csv'), BYTES);
      return await sftp.upload(join(local, 'feed.csv'), '/');
    });

  test('replaces an earlier file where the server has no posix-rename', async () => {
    server.files.set('feed.csv', Buffer.from('earlier'));
    expect(await upload()).toMatchObject({ uploaded: true });
    expect(server.files.get('feed.csv')!.equals(BYTES)).toBe(true);
    expect([...server.files.keys()].sort()).toEqual([NAME, 'feed.csv']);
    server.requests.length = 0;
    expect(await upload()).toMatchObject({ uploaded: false });
    expect(server.requests.filter((request) => /^(WRITE|RENAME|REMOVE)|\.part/.test(request))).toEqual([]);
  });

  const cases: [string, Faults, string, string][] = [
    ['the server loses bytes', { loseWrittenBytes: 1 }, 'SFTP_TRANSFER', '300000 were sent, and 127.0.0.1'],
    ['its disk is full', { refuse: { at: 'WRITE', status: 4 } }, 'SFTP_TRANSFER', 'answered status 4 while writing'],
    ['its disk fails at the close', { refuse: { at: 'CLOSE', status: 4 } }, 'SFTP_TRANSFER', 'answered status 4'],
    ['it may not write', { refuse: { at: 'OPEN', status: 3 } }, 'SFTP_PATH', 'does not allow vendor this: writing'],
    ['the server falls silent', { silentAt: 'WRITE' }, 'SFTP_TRANSFER', 'did not answer for 500 ms while writing'],
    [
      'the server falls silent at the end',
      { silentAt: 'RENAME' },
      'SFTP_UNREACHABLE',
      'while renaming "/feed.csv.part"',
    ],
    ['the connection drops', { dropAt: 'WRITE' }, 'SFTP_UNREACHABLE', 'was lost while writing "/feed.csv.part"'],
  ];
  test.each(cases)('fails when %s', async (_what, faults, code, message) => {
    server.faults = faults;
    await expect(upload()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(server.files.has('feed.csv')).toBe(false);
    const isCut = 'silentAt' in faults || 'dropAt' in faults;
    if (!isCut) expect(server.files.has('feed.csv.part')).toBe(false);
    server.faults = {};
    expect(await upload()).toMatchObject({ uploaded: true });
    expect(server.files.get('feed.csv')!.equals(BYTES)).toBe(true);
  });
});
