// Proves that the notebook fetches the catalogs from the vendor's SFTP server as the queue does, and fails instead of
// using older files.
import { cp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
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
const ONE: EngineCase = {
  seed: 31,
  employees: 20,
  asOf: '2025-10-28T11:00:00Z',
  timeZone: 'America/Los_Angeles',
  sessionZone: 'UTC',
};

let engines: TwoEngines;
let spark: SparkRunner;
let run: QueueRun;

beforeAll(async () => {
  engines = await startTwoEngines();
  spark = engines.startSpark(false);
  run = await engines.queue(ONE);
}, LIMIT_MS);

afterAll(async () => {
  await spark?.close();
  await engines?.close();
});

const folder = () => join(engines.volume(ONE), 'catalogs');

test(
  'catalogs come from the server, with its bytes and times, and once',
  async () => {
    await rm(folder(), { recursive: true });
    const choice = { secrets: engines.sftpSecrets };
    expect(await engines.native(spark, ONE, run, choice)).toMatchObject({ value: { state: 'finished' } });
    const native = await engines.dropped(ONE);
    const manifest = manifestName(run.files);
    for (const [name, text] of Object.entries(run.files))
      if (name !== manifest) expect([name, native[name]]).toEqual([name, text]);
    expect(comparableManifest(native[manifest])).toEqual(comparableManifest(run.files[manifest]));
    expect(native[manifest]).not.toContain('right-password');

    const names = await readdir(folder());
    expect(names.every((name) => !name.endsWith('.part')) && names.length).toBe(2);
    const before = await Promise.all(names.map((name) => stat(join(folder(), name))));
    for (const [i, name] of names.entries()) {
      const there = engines.workspace.path('vendor', name);
      expect(await readFile(join(folder(), name))).toEqual(await readFile(there));
      expect(Math.floor((before[i]?.mtimeMs ?? 0) / 1000)).toBe(Math.floor((await stat(there)).mtimeMs / 1000));
    }
    expect(await engines.native(spark, ONE, run, choice)).toMatchObject({ value: { state: 'finished' } });
    const after = await Promise.all(names.map((name) => stat(join(folder(), name))));
    expect(after.map(({ ctimeMs }) => ctimeMs)).toEqual(before.map(({ ctimeMs }) => ctimeMs));
  },
  LIMIT_MS,
);

test.each([
  [{ 'sftp-password': 'wrong' }, 'SFTP_LOGIN_REFUSED', 'refused the login of reader'],
  [{ 'sftp-host-fingerprint': 'SHA256:AAAA' }, 'SFTP_HOST_KEY_MISMATCH', 'but SHA256:AAAA is pinned'],
  [{ 'sftp-path': '/nowhere' }, 'SFTP_PATH', 'has no such file or folder (listing "/nowhere").'],
  [{ 'sftp-port': '1' }, 'SFTP_UNREACHABLE', 'No SFTP session with 127.0.0.1:1: the connection was refused.'],
  [{ 'sftp-host-fingerprint': '' }, 'CONFIG_INVALID', 'has no sftp-host-fingerprint'],
])(
  'with %j the run fails, though older files are in the volume',
  async (wrong, code, message) => {
    await cp(engines.workspace.path('vendor'), folder(), { recursive: true });
    const { error } = await engines.native(spark, ONE, run, { secrets: { ...engines.sftpSecrets, ...wrong } });
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(error?.message).not.toContain('right-password');
  },
  LIMIT_MS,
);
