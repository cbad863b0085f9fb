import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/adapters/disk/package-root.ts';
import type { BenchContext, Section } from '../section.ts';
import { figure, ratioSpread, spread } from '../spread.ts';

const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const LOOK_EVERY_MS = 5;
const DEMO_LIMIT_MS = 120_000;

/** How long somebody waits for the first thing to happen. */
export const startUpSection: Section = {
  name: 'start-up',
  about: 'btc-fake --help, and npm run demo until its first file',
  async measure(context) {
    const help: number[] = [];
    const bare: number[] = [];
    const demo: number[] = [];
    // The first of each only fills the caches.
    for (let i = 0; i <= context.sizes.repeats; i++) {
      bare.push(await secondsOf(['--eval', '0']));
      help.push(await secondsOf([COMMAND, '--help']));
      demo.push(await secondsToFirstFile(context));
    }
    for (const values of [bare, help, demo]) values.shift();
    return {
      title: 'Start-up',
      method:
        '`btc-fake --help` from start to end, in turn with a Node.js that has nothing to do; `npm run demo` in a folder that is set ' +
        'up, from the command to the first feed in its place: npm, the look whether all is built, a Redis, the vendor’s SFTP ' +
        'server, the download and the manager’s assignments are in it.',
      ratios: [
        { name: 'helpRatio', text: '`btc-fake --help` / `node --eval 0`, in time', value: ratioSpread(help, bare) },
      ],
      tables: [
        {
          columns: ['`node --eval 0`, s', '`btc-fake --help`, s', '`npm run demo` to its first file, s'],
          rows: [[spread(bare), spread(help), spread(demo)]],
        },
      ],
      plots: [],
    };
  },
};

async function secondsOf(args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  await promisify(execFile)(process.execPath, [...args]);
  return (performance.now() - startedAt) / 1000;
}

/** The demo writes into its working folder: a copy of the project without files of earlier runs. */
async function secondsToFirstFile({ say }: BenchContext): Promise<number> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'btc-fake-bench-')));
  for (const name of ['package.json', 'scripts', 'dist', 'node_modules', 'input']) {
    await symlink(join(packageRoot(), name), join(folder, name));
  }
  const startedAt = performance.now();
  const demo = spawn('npm', ['run', '-s', 'demo'], { cwd: folder, stdio: 'ignore', env: { PATH: process.env.PATH } });
  const ended = once(demo, 'exit');
  try {
    while (!(await hasFeed(join(folder, 'generated_files')))) {
      if (demo.exitCode !== null) throw new Error(`npm run demo ended with ${demo.exitCode} before its first file`);
      if (performance.now() - startedAt > DEMO_LIMIT_MS) throw new Error('npm run demo made no file');
      await delay(LOOK_EVERY_MS);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    say(`npm run demo: first file after ${figure(seconds)} s`);
    return seconds;
  } finally {
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

async function hasFeed(folder: string): Promise<boolean> {
  return existsSync(folder) && (await readdir(folder)).some((name) => name.endsWith('.csv'));
}
