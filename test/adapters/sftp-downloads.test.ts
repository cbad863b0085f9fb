// Proves that downloads at the same time do each other no harm, that each ends in time or when it is told to, and that
// a file which a corrected one replaces stays for those who have read it (F4 of the faults that a run survives).
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { withDownloadLock } from '../../src/adapters/sftp/download-lock.ts';
import { findCatalog, removeKept } from '../../src/adapters/sftp/kept-catalogs.ts';
import { type DownloadedFile, type SftpPatience, withSftp } from '../../src/adapters/sftp/session.ts';
import { type FaultySftpServer, startFaultySftpServer } from '../support/faulty-sftp-server.ts';
import { waitUntil } from '../support/wait-until.ts';

const silent = pino({ level: 'silent' });
const NAME = 'catalog.csv';
const BYTES = randomBytes(600_000);
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

let server: FaultySftpServer;
let local: string;
beforeAll(async () => {
  server = await startFaultySftpServer();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  server.faults = {};
  server.requests.length = 0;
  server.files.clear();
  server.files.set(NAME, BYTES);
  local = await mkdtemp(join(tmpdir(), 'btc-fake-downloads-'));
});
afterEach(() => rm(local, { recursive: true, force: true }));

async function download(patience: SftpPatience = {}, onWait?: () => void): Promise<DownloadedFile> {
  const work = async (sftp: Parameters<Parameters<typeof withSftp>[2]>[0]) =>
    sftp.download('/', (await sftp.listFiles('/'))[0]!, local, { keepReplaced: true, onWait });
  return await withSftp(server.login, silent, work, patience);
}

const opened = () => server.requests.filter((request) => request.startsWith('OPEN ')).length;

describe('downloads of a file at the same time', () => {
  test('fetch it once: the others wait for it and use it', async () => {
    server.faults = { readDelayMs: 50 };
    let waits = 0;
    const all = await Promise.all(Array.from({ length: 6 }, () => download({}, () => (waits += 1))));
    expect(all.filter(({ fetched }) => fetched)).toHaveLength(1);
    expect(new Set(all.map((each) => each.sha256))).toEqual(new Set([sha256(BYTES)]));
    expect([opened(), waits]).toEqual([1, 5]);
    expect(await readdir(local)).toEqual([NAME]);
  });

  test('fetch it once from a server that tells no times', async () => {
    server.faults = { readDelayMs: 50, withoutTimes: true };
    const all = await Promise.all([download(), download(), download()]);
    expect(all.filter(({ fetched }) => fetched)).toHaveLength(1);
    expect(opened()).toBe(1);
  });

  test('take their turns when one fails: the next tries it itself', async () => {
    server.faults = { silentAt: 'READ' };
    const stuck = download({ stallMs: 1_000 }).catch((error) => error);
    await waitUntil('the first has begun', () => opened() === 1);
    const next = download({}, () => (server.faults = {}));
    expect(await stuck).toMatchObject({ code: 'SFTP_TRANSFER' });
    expect(await next).toMatchObject({ fetched: true, sha256: sha256(BYTES) });
  });

  test('do not wait for ever for a killed process, and clear away what it left a while ago', async () => {
    await writeFile(join(local, `.${NAME}.lock`), 'killed');
    const parts = [`${NAME}.1-aaaaaaaa.part`, `${NAME}.part`, `${NAME}.2-bbbbbbbb.part`];
    for (const part of parts) await writeFile(join(local, part), 'half');
    for (const part of parts.slice(0, 2)) await utimes(join(local, part), 1_700_000_000, 1_700_000_000);
    expect(await download()).toMatchObject({ fetched: true });
    expect((await readdir(local)).sort()).toEqual([NAME, parts[2]].sort());
  }, 30_000);

  test('work under the longest of names', async () => {
    const name = 'x'.repeat(250);
    server.files.clear();
    server.files.set(name, BYTES);
    expect(await Promise.all([download(), download()])).toHaveLength(2);
    expect(await readdir(local)).toEqual([name]);
    expect(opened()).toBe(1);
  });

  test('hold their lock as long as they take, however long', async () => {
    const path = join(local, NAME);
    let held = 0;
    let most = 0;
    const work = async (ms: number) => {
      held += 1;
      most = Math.max(most, held);
      await new Promise((resolve) => setTimeout(resolve, ms));
      held -= 1;
    };
    await Promise.all([withDownloadLock(path, {}, () => work(11_500)), withDownloadLock(path, {}, () => work(1))]);
    expect(most).toBe(1);
  }, 30_000);
});

describe('a download that is told to stop', () => {
  const stopped = new Error('stopped');

  test('in mid-file ends at once and leaves nothing', async () => {
    server.faults = { silentAt: 'READ', afterBytes: 100_000 };
    const stop = new AbortController();
    const ended = download({ signal: stop.signal }).catch((error) => error);
    await waitUntil('it reads', () => server.requests.filter((request) => request === 'READ ').length > 4);
    stop.abort(stopped);
    expect(await ended).toBe(stopped);
    expect(await readdir(local)).toEqual([]);
    await waitUntil('no connection is left', () => server.connections() === 0);
  });

  test.each(['login', 'OPENDIR'] as const)('while the server is silent at %s ends at once', async (place) => {
    server.faults = { silentAt: place };
    const stop = new AbortController();
    const ended = download({ signal: stop.signal }).catch((error) => error);
    await waitUntil('it has come so far', () => server.connections() > 0);
    stop.abort(stopped);
    expect(await ended).toBe(stopped);
    await waitUntil('no connection is left', () => server.connections() === 0);
  });

  test('while it waits for another ends at once', async () => {
    server.faults = { silentAt: 'READ' };
    const [first, second] = [new AbortController(), new AbortController()];
    const holder = download({ signal: first.signal }).catch((error) => error);
    await waitUntil('the first has begun', () => opened() === 1);
    const waiter = download({ signal: second.signal }, () => second.abort(stopped)).catch((error) => error);
    expect(await waiter).toBe(stopped);
    first.abort(stopped);
    expect(await holder).toBe(stopped);
    expect(await readdir(local)).toEqual([]);
  });
});

test('a download of a byte now and then is given up when its time is over, and says how far it came', async () => {
  server.faults = { readDelayMs: 20, longestRead: 1 };
  const error = await download({ transferMs: 500 }).catch((caught) => caught);
  expect(error).toMatchObject({
    code: 'SFTP_TRANSFER',
    retryable: true,
    message: `127.0.0.1:${server.login.port} sent 0 of the 600000 bytes of "/${NAME}" in 0.5 s.`,
  });
  expect(error.remedy).toContain('SFTP_TRANSFER_TIMEOUT');
  expect(await readdir(local)).toEqual([]);
});

test('an upload that comes to no end in its time is given up too', async () => {
  server.faults = { silentAt: 'WRITE' };
  await writeFile(join(local, 'feed.csv'), BYTES);
  const upload = withSftp(server.login, silent, (sftp) => sftp.upload(join(local, 'feed.csv'), '/'), {
    transferMs: 300,
  });
  await expect(upload).rejects.toMatchObject({
    code: 'SFTP_TRANSFER',
    message: `127.0.0.1:${server.login.port} did not take all of feed.csv in 0.3 s.`,
  });
});

describe('a file that a corrected one of the same name replaces', () => {
  test('is kept under its SHA-256, unless it has the same bytes', async () => {
    await download();
    const first = server.files.get(NAME)!;
    await utimes(join(local, NAME), 1_600_000_000, 1_600_000_000);
    expect(await download()).toMatchObject({ fetched: true });
    expect(await readdir(local)).toEqual([NAME]);

    server.files.set(NAME, Buffer.from('corrected'));
    expect(await download()).toMatchObject({ fetched: true });
    expect(await readFile(join(local, NAME), 'utf8')).toBe('corrected');
    const before = await findCatalog(local, NAME, sha256(first));
    expect(before).toBe(join(local, 'kept', sha256(first), NAME));
    expect((await readFile(before)).equals(first)).toBe(true);
    for (const hash of [sha256('corrected'), sha256('in neither place')]) {
      expect(await findCatalog(local, NAME, hash)).toBe(join(local, NAME));
    }
  });

  test('is removed a day later, when no run needs it any more', async () => {
    const hashes = ['needed', 'unneeded', 'young'].map(sha256);
    for (const [i, hash] of hashes.entries()) {
      await mkdir(join(local, 'kept', hash), { recursive: true });
      await writeFile(join(local, 'kept', hash, NAME), '');
      if (i < 2) await utimes(join(local, 'kept', hash), 1_700_000_000, 1_700_000_000);
    }
    await removeKept(local, async () => new Set(hashes.slice(0, 1)));
    expect((await readdir(join(local, 'kept'))).sort()).toEqual([hashes[0], hashes[2]].sort());
    await removeKept(join(local, 'no such folder'), async () => new Set());
  });
});
