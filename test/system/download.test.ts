import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startFaultySftpServer } from '../support/faulty-sftp-server.ts';
import { type OpenSshServer, startOpenSshServer } from '../support/openssh-server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeWorkspace, sftpEnvironment, type Workspace } from '../support/workspace.ts';

// What this file proves: `btc-fake download [DAYS]` brings all catalog files of the last days, of both kinds, and
// nothing else, from OpenSSH into temp_files/.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

// The tests run in a business time zone in which it is about noon, so that no midnight passes while they do.
const NOW = Date.now();
const AHEAD = 12 - new Date(NOW).getUTCHours();
/** The sign of these zones is the other way round. */
const TIME_ZONE = `Etc/GMT${AHEAD > 0 ? '-' : '+'}${Math.abs(AHEAD)}`;

let openssh: OpenSshServer;
let place: Workspace;

beforeAll(async () => {
  openssh = await startOpenSshServer();
  place = await makeWorkspace({
    sftpInbound: { ...openssh.login, remotePath: openssh.folder },
    env: { BUSINESS_TIMEZONE: TIME_ZONE },
  });
  for (const daysAgo of [-1, 0, 1, 7, 8]) {
    await put(nameOf('CourseCatalog_V2', daysAgo), `courses of ${daysAgo} days ago\n`);
    await put(nameOf('standalonecontent_v2', daysAgo), `content of ${daysAgo} days ago\n`);
  }
  await put(nameOf('CourseCatalog_V2', 0).replace('_1_', '_2_'), 'a second one of today\n');
  await put(nameOf('ContentUserCompletion_V2', 0), 'not a catalog\n');
  await put('readme.txt', 'not a catalog\n');
  await mkdir(join(openssh.folder, nameOf('CourseCatalog_V2', 0).replace('_1_', '_3_')));
});
afterEach(() => rm(place.path('temp_files'), { recursive: true, force: true }));
afterAll(async () => {
  await place.remove();
  await openssh.stop();
});

function put(name: string, content: string): Promise<void> {
  return writeFile(join(openssh.folder, name), content);
}

function nameOf(kind: string, daysAgo: number): string {
  const date = new Date(NOW + AHEAD * HOUR_MS - daysAgo * DAY_MS);
  return `${kind}_${date.getUTCFullYear()}_${date.getUTCMonth() + 1}_${date.getUTCDate()}_1_abc123.csv`;
}

const TODAY = [
  nameOf('CourseCatalog_V2', 0),
  nameOf('CourseCatalog_V2', 0).replace('_1_', '_2_'),
  nameOf('standalonecontent_v2', 0),
];
const LAST_WEEK = [1, 7].flatMap((days) => [nameOf('CourseCatalog_V2', days), nameOf('standalonecontent_v2', days)]);

test("without DAYS it brings today's files, and lists them", async () => {
  const { code, stdout } = await place.run(['download']);
  expect(code).toBe(0);
  expect((await readdir(place.path('temp_files'))).sort()).toEqual([...TODAY].sort());
  expect(await readFile(place.path('temp_files', TODAY[1]!), 'utf8')).toBe('a second one of today\n');
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(/^KIND +DATE +FILE +BYTES$/);
  for (const name of TODAY) expect(stdout).toMatch(new RegExp(` ${name} +\\d+  fetched$`, 'm'));
  expect(lines.at(-1)).toBe('3 files, 66 bytes, in temp_files/');
});

test('with DAYS it brings those of the days before as well, and a second time fetches nothing', async () => {
  const first = await place.run(['download', '7', '--json']);
  const second = await place.run(['download', '7', '--json']);
  expect([first.code, second.code]).toEqual([0, 0]);
  const expected = [...TODAY, ...LAST_WEEK].sort();
  expect((await readdir(place.path('temp_files'))).sort()).toEqual(expected);
  type Listing = { folder: string; files: { name: string; fetched: boolean; bytes: number; date: string }[] };
  for (const [run, fetched] of [
    [first, true],
    [second, false],
  ] as const) {
    const { folder, files } = run.json<Listing>();
    expect(folder).toBe('temp_files');
    expect(files.map(({ name }) => name).sort()).toEqual(expected);
    expect(files.map((file) => file.fetched)).toEqual(files.map(() => fetched));
    expect(files.map(({ date }) => date)).toEqual([...files.map(({ date }) => date)].sort());
  }
});

test('when the vendor has dropped nothing it says so and is content', async () => {
  await mkdir(join(openssh.folder, 'empty'), { recursive: true });
  const env = {
    SFTP_INBOUND_REMOTE_PATH: join(openssh.folder, 'empty'),
    SFTP_INBOUND_HOST_FINGERPRINT: openssh.fingerprint,
  };
  expect(await place.run(['download'], env)).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'The vendor has no catalog file of today\n',
  });
  expect(await place.run(['download', '7', '--json'], env)).toMatchObject({
    code: 0,
    stdout: '{"folder":"temp_files","files":[]}\n',
    stderr: '',
  });
});

test('a login that is refused is an error with what to check', async () => {
  const env = sftpEnvironment('SFTP_INBOUND', {
    ...openssh.login,
    privateKeyFile: await openssh.makeKey('stranger', { accepted: false }),
    remotePath: openssh.folder,
  });
  const { code, stdout, stderr } = await place.run(['download'], env);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(
    `btc-fake: 127.0.0.1:${openssh.login.port} refused the login of ${openssh.login.username}. (SFTP_LOGIN_REFUSED)\n  Check SFTP_INBOUND_USER and SFTP_INBOUND_PASSWORD or SFTP_INBOUND_PRIVATE_KEY_FILE.\n`,
  );
});

test('interrupted in mid-file it ends at once, says so, and leaves nothing half-downloaded', async () => {
  const slow = await startFaultySftpServer();
  try {
    slow.files.set(TODAY[0]!, Buffer.alloc(100_000));
    slow.faults = { readDelayMs: 300, longestRead: 1 };
    const env = sftpEnvironment('SFTP_INBOUND', { ...slow.login, remotePath: '/' });
    const command = place.start(['download'], { ...env, SFTP_INBOUND_PRIVATE_KEY_FILE: '' });
    await waitUntil('it reads', () => slow.requests.includes('READ '), 20_000);
    command.signal('SIGINT');
    const { code, stderr } = await command.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/Interrupted\. Files that were not whole are not kept\.\n$/);
    expect(await readdir(place.path('temp_files'))).toEqual([]);
  } finally {
    await slow.stop();
  }
});
