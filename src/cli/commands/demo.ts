import type { Command } from 'commander';
import { wholeNumberArgument } from '../arguments.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { DemoOptions } from '../run/demo-run.ts';

const MAX_EMPLOYEES = 1_000_000;

/** `btc-fake demo`: one week on stand-ins for everything outside, each behind its real protocol on loopback. */
export function demoCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('demo')
    .description(
      'run one week on a sandbox: a vendor SFTP server, a recommender and a Redis of its own; no settings needed',
    )
    .option(
      '--employees <n>',
      'invent this many employees (default: the sample file)',
      wholeNumberArgument(1, MAX_EMPLOYEES),
    )
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake demo --employees 1000')
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import('../run/demo-run.ts');
      done(await runDemo(options));
    });
}
