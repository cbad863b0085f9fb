import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { startRecommender } from '../sandbox/recommender-server.ts';
import { writeSampleCatalogs } from '../sandbox/sample-catalogs.ts';
import { startVendorSftpServer } from '../sandbox/vendor-sftp-server.ts';
import { wholeNumberArgument } from './arguments.ts';
import type { ExitCode } from './exit-codes.ts';
import { packageRoot } from './package-root.ts';
import { startAndFollow } from './run.ts';
import { withSession } from './session.ts';
import { printProgress, styled } from './terminal.ts';

const MAX_EMPLOYEES = 1_000_000;
const FIRST_ID = 104_801;
const TYPES = ['a', 'b', 'a', 'f'];
const SANDBOX_FOLDER = join('.btc-fake', 'demo');
/** Only reachable on loopback, and only while the demo runs. */
const LOGIN = { username: 'demo-vendor', password: 'demo-password' };

interface DemoOptions {
  readonly employees?: number;
  readonly json?: boolean;
}

/** `btc-fake demo`: one week on stand-ins for everything outside, each behind its real protocol on loopback. */
export function demoCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('demo')
    .description(
      'run one week on a sandbox: a vendor SFTP server, a recommender and a Redis of our own; no settings needed',
    )
    .option(
      '--employees <n>',
      'invent this many employees (default: the sample file)',
      wholeNumberArgument(1, MAX_EMPLOYEES),
    )
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake demo --employees 1000')
    .action(async (options: DemoOptions) => done(await demo(options)));
}

async function demo({ employees, json }: DemoOptions): Promise<ExitCode> {
  const catalogs = await writeSampleCatalogs(join(SANDBOX_FOLDER, 'vendor'), Date.now());
  const sftp = await startVendorSftpServer({ files: catalogs.folder, ...LOGIN });
  const recommender = await startRecommender({ contentIds: catalogs.contentIds });
  const input = join(relative(process.cwd(), packageRoot()), 'input');
  try {
    printProgress(styled('bold', 'BTC Fake demo: one week in a sandbox'));
    printProgress(`  vendor SFTP server   sftp://127.0.0.1:${sftp.port} (${catalogs.folder})`);
    printProgress(`  recommender          ${recommender.url}`);
    const overrides = {
      EMPLOYEES_FILE: employees === undefined ? join(input, 'employees.csv') : await inventEmployees(employees),
      USER_COMPLETION_TEMPLATE_FILE: join(input, 'UserCompletion_v2_template.csv'),
      SFTP_LOCAL_DIR: join(SANDBOX_FOLDER, 'downloaded'),
      SFTP_INBOUND_HOST: '127.0.0.1',
      SFTP_INBOUND_PORT: String(sftp.port),
      SFTP_INBOUND_USER: LOGIN.username,
      SFTP_INBOUND_PASSWORD: LOGIN.password,
      SFTP_INBOUND_HOST_FINGERPRINT: sftp.hostFingerprint,
      SFTP_INBOUND_REMOTE_PATH: '/',
      API_BASE_URL: recommender.url,
      LOG_LEVEL: 'error',
    };
    // The demo is the same everywhere: it looks at no .env and at no environment, so it cannot reach anything real.
    return await withSession((session) => startAndFollow(session, { json: json === true }), {
      env: {},
      envFile: false,
      overrides,
    });
  } finally {
    await recommender.close();
    await sftp.close();
  }
}

async function inventEmployees(n: number): Promise<string> {
  const path = resolve(SANDBOX_FOLDER, 'employees.csv');
  const rows = Array.from({ length: n }, (_, i) => `${FIRST_ID + i},${TYPES[i % TYPES.length]}\n`);
  await mkdir(SANDBOX_FOLDER, { recursive: true });
  await writeFile(path, `employee_id,employee_edu_type\n${rows.join('')}`);
  return relative(process.cwd(), path);
}
