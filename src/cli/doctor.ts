import type { Command } from 'commander';
import type { Finding } from './doctor-trials.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { printJson, printResult, styled } from './terminal.ts';

/** `btc-fake doctor`: tries everything that is configured. */
export function doctorCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('doctor')
    .description('try everything that is configured, and say for each: fine, not configured, or what to do')
    .option('--json', 'print one JSON array as the result')
    .addHelpText('after', '\nExample:\n  btc-fake doctor')
    .action(async ({ json }: { json?: boolean }) => {
      const { examine } = await import('./doctor-trials.ts');
      const findings: Finding[] = [];
      for await (const finding of examine()) {
        findings.push(finding);
        if (!json) printFinding(finding);
      }
      if (json) printJson(findings);
      done(findings.some(({ state }) => state === 'wrong') ? EXIT.error : EXIT.ok);
    });
}

function printFinding({ what, state, detail, remedy }: Finding): void {
  const marks = {
    fine: styled('green', 'fine          '),
    'not configured': styled('yellow', 'not configured'),
    wrong: styled('red', 'wrong         '),
  };
  printResult(`${what.padEnd(14)} ${marks[state]} ${detail}`);
  if (remedy) printResult(`${' '.repeat(30)}${remedy}`);
}
