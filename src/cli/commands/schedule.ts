import type { Command } from 'commander';
import type { SlotDecision } from '../../domain/schedule/slot-decision.ts';
import type { ScheduleReport } from '../../queries/schedule-report.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { printJson, printProgress, printResult } from '../terminal.ts';

interface ScheduleOptions {
  readonly json?: boolean;
}

/** `btc-fake schedule apply|show|remove`: the weekly schedule. */
export function scheduleCommand(program: Command, done: (code: ExitCode) => void): void {
  const schedule = program
    .command('schedule')
    .description('the weekly schedule: apply, show or remove it (SCHEDULE_CRON, SCHEDULE_TIMEZONE)');
  const subcommand = (name: string, description: string, action: (options: ScheduleOptions) => Promise<void>) =>
    schedule
      .command(name)
      .description(description)
      .option('--json', 'print one JSON object as the result')
      .addHelpText('after', `\nExample:\n  btc-fake schedule ${name}`)
      .action(async (options: ScheduleOptions) => {
        await action(options);
        done(EXIT.ok);
      });
  subcommand('apply', 'apply the schedule of the settings; a worker does so when it starts', apply);
  subcommand('show', 'show the next slots, the last runs, and whether a worker is alive to start them', show);
  subcommand('remove', 'stop starting scheduled runs, until the schedule is applied again', remove);
}

async function apply({ json }: ScheduleOptions): Promise<void> {
  const { assertWeekly } = await import('../../domain/schedule/slots.ts');
  const { applySchedule } = await import('../../producers/weekly-schedule.ts');
  const { openCommandContext, withSession } = await import('../session.ts');
  const command = openCommandContext();
  // What is wrong with the settings is found before Redis is looked for.
  assertWeekly(command.settings.schedule, Date.now());
  await withSession(command, async (session) => {
    const { SharedClock } = await import('../../adapters/shared-state/shared-clock.ts');
    const { now } = await SharedClock.read(session.redis);
    const { outcome, decisions } = await applySchedule(session, now, { insist: true });
    const report = await readReport(session);
    if (json) printJson({ outcome, decisions: decisions.map(decisionJson), ...(await reportJson(report)) });
    else {
      printProgress(outcome === 'unchanged' ? 'The schedule was applied already' : 'The schedule is applied');
      for (const { slot, outcome: what } of decisions) printProgress(`  the slot ${iso(slot)}, due by now, is ${what}`);
      await printReport(report);
    }
  });
}

async function show({ json }: ScheduleOptions): Promise<void> {
  const { openCommandContext, withSession } = await import('../session.ts');
  await withSession(openCommandContext(), async (session) => {
    const report = await readReport(session);
    if (json) printJson(await reportJson(report));
    else await printReport(report);
  });
}

async function remove({ json }: ScheduleOptions): Promise<void> {
  const { removeSchedule } = await import('../../producers/weekly-schedule.ts');
  const { openCommandContext, withSession } = await import('../session.ts');
  await withSession(openCommandContext(), async ({ queues, schedule }) => {
    const removed = await removeSchedule(queues, schedule, Date.now());
    if (json) printJson({ removed });
    else {
      printResult(removed ? 'The schedule is removed; runs that have begun continue.' : 'There was no schedule.');
      printResult('Workers leave it so when they start. Put it back with: btc-fake schedule apply');
    }
  });
}

async function readReport(session: Session): Promise<ScheduleReport> {
  const { WorkerRegistry } = await import('../../adapters/shared-state/worker-registry.ts');
  const { reportSchedule } = await import('../../queries/schedule-report.ts');
  return reportSchedule({ ...session, registry: new WorkerRegistry(session.redis) }, Date.now());
}

async function printReport(report: ScheduleReport): Promise<void> {
  const { scheduleLines } = await import('../schedule-report-text.ts');
  for (const line of scheduleLines(report)) printResult(line);
}

/** The report with instants as machines read them. */
async function reportJson(report: ScheduleReport) {
  const { wanted, standing, next, slots, workers } = report;
  const { localSlot } = await import('../../domain/schedule/slot.ts');
  const { slotsWithoutRun } = await import('../schedule-report-text.ts');
  const { clockIsOff } = await import('../../adapters/shared-state/worker-registry.ts');
  const { applied, removedAt } = report.state;
  const counts = applied ?? wanted;
  return {
    standing,
    cron: counts.cron,
    timeZone: counts.timeZone,
    settings: wanted,
    appliedAt: applied ? iso(applied.appliedAt) : null,
    removedAt: removedAt === undefined ? null : iso(removedAt),
    next: next.map((slot) => ({ local: localSlot(slot, counts.timeZone), utc: iso(slot) })),
    slots: slots.map((slot) => ({
      ...decisionJson(slot),
      runId: slot.runId,
      run: slot.run ?? null,
      lateMs: slot.lateMs,
    })),
    withoutRun: slotsWithoutRun(report).map(decisionJson),
    workers: workers.map(({ startedAt, seenAt, ...worker }) => ({
      ...worker,
      startedAt: iso(startedAt),
      seenAt: iso(seenAt),
      clockIsOff: clockIsOff(worker),
    })),
  };
}

function decisionJson({ slot, outcome, decidedAt, inTheWay }: SlotDecision) {
  return { slot: iso(slot), outcome, decidedAt: iso(decidedAt), inTheWay: inTheWay ?? null };
}

function iso(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}
