import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { copyRun } from '../../adapters/run-store/copy.ts';
import type { RunId } from '../../domain/ids.ts';
import { startStandIns } from '../../sandbox/stand-ins.ts';
import type { ExitCode } from '../exit-codes.ts';
import { sampleInput } from '../sample-input.ts';
import { type Session, withSession } from '../session.ts';
import { printProgress, styled } from '../terminal.ts';
import { startRun } from './start-run.ts';

const FIRST_ID = 104_801;
const TYPES = ['a', 'b', 'a', 'f'];
const SANDBOX_FOLDER = join('.btc-fake', 'demo');

/** What a demo can be told. */
export interface DemoOptions {
  /** How many employees to invent; unless given, the sample file's. */
  readonly employees?: number;
  readonly json?: boolean;
}

/**
 * Starts the sandbox, runs one week on it, keeps the run for the other commands of this folder, and stops the sandbox
 * again.
 */
export async function runDemo({ employees, json }: DemoOptions): Promise<ExitCode> {
  const standIns = await startStandIns({ folder: SANDBOX_FOLDER, now: Date.now() });
  try {
    printProgress(styled('bold', 'BTC Fake demo: one week in a sandbox'));
    printProgress(`  vendor SFTP server   ${standIns.sftpUrl} (${standIns.catalogFolder})`);
    printProgress(`  recommender          ${standIns.recommenderUrl}`);
    const overrides = {
      EMPLOYEES_FILE: employees === undefined ? sampleInput('employees.csv') : await inventEmployees(employees),
      USER_COMPLETION_TEMPLATE_FILE: sampleInput('UserCompletion_v2_template.csv'),
      SFTP_LOCAL_DIR: join(SANDBOX_FOLDER, 'downloaded'),
      ...standIns.settings,
      LOG_LEVEL: 'error',
    };
    // The demo is the same everywhere: it looks at no .env and at no environment, so it cannot reach anything real.
    // What the run was made with ends with this process, so nothing could continue it.
    const afterInterruption = 'The sandbox is gone; begin again with: btc-fake demo';
    // Nor may its workers take the jobs of real runs in this folder, or real ones its jobs.
    const apart = { env: {}, envFile: false, overrides, scratchFolder: SANDBOX_FOLDER } as const;
    return await startRun({ json: json === true, afterInterruption, afterFinish: keepRun }, apart);
  } finally {
    await standIns.close();
  }
}

async function inventEmployees(n: number): Promise<string> {
  const path = resolve(SANDBOX_FOLDER, 'employees.csv');
  const rows = Array.from({ length: n }, (_, i) => `${FIRST_ID + i},${TYPES[i % TYPES.length]}\n`);
  await mkdir(SANDBOX_FOLDER, { recursive: true });
  await writeFile(path, `employee_id,employee_edu_type\n${rows.join('')}`);
  return relative(process.cwd(), path);
}

/** Copies the run into this folder's own Redis, where `runs`, `explain` and the dashboard look, and says so. */
async function keepRun({ redis, store, settings, secrets, logger, loaded }: Session, runId: RunId): Promise<void> {
  const run = await store.getRun(runId);
  const own = { loaded, settings, secrets, logger, scratchFolder: undefined };
  await withSession(own, ({ redis: kept }) => copyRun(redis, kept, run, settings.run.retentionMs));
  const [first] = (await store.readPopulation(runId).next()).value ?? [];
  const command = commandLine();
  printProgress('');
  printProgress(styled('bold', 'What next'));
  printProgress(`  This run in a browser:             ${command} dashboard`);
  if (first) printProgress(`  Why an employee got what they got: ${command} explain ${runId} ${first.id}`);
  printProgress(`  The same servers for your own run: ${command} sandbox | tee -a .env`);
}

/** How a person calls this program here: by the name that npm has linked, or in the clone. */
function commandLine(): string {
  return basename(process.argv[1] ?? '') === 'btc-fake' ? 'btc-fake' : 'npx --no -- btc-fake';
}
