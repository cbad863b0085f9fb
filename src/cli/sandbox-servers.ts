import { join } from 'node:path';
import { startStandIns } from '../sandbox/stand-ins.ts';
import { aborted, withStopSignal } from './stop-signal.ts';
import { printJson, printProgress, printResult, styled } from './terminal.ts';

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
 * Serves the stand-ins until told to stop. The settings that reach them go to standard output once both listen, as lines of an
 * environment file. @throws BtcFakeError PORT_UNAVAILABLE.
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
      printProgress('  These settings reach them; stop with Ctrl-C or SIGTERM:');
      if (json) printJson(standIns.settings);
      else for (const [name, value] of Object.entries(standIns.settings)) printResult(`${name}=${value}`);
      await aborted(stop);
    } finally {
      await standIns.close();
    }
  });
}
