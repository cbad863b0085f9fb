import { resolve } from 'node:path';
import { requireRecommender } from '../../../config/load.ts';
import { makeFolder } from '../../adapters/disk/output-folder.ts';
import { asOfInstant } from '../../domain/run/as-of.ts';
import { STAGES } from '../../domain/run/stages.ts';
import { count, plural } from '../../domain/wording.ts';
import { createRun } from '../../producers/create-run.ts';
import { configuredSources, ownSources } from '../../queries/own-sources.ts';
import { sourcesToSettle } from '../../queries/served-stages.ts';
import { requireTemplate } from '../../workers/stages/template-file.ts';
import type { ExitCode } from '../exit-codes.ts';
import { type CommandContextOptions, openCommandContext, withSession } from '../session.ts';
import { printProgress } from '../terminal.ts';
import type { FollowOptions } from './follow-options.ts';
import { followRun, worksHere } from './follow-run.ts';

/** What a run can be told on the command line, besides settings. */
export interface RunOptions extends FollowOptions {
  readonly asOf?: string;
  readonly seed?: string;
  readonly skipInvalidEmployees?: boolean;
}

/**
 * Starts a run and follows it. What is wrong with the command line or the settings is found before Redis is looked for.
 * @throws BtcFakeError USAGE (`--as-of`), CONFIG_INVALID, EMPLOYEES_INVALID, FILE_UNREADABLE, and what `withSession`
 * throws.
 */
export async function startRun(options: RunOptions, from: CommandContextOptions): Promise<ExitCode> {
  const command = openCommandContext(from);
  const { settings } = command;
  const { timeZone, feedDateFormat } = settings.run;
  const asOf = options.asOf === undefined ? undefined : asOfInstant(options.asOf, timeZone);
  requireRecommender(settings);
  return withSession(command, async (session) => {
    const { store, queues } = session;
    const here = worksHere(session, options);
    if (here) await requireTemplate(settings);
    const outputDir =
      command.loaded.sources.get('OUTPUT_DIR') === 'command line' ? resolve(settings.files.outputDir) : undefined;
    if (outputDir !== undefined) await makeFolder(outputDir);
    const plan = await createRun(store, queues, {
      employeesFile: settings.files.employeesFile,
      skipInvalidEmployees: options.skipInvalidEmployees === true,
      ...(asOf === undefined ? {} : { asOf }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      timeZone,
      feedDateFormat,
      publish: settings.publish.enabled,
      landing: settings.lakehouseUrl !== undefined,
      // Without REDIS_URL nobody but the processes of this folder works on it: also what is not configured here is
      // settled.
      sources: here && session.embedded ? sourcesToSettle(ownSources(settings), STAGES) : configuredSources(settings),
      ...(outputDir === undefined ? {} : { outputDir }),
      attempts: settings.queues.jobAttempts,
      now: Date.now(),
    });
    const { population, employees } = await store.getRun(plan.id);
    printProgress(`Run ${plan.id}: ${plural(population.count, 'employee')} from ${settings.files.employeesFile}`);
    const { first, count: invalid } = employees.invalid;
    for (const line of first) printProgress(`  skipped ${line}`);
    if (invalid > first.length) printProgress(`  skipped ${count(invalid - first.length)} more`);
    return followRun(session, plan.id, options);
  });
}
