import type { Command } from 'commander';
import type { EmployeeId } from '../../domain/ids.ts';
import type { RunName } from '../../domain/run/name.ts';
import type { EmployeeExplanation } from '../../domain/simulation/employee-decision.ts';
import { count } from '../../domain/wording.ts';
import { employeeIdArgument, RUN_ARGUMENT, runArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printResult } from '../terminal.ts';

/** `btc-fake explain`: the whole decision about one employee of a run. */
export function explainCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('explain')
    .description('show what was decided about one employee of a run, and why: open, assigned, recommended, completed')
    .argument('<run>', RUN_ARGUMENT, runArgument)
    .argument('<employee>', 'the employee id', employeeIdArgument)
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake explain run-20251028T110000Z-ab12cd 104829')
    .action(async (name: RunName, employeeId: EmployeeId, { json }: { json?: boolean }) => {
      const { findRunId } = await import('../../queries/find-run.ts');
      const { explainEmployee } = await import('../../queries/explain-employee.ts');
      const { openCommandContext, withSession } = await import('../session.ts');
      const explanation = await withSession(openCommandContext(), async ({ store, queues }) =>
        explainEmployee(store, queues, await findRunId(queues, store, name), employeeId),
      );
      if (json) printJson(explanation);
      else await printExplanation(explanation);
      done(EXIT.ok);
    });
}

async function printExplanation(explained: EmployeeExplanation): Promise<void> {
  const { completionRule, doseOutcomeText, doseText, nameOf, openText, progressText, randomText, typeText } =
    await import('../../domain/run/explanation-text.ts');
  const { runId, employeeId, employeeType, position, employees, asOf, week, reason } = explained;
  printResult(`Employee ${employeeId} of run ${runId}`);
  printResult(`Type     ${typeText(employeeType)}`);
  printResult(`Position ${count(position)} of ${count(employees)}`);
  printResult(`As of    ${asOf}, in the week from ${week.start} to ${week.due}`);
  printResult(`State    ${progressText(explained)}`);
  if (reason !== null) printResult(`Reason   ${reason}`);
  const { open, dailyDose, random, recommendations, completions, left } = explained;
  if (open === null) return;
  printList(
    'Open before (Databricks)',
    open.map((content) => `${nameOf(content)}${openText(content)}`),
    'nothing',
  );
  printList(
    `Daily Dose: ${doseText(explained)}`,
    dailyDose!.map((dose) => `${nameOf(dose)}: ${doseOutcomeText(dose.outcome)}`),
    'there is none this week',
  );
  printList('Random content', random === null ? [] : [nameOf(random)], randomText(explained));
  if (recommendations !== null && completions !== null) {
    printList(
      'Recommended, in this order',
      recommendations.map((content) => `${nameOf(content)}${content.alreadyAssigned ? ', already assigned' : ''}`),
      'nothing',
    );
    printList(
      `Completed: ${completionRule(explained)}`,
      completions.map((c) => `${c.startedAt} to ${c.completedAt}  ${nameOf(c)} (${c.source})`),
      'nothing',
    );
  }
  printList(
    'Left open',
    left!.map((content) => nameOf(content)),
    'nothing',
  );
}

function printList(heading: string, items: readonly string[], none: string): void {
  printResult('');
  printResult(heading);
  for (const item of items.length > 0 ? items : [none]) printResult(`  ${item}`);
}
