import type { Command } from 'commander';
import { wholeNumberArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { SandboxOptions } from '../sandbox-servers.ts';

const DEFAULTS: SandboxOptions = { host: '127.0.0.1', sftpPort: 2222, recommenderPort: 8080, latency: 0 };
const port = wholeNumberArgument(0, 65_535);

/** `btc-fake sandbox`: the stand-ins of the demo, for runs and workers of one's own. */
export function sandboxCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('sandbox')
    .description(
      'start a vendor SFTP server with sample catalogs and a recommender, print their settings, and serve until told to stop',
    )
    .option('--host <address>', 'address to listen on; anybody who can reach it can use the servers', DEFAULTS.host)
    .option('--sftp-port <n>', 'port of the SFTP server; 0 takes a free one', port, DEFAULTS.sftpPort)
    .option('--recommender-port <n>', 'port of the recommender; 0 takes a free one', port, DEFAULTS.recommenderPort)
    .option('--latency <ms>', 'how long each recommendation takes', wholeNumberArgument(0, 60_000), DEFAULTS.latency)
    .option('--json', 'print the settings as one JSON object')
    .addHelpText('after', '\nExample (the settings go into the .env of this folder):\n  btc-fake sandbox | tee -a .env')
    .action(async (options: SandboxOptions) => {
      const { serveSandbox } = await import('../sandbox-servers.ts');
      await serveSandbox(options);
      done(EXIT.ok);
    });
}
