import type { Command } from 'commander';
import type { WeeklySchedule } from '../../domain/schedule/slots.ts';
import type { Finding, Outcome } from '../../queries/connections/finding.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../session.ts';
import { printJson, printResult, styled } from '../terminal.ts';

/** `btc-fake doctor`: tries everything that is configured, one after the other. */
export function doctorCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('doctor')
    .description('test everything that is configured; each line says fine, not configured, or what to do')
    .option('--json', 'print one JSON array as the result')
    .addHelpText('after', '\nExample:\n  btc-fake doctor')
    .action(async ({ json }: { json?: boolean }) => {
      const { connectionChecks } = await import('../../queries/connections/checks.ts');
      const { checkEnvFileMode } = await import('../env-file-mode.ts');
      const { openCommandContext } = await import('../session.ts');
      const command = openCommandContext();
      const findings: Finding[] = [];
      const tell = (finding: Finding): void => {
        findings.push(finding);
        if (!json) printFinding(finding);
      };
      const envFile = checkEnvFileMode(command.loaded);
      if (envFile) tell(envFile);
      const redis = () => tryRedisOf(command);
      const appliedSchedule = () => appliedScheduleOf(command);
      for (const check of connectionChecks({ ...command, redis, appliedSchedule })) tell(await check.run());
      await tellOfDatabricks(tell);
      if (json) printJson(findings);
      done(findings.some(({ state }) => state === 'wrong') ? EXIT.error : EXIT.ok);
    });
}

/** What the commands for Databricks need: a login, and on this machine a Python, Java and Maven. */
async function tellOfDatabricks(tell: (finding: Finding) => void): Promise<void> {
  const { tryWorkspaces } = await import('../../databricks-tools/remote/workspace-check.ts');
  const { prerequisites } = await import('../../databricks-tools/local/prerequisites.ts');
  tell({ what: 'Workspace', ...(await tryWorkspaces()) });
  for (const prerequisite of prerequisites()) tell(prerequisite);
}

async function tryRedisOf(command: CommandContext): Promise<Outcome> {
  const { tryRedis } = await import('../../queries/connections/checks.ts');
  const { safeLocation } = await import('../../domain/connections/redis-address.ts');
  const { withSession } = await import('../session.ts');
  return withSession(command, ({ redis, redisLocation, embedded }) =>
    tryRedis(redis, embedded ? 'our own (REDIS_URL is not set)' : safeLocation(redisLocation)),
  );
}

async function appliedScheduleOf(command: CommandContext): Promise<WeeklySchedule | undefined> {
  const { withSession } = await import('../session.ts');
  return withSession(command, async ({ schedule }) => (await schedule.read()).applied);
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
