import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { REPLACES_ABOVE } from '../../config/env-file.ts';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { readRunFiles } from '../support/run-files.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// What this file proves: `btc-fake sandbox` serves what a run needs until it is told to stop, to this machine alone
// unless told otherwise, and what it prints are the settings that reach it.

const FREE_PORTS = ['--sftp-port', '0', '--recommender-port', '0'];

let place: Workspace;
afterEach(() => place?.remove());

type Settings = Record<string, string>;

/** Starts a sandbox and reads the settings that it prints. */
async function startSandbox(...args: string[]): Promise<{ sandbox: RunningBtcFake; settings: Settings }> {
  const sandbox = place.start(['sandbox', '--json', ...args]);
  await waitUntil('the sandbox has printed its settings', () => sandbox.stdout.endsWith('\n'), 15_000);
  return { sandbox, settings: JSON.parse(sandbox.stdout) as Settings };
}

async function stop(sandbox: RunningBtcFake): Promise<void> {
  sandbox.signal('SIGTERM');
  expect((await sandbox.ended).code).toBe(0);
}

test('a run with the settings that it prints finishes, with catalogs from its SFTP server', async () => {
  place = await makeWorkspace({ employees: ['104829,a', '104830,b'] });
  const { sandbox, settings } = await startSandbox(...FREE_PORTS);
  const run = await place.run(['run', '--json'], settings);
  expect(run.code).toBe(0);
  const { manifest } = await readRunFiles(run.json<RunReport>(), place.folder);
  expect(manifest.inputs.catalogs.map(({ from }) => from)).toEqual(['sftp', 'sftp']);
  await stop(sandbox);
});

test('its settings are lines for an .env, and stay right when it starts again', async () => {
  place = await makeWorkspace();
  const { sandbox, settings } = await startSandbox(...FREE_PORTS);
  await stop(sandbox);
  const port = new URL(settings.API_BASE_URL!).port;
  const again = place.start(['sandbox', '--sftp-port', settings.SFTP_INBOUND_PORT!, '--recommender-port', port]);
  await waitUntil('the second one has printed its settings', () => again.stdout.includes('API_BASE_URL='), 15_000);
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  expect(again.stdout).toBe([`${REPLACES_ABOVE}\n`, ...lines].join(''));
  await stop(again);
});

test('a run with an .env from a template and its settings below warns of nothing, and copies the template', async () => {
  place = await makeWorkspace({ employees: ['104829,a'] });
  const sandbox = place.start(['sandbox', ...FREE_PORTS]);
  await waitUntil('the sandbox has printed its settings', () => /^USER_COMPLETION.*\n/m.test(sandbox.stdout), 15_000);
  const template = await readFile(join(import.meta.dirname, '../../.env.dev.example'), 'utf8');
  await place.write('.env', template + sandbox.stdout);
  const run = await place.run(['run', '--json']);
  expect(run).toMatchObject({ code: 0 });
  expect(run.stderr).not.toMatch(/^btc-fake:/m);
  const { manifest } = await readRunFiles(run.json<RunReport>(), place.folder);
  expect(manifest.outputs.map(({ name }) => name)).toContainEqual(expect.stringMatching(/^UserCompletion_v2_/));
  await stop(sandbox);
});

test("it deletes nothing of the user's, also when it cannot start", async () => {
  place = await makeWorkspace();
  const vendor = place.path('.btc-fake', 'sandbox', 'vendor');
  await mkdir(vendor, { recursive: true });
  const own = join(vendor, 'StandAloneContent_v2_2025_10_28_1_abcdef.csv');
  await writeFile(own, 'ContentId,Daily_Dose_BA\n"1,000,001",TRUE\n');
  const { sandbox, settings } = await startSandbox(...FREE_PORTS);
  expect(sandbox.stderr).toContain(
    'Serves the files that you placed there: StandAloneContent_v2_2025_10_28_1_abcdef.csv',
  );
  const failed = await place.run(['sandbox', '--sftp-port', settings.SFTP_INBOUND_PORT!, '--recommender-port', '0']);
  expect(failed.code).toBe(1);
  await stop(sandbox);
  expect(await readFile(own, 'utf8')).toBe('ContentId,Daily_Dose_BA\n"1,000,001",TRUE\n');
});

test('it listens on this machine alone, unless it is told otherwise', async () => {
  place = await makeWorkspace();
  const outer = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  const reaches = async (host: string, { API_BASE_URL }: Settings) => {
    const url = new URL(API_BASE_URL!);
    url.hostname = host;
    return fetch(url).then(
      (response) => response.body?.cancel().then(() => true),
      () => false,
    );
  };
  const inner = await startSandbox(...FREE_PORTS);
  expect(await reaches('127.0.0.1', inner.settings)).toBe(true);
  expect(await reaches('127.0.0.2', inner.settings)).toBe(false);
  if (outer) expect(await reaches(outer.address, inner.settings)).toBe(false);
  await stop(inner.sandbox);

  const open = await startSandbox(...FREE_PORTS, '--host', '0.0.0.0');
  expect(await reaches('127.0.0.2', open.settings)).toBe(true);
  await stop(open.sandbox);
});

test('a port that is taken is one clear line', async () => {
  place = await makeWorkspace();
  const { sandbox, settings } = await startSandbox(...FREE_PORTS);
  const args = ['sandbox', '--sftp-port', '0', '--recommender-port', new URL(settings.API_BASE_URL!).port];
  const { code, stderr } = await place.run(args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^btc-fake: Cannot listen on 127\.0\.0\.1:\d+: .+ \(PORT_UNAVAILABLE\)\n {2}\S.+\n$/);
  await stop(sandbox);
});
