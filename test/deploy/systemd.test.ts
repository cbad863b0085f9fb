import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { parseAs } from '../../config/formats.ts';
import { loadSettings } from '../../config/load.ts';
import { SCHEMA } from '../../config/schema.ts';
import { durationMs, ROOT } from '../support/compose-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What this file proves: the systemd units are what systemd takes, run the commands that they should, get their secrets
// from a file, have time to stop, and may do little.

const FOLDER = join(ROOT, 'deploy/systemd');
const MAIN = '/usr/bin/node /opt/btc-fake/dist/src/cli/main.js';
const EXEC: Readonly<Record<string, string>> = {
  'btc-fake-worker.service': `${MAIN} worker`,
  'btc-fake-simulation@.service': `/usr/bin/env METRICS_PORT=947%i ${MAIN} worker --only employee-simulation`,
  'btc-fake-dashboard.service': `${MAIN} dashboard`,
};
const NAMES = Object.keys(EXEC);
/** systemd's own scale, from 0 (may do nothing) to 10 (may do everything), times ten. */
const MOST_EXPOSURE = 20;

const { version } = systemd();
const folder = temporaryFolder('systemd');
let units: Map<string, Map<string, string[]>>;

beforeAll(async () => {
  const texts = await Promise.all(NAMES.map((name) => readFile(join(FOLDER, name), 'utf8')));
  units = new Map(NAMES.map((name, i) => [name, entries(texts[i]!)]));
});

/** What stands behind each key of a unit, in order. */
function entries(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, key, value] of text.matchAll(/^(\w+)=(.*)$/gm)) found.set(key!, [...(found.get(key!) ?? []), value!]);
  return found;
}

/** systemd's version, or 0 where there is none. */
function systemd(): { version: number } {
  const { stdout } = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' });
  return { version: Number(/^systemd (\d+)/.exec(stdout ?? '')?.[1] ?? 0) };
}

/** Copies of the units that name the Node.js of this machine, because systemd looks whether it is there. */
async function localCopies(change: (text: string) => string = (text) => text): Promise<string[]> {
  const target = mkdtempSync(join(folder.path, 'units-'));
  return Promise.all(
    NAMES.map(async (name) => {
      const text = (await readFile(join(FOLDER, name), 'utf8')).replaceAll('/usr/bin/node', process.execPath);
      writeFileSync(join(target, name), change(text));
      return join(target, name);
    }),
  );
}

test('there is a unit for each thing that runs, and it runs that', async () => {
  expect((await readdir(FOLDER)).sort()).toEqual([...NAMES].sort());
  for (const name of NAMES) expect(units.get(name)?.get('ExecStart')).toEqual([EXEC[name]]);
});

test('instances serve their metrics on ports of their own', () => {
  const ports = ['1', '9'].map((instance) => parseAs(SCHEMA.METRICS_PORT.format, `947${instance}`));
  expect(ports).toEqual([9471, 9479]);
});

test.each(NAMES)('%s: not root, settings from a file, starts again, time to stop', (name) => {
  const unit = units.get(name)!;
  const { settings } = loadSettings({ env: {}, envFile: false });
  expect(unit.get('User')).toEqual(['btc-fake']);
  expect(unit.get('EnvironmentFile')).toEqual(['/etc/btc-fake/btc-fake.env']);
  expect(unit.get('Environment')).toEqual(['NODE_ENV=production']);
  expect(unit.get('Restart')).toEqual(['always']);
  expect(unit.get('KillSignal')).toEqual(['SIGTERM']);
  const stopMs = durationMs(`${unit.get('TimeoutStopSec')![0]}s`);
  expect(stopMs).toBeGreaterThan(settings.queues.shutdownTimeoutMs + 5_000);
  expect(unit.get('WorkingDirectory')).toEqual([`/var/lib/${unit.get('StateDirectory')![0]}`]);
  // It would forbid the compiler inside Node.js.
  expect(unit.has('MemoryDenyWriteExecute')).toBe(false);
});

// Where there is no systemd, such as on macOS, nobody uses the units either.
const withSystemd = version >= 250 ? test : test.skip;

withSystemd('systemd takes the units, and would not take others', async () => {
  const verify = (paths: readonly string[]) => spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' });
  const { status, stderr } = verify(await localCopies());
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const broken = verify(await localCopies((text) => text.replace('ProtectSystem=strict', 'ProtectSystem=strictly')));
  expect(broken.stderr).toMatch(/protect system value/);
});

withSystemd('by systemd’s own measure they are little exposed, and not without their restrictions', async () => {
  const exposed = async (change?: (text: string) => string) => {
    for (const path of await localCopies(change)) {
      execFileSync('systemd-analyze', [
        'security',
        '--offline=yes',
        '--no-pager',
        `--threshold=${MOST_EXPOSURE}`,
        path,
      ]);
    }
  };
  await exposed();
  await expect(exposed((text) => text.replace('CapabilityBoundingSet=\n', ''))).rejects.toThrow();
});
