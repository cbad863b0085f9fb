import { join } from 'node:path';
import { REPLACES_ABOVE } from '../../config/env-file.ts';
import { listed } from '../domain/wording.ts';
import { startStandIns } from '../sandbox/stand-ins.ts';
import { sampleInput } from './sample-input.ts';
import { aborted, withStopSignal } from './stop-signal.ts';
import { printJson, printProgress, printResult, styled } from './terminal.ts';

const SHOWN_FILES = 3;
const FOLDER = join('.btc-fake', 'sandbox');

/** What a sandbox can be told. */
export interface SandboxOptions {
  readonly host: string;
  readonly sftpPort: number;
  readonly recommenderPort: number;
  /** Milliseconds. */
  readonly latency: number;
  readonly json?: boolean;
}

/**
 * Serves the stand-ins until told to stop. The settings that reach them go to standard output once both listen, as
 * lines of an environment file.
 * @throws BtcFakeError PORT_UNAVAILABLE.
 */
export async function serveSandbox({ host, sftpPort, recommenderPort, latency, json }: SandboxOptions): Promise<void> {
  await withStopSignal(async (stop) => {
    const standIns = await startStandIns({
      folder: FOLDER,
      now: Date.now(),
      host,
      sftpPort,
      recommenderPort,
      latencyMs: latency,
    });
    try {
      printProgress(styled('bold', 'BTC Fake sandbox: invented training and recommendations only'));
      printProgress(`  vendor SFTP server   ${standIns.sftpUrl} (${standIns.catalogFolder})`);
      printProgress(`  recommender          ${standIns.recommenderUrl}`);
      if (standIns.ownFiles.length > 0) {
        printProgress(`  Serves the files that you placed there: ${listed(standIns.ownFiles, SHOWN_FILES)}`);
      }
      printProgress('  These settings reach them; stop with Ctrl-C or SIGTERM:');
      const settings = {
        ...standIns.settings,
        USER_COMPLETION_TEMPLATE_FILE: sampleInput('UserCompletion_v2_template.csv'),
      };
      if (json) printJson(settings);
      else printSettings(settings);
      await aborted(stop);
    } finally {
      await standIns.close();
    }
  });
}

/** Lines that can be appended to an `.env` made from a template. */
function printSettings(settings: Readonly<Record<string, string>>): void {
  printResult(REPLACES_ABOVE);
  for (const [name, value] of Object.entries(settings)) printResult(`${name}=${value}`);
}
