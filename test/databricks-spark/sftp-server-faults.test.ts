// Proves that the notebook meets a server that misbehaves, or whose folder holds strange names, as the queue does: with
// the same code and words, or with the same notices.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import pino from 'pino';
import type { SftpServer } from '../../src/adapters/sftp/server.ts';
import { withSftp } from '../../src/adapters/sftp/session.ts';
import { failureOf } from '../support/failure-of.ts';
import { type Faults, type FaultySftpServer, startFaultySftpServer } from '../support/faulty-sftp-server.ts';
import { testAtFullSize } from '../support/full-size.ts';
import { startOpenSshServer } from '../support/openssh-server.ts';
import type { SparkRunner } from '../support/spark-runner.ts';
import {
  comparableManifest,
  type EngineCase,
  manifestName,
  type QueueRun,
  startTwoEngines,
  type TwoEngines,
} from '../support/two-engines.ts';

const LIMIT_MS = 600_000;
const silent = pino({ level: 'silent' });
const ONE: EngineCase = {
  seed: 37,
  employees: 20,
  asOf: '2025-10-28T11:00:00Z',
  timeZone: 'Europe/Berlin',
  sessionZone: 'UTC',
};
const CATALOGS = ['CourseCatalog_V2_2025_9_1_1_ec83a5.csv', 'StandAloneContent_v2_2025_10_27_1_77434e.csv'];

let engines: TwoEngines;
let spark: SparkRunner;
let run: QueueRun;
const servers: FaultySftpServer[] = [];

beforeAll(async () => {
  engines = await startTwoEngines();
  spark = engines.startSpark(false);
  run = await engines.queue(ONE);
}, LIMIT_MS);

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

afterAll(async () => {
  await spark?.close();
  await engines?.close();
});

const folder = () => join(engines.volume(ONE), 'catalogs');

/** A server with the vendor's catalogs. */
async function faultyServer(faults: Faults = {}, more: Parameters<typeof startFaultySftpServer>[1] = {}) {
  const server = await startFaultySftpServer('right', more);
  servers.push(server);
  for (const name of CATALOGS) server.files.set(name, await readFile(engines.workspace.path('vendor', name)));
  server.faults = faults;
  return server;
}

function secretsOf({ host, port, username, password = '', hostFingerprint = '' }: SftpServer, path: string) {
  return {
    'sftp-host': host,
    'sftp-port': String(port),
    'sftp-user': username,
    'sftp-password': password,
    'sftp-host-fingerprint': hostFingerprint,
    'sftp-path': path,
  };
}

/** A run of the queue from a server, with nothing left of earlier ones. @param env settings that name the server. */
async function queueFrom(env: Readonly<Record<string, string>>): Promise<QueueRun> {
  await rm(engines.workspace.path(`queue-${ONE.seed}`), { recursive: true, force: true });
  return engines.queue(ONE, { env });
}

/** What the queue's own client says of the same server: it lists the folder and downloads both catalogs. */
function saidByQueue({ login }: FaultySftpServer, local: string) {
  return failureOf(
    withSftp(login, silent, async (session) => {
      const files = await session.listFiles('/');
      for (const file of files) await session.download('/', file, local);
    }),
  );
}

test.each<[string, Faults]>([
  ['the listing is not allowed', { refuse: { at: 'OPENDIR', status: 3 } }],
  ['the file may not be read', { refuse: { at: 'OPEN', status: 3 } }],
  ['the file goes away before it is read', { refuse: { at: 'OPEN', status: 2 } }],
  ['the connection is lost in the listing', { dropAt: 'READDIR' }],
  ['the connection is lost in the file', { dropAt: 'READ' }],
  ['the file is cut short', { endOfFileAt: 5 }],
])(
  'where %s, the run fails with the words of the queue',
  async (_, faults) => {
    const queue = await faultyServer(faults);
    const native = await faultyServer(faults);
    await rm(folder(), { recursive: true, force: true });
    const wanted = await saidByQueue(queue, engines.workspace.path('local'));
    const { error } = await engines.native(spark, ONE, run, { secrets: secretsOf(native.login, '/') });
    const message = wanted.message.replaceAll(String(queue.login.port), String(native.login.port));
    expect(error).toMatchObject({ code: wanted.code, message });
  },
  LIMIT_MS,
);

for (const place of ['login', 'channel', 'READ'] as const)
  testAtFullSize(
    `a server that is silent at ${place} is given up with the words of the queue`,
    async () => {
      const [queue, native] = [await faultyServer({ silentAt: place }), await faultyServer({ silentAt: place })];
      await rm(folder(), { recursive: true, force: true });
      const secrets = secretsOf(native.login, '/');
      const [wanted, { error }] = await Promise.all([
        saidByQueue(queue, engines.workspace.path('local')),
        engines.native(spark, ONE, run, { secrets }),
      ]);
      const message = wanted.message.replaceAll(String(queue.login.port), String(native.login.port));
      expect(error).toMatchObject({ code: wanted.code, message });
    },
    LIMIT_MS,
  );

test(
  'a file that changes while it is read, a refusal that says no more, and old algorithms have the codes of the queue',
  async () => {
    const growing = async () => {
      const server = await faultyServer();
      const grow = () => {
        for (const name of CATALOGS) server.files.set(name, Buffer.alloc(90_000, 'x'));
      };
      server.faults = { onRead: grow };
      return server;
    };
    const refusing = () => faultyServer({ refuse: { at: 'OPENDIR', status: 4 } });
    const old = () => faultyServer({}, { algorithms: { kex: ['diffie-hellman-group1-sha1'] } });
    for (const [start, code] of [
      [growing, 'SFTP_TRANSFER'],
      [refusing, 'SFTP_TRANSFER'],
      [old, 'SFTP_ALGORITHMS'],
    ] as const) {
      expect((await saidByQueue(await start(), engines.workspace.path('local'))).code).toBe(code);
      await rm(folder(), { recursive: true, force: true });
      const { error } = await engines.native(spark, ONE, run, { secrets: secretsOf((await start()).login, '/') });
      expect(error).toMatchObject({ code });
    }
  },
  LIMIT_MS,
);

test(
  'a server that lets a file be downloaded once, and tells neither types nor times, serves two runs with a notice',
  async () => {
    const faults: Faults = { oneDownload: { statusAfter: 2 }, withoutAttributes: true };
    const [queue, native] = [await faultyServer(faults), await faultyServer(faults)];
    const { host, port, username, password = '', hostFingerprint = '' } = queue.login;
    const env = {
      SFTP_INBOUND_HOST: host,
      SFTP_INBOUND_PORT: String(port),
      SFTP_INBOUND_USER: username,
      SFTP_INBOUND_PASSWORD: password,
      SFTP_INBOUND_HOST_FINGERPRINT: hostFingerprint,
    };
    await rm(engines.workspace.path('downloaded_files'), { recursive: true, force: true });
    await queueFrom(env);
    queue.files.clear();
    const again = await queueFrom(env);
    const wanted = again.files[manifestName(again.files)] ?? '';
    expect(wanted).toContain('the copy of then was used');

    await rm(folder(), { recursive: true, force: true });
    const choice = { secrets: secretsOf(native.login, '/') };
    expect(await engines.native(spark, ONE, again, choice)).toMatchObject({ value: { state: 'finished' } });
    native.files.clear();
    await engines.forget(ONE);
    expect(await engines.native(spark, ONE, again, choice)).toMatchObject({ value: { state: 'finished' } });
    const made = await engines.dropped(ONE);
    expect(comparableManifest(made[manifestName(made)])).toEqual(comparableManifest(wanted));
  },
  LIMIT_MS,
);

test(
  "OpenSSH's own server takes a key, and hidden names and names in another encoding are near misses",
  async () => {
    const server = await startOpenSshServer();
    try {
      for (const name of CATALOGS)
        await writeFile(join(server.folder, name), await readFile(engines.workspace.path('vendor', name)));
      await writeFile(join(server.folder, `.${CATALOGS[0]}`), '');
      await writeFile(Buffer.from(`${server.folder}/CourseCatalog_V2_2025_10_1_1_\xe9.csv`, 'latin1'), '');
      const { login } = server;
      const { privateKeyFile = '', hostFingerprint = '' } = login;
      await rm(engines.workspace.path('downloaded_files'), { recursive: true, force: true });
      const queue = await queueFrom({
        SFTP_INBOUND_PORT: String(login.port),
        SFTP_INBOUND_USER: login.username,
        SFTP_INBOUND_PASSWORD: '',
        SFTP_INBOUND_PRIVATE_KEY_FILE: privateKeyFile,
        SFTP_INBOUND_HOST_FINGERPRINT: hostFingerprint,
        SFTP_INBOUND_REMOTE_PATH: server.folder,
      });
      const wanted = queue.files[manifestName(queue.files)] ?? '';
      expect(wanted).toContain('nearly match were not used: 2');
      await rm(folder(), { recursive: true, force: true });
      await engines.forget(ONE);
      const secrets = {
        ...secretsOf(login, server.folder),
        'sftp-private-key': await readFile(privateKeyFile, 'utf8'),
      };
      expect(await engines.native(spark, ONE, queue, { secrets })).toMatchObject({ value: { state: 'finished' } });
      const made = await engines.dropped(ONE);
      expect(comparableManifest(made[manifestName(made)])).toEqual(comparableManifest(wanted));
    } finally {
      await server.stop();
    }
  },
  LIMIT_MS,
);
