// Proves that pip installs the wheel of `btc-fake databricks export --wheel`, and that the notebook imports all its
// modules from that wheel alone.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { startBtcFake } from '../support/btc-fake.ts';

const LIMIT_MS = 120_000;
const { SPARK_PYTHON = '' } = process.env;

test(
  'pip installs the exported wheel, and the imports of the exported notebook come from it',
  async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'btc-fake-wheel-'));
    try {
      const python = (...args: string[]) => promisify(execFile)(SPARK_PYTHON, ['-I', ...args], { cwd });
      await startBtcFake(['lakehouse', 'init'], { cwd }).ended;
      expect((await startBtcFake(['databricks', 'export', '--wheel'], { cwd }).ended).code).toBe(0);
      const out = join(cwd, 'databricks_export');
      const wheel = (await readdir(out)).find((name) => name.endsWith('.whl')) ?? '';
      const target = join(cwd, 'site');
      const pip = [
        '-m',
        'pip',
        'install',
        '--no-index',
        '--no-deps',
        '--disable-pip-version-check',
        '--target',
        target,
      ];
      await python(...pip, join(out, wheel));
      const notebook = await readFile(join(out, 'btc_simulation.py'), 'utf8');
      const imports = notebook.split('\n').filter((line) => /^(from|import) btc_/.test(line));
      expect(imports.length).toBeGreaterThan(5);
      const program = [
        'import sys',
        `sys.path.insert(0, ${JSON.stringify(target)})`,
        ...imports,
        'print([sys.modules[name].__file__ for name in sorted(sys.modules) if name.startswith("btc_")])',
      ].join('\n');
      const { stdout } = await python('-c', program);
      const files = JSON.parse(stdout.replaceAll("'", '"')) as string[];
      expect(files.length).toBeGreaterThan(10);
      for (const file of files) expect(file.startsWith(`${target}/`)).toBe(true);
    } finally {
      await rm(cwd, { recursive: true });
    }
  },
  LIMIT_MS,
);
