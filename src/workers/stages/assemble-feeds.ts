import { basename, join } from 'node:path';
import type { Settings } from '../../../config/settings.ts';
import { type DraftFile, draftCopy, draftFeed, draftText } from '../../adapters/disk/feed-files.ts';
import { outputFolder } from '../../adapters/disk/output-folder.ts';
import { reachMilestone } from '../../adapters/process/milestones.ts';
import type { RunStore } from '../../adapters/run-store/store.ts';
import { COMPLETION_COLUMNS, completionRow, formatInstant, instantFormatter } from '../../domain/feeds/rows.ts';
import type { ContentId } from '../../domain/ids.ts';
import type { Manifest, OutputFile } from '../../domain/run/manifest.ts';
import type { Notice } from '../../domain/run/notice.ts';
import { feedNames, weekOf } from '../../domain/run/plan.ts';
import type { EmployeeState, RunRecord } from '../../domain/run/record.ts';
import { sourcesForManifest } from '../../domain/run/sources.ts';
import { summaryLine, summaryTail } from '../../domain/run/summary.ts';
import { addToRunTally, emptyRunTally, type RunTally } from '../../domain/run/tally.ts';
import { draftNonCompletedFeed } from './non-completed-feed.ts';

/** What the files are made from. */
export interface FeedAssembly {
  readonly store: RunStore;
  readonly run: RunRecord;
  readonly settings: Settings;
  readonly signal: AbortSignal;
}

/**
 * Writes all files of a run whose employees are done (contract section 5). They are drafted and flushed first, all of
 * them, and only then put in their places, the manifest last; when anything fails before, the earlier files stay.
 * @returns the manifest that was written.
 * @throws BtcFakeError OUTPUT_UNWRITABLE, FILE_UNREADABLE (the template).
 */
export async function assembleFeeds({ store, run, settings, signal }: FeedAssembly): Promise<Manifest> {
  const { plan, assignments } = run;
  const { userCompletionTemplateFile: template } = settings.files;
  const outputDir = outputFolder(run, settings.files.outputDir);
  const names = feedNames(plan);
  const pathOf = (name: string) => join(outputDir, name);
  const drafts: Pick<DraftFile<never>, 'finish' | 'publish' | 'discard'>[] = [];
  const keep = <Row>(draft: DraftFile<Row>): DraftFile<Row> => {
    drafts.push(draft);
    return draft;
  };
  try {
    const completions = keep(await draftFeed(pathOf(names.completions), COMPLETION_COLUMNS));
    const summary = keep(await draftText(pathOf(names.summary)));
    const nonCompleted = await draftNonCompletedFeed(plan, pathOf(names.nonCompleted));
    drafts.push(nonCompleted);
    const catalogs = await readCatalogs(store, run);
    const tally = emptyRunTally();
    const format = instantFormatter();
    for await (const employees of store.readEmployees(plan)) {
      signal.throwIfAborted();
      for (const { employee, result } of employees) if (result) addToRunTally(tally, employee, result, catalogs.ids);
      await completions.write(completionRows(employees, format));
      await writeSummaryLines(summary, employees);
      await nonCompleted.write(employees);
    }
    const copy = template === undefined ? undefined : keep(await draftCopy(template, pathOf(names.userCompletion)));

    const feeds: OutputFile[] = [await completions.finish(), await nonCompleted.finish()];
    const copied = await copy?.finish();
    if (copied) feeds.push(copied);
    const notices = noticesOf(run, template);
    const tail = summaryTail({
      assignments: assignments!.tally,
      titles: catalogs.titles,
      notices,
      failedEmployees: run.without,
      fileNames: [...feeds.map(({ name }) => name), names.summary, names.manifest],
    });
    await summary.write(tail.map((line) => `${line}\n`));
    const outputs = [...feeds, await summary.finish()];

    const inputTemplate = template && copied ? { name: basename(template), sha256: copied.sha256 } : null;
    const manifest = manifestOf(run, tally, notices, inputTemplate, outputs);
    const record = keep(await draftText(pathOf(names.manifest)));
    await record.write([`${JSON.stringify(manifest, null, 2)}\n`]);
    await record.finish();
    signal.throwIfAborted();
    reachMilestone('feeds-drafted');
    for (const draft of drafts) {
      await draft.publish();
      reachMilestone('file-renamed');
    }
    return manifest;
  } finally {
    for (const draft of drafts) await draft.discard();
  }
}

function* completionRows(employees: readonly EmployeeState[], format: typeof formatInstant): Generator<string[]> {
  for (const { employee, result } of employees) {
    for (const completion of result?.completions ?? []) yield completionRow(employee.id, completion, format);
  }
}

/** In one piece: nothing in a line has to be looked at, and a piece for each would cost more than the line. */
async function writeSummaryLines(summary: DraftFile<string>, employees: readonly EmployeeState[]): Promise<void> {
  let lines = '';
  let count = 0;
  for (const { employee, result } of employees) {
    if (!result) continue;
    lines += `${summaryLine(employee.id, result.completions)}\n`;
    count += 1;
  }
  if (count > 0) await summary.write([lines], count);
}

async function readCatalogs(store: RunStore, { plan, assignments }: RunRecord) {
  const wanted = new Set(assignments!.tally.dailyDose.map(({ contentId }) => contentId));
  const ids = new Set<ContentId>();
  const titles = new Map<ContentId, string>();
  for (const kind of ['StandAloneContent', 'CourseCatalog'] as const) {
    for (const { id, title } of await store.readCatalog(plan.id, kind)) {
      ids.add(id);
      if (wanted.has(id) && !titles.has(id)) titles.set(id, title);
    }
  }
  return { ids, titles };
}

function noticesOf(run: RunRecord, template: string | undefined): Notice[] {
  const notices = [...(run.catalogs?.notices ?? []), ...(run.assignments?.notices ?? [])];
  const invalid = run.employees.invalid.count;
  if (invalid > 0) {
    const text = `${run.employees.name}: skipped invalid rows: ${invalid}`;
    notices.unshift({ code: 'invalid-employees-skipped', text, count: invalid });
  }
  if (template === undefined) {
    const text = 'No UserCompletion file was made: USER_COMPLETION_TEMPLATE_FILE is not set';
    notices.push({ code: 'no-template', text });
  }
  if (run.without.length > 0) {
    const text = `Finished without failed employees: ${run.without.length}`;
    notices.push({ code: 'failed-employees-left-out', text, count: run.without.length });
  }
  return notices;
}

function manifestOf(
  run: RunRecord,
  tally: RunTally,
  notices: readonly Notice[],
  template: Manifest['inputs']['template'],
  outputs: readonly OutputFile[],
): Manifest {
  const { plan, assignments } = run;
  const week = weekOf(plan);
  return {
    manifestVersion: 2,
    engine: 'queue',
    runId: plan.id,
    seed: plan.seed,
    asOf: formatInstant(plan.asOf),
    timeZone: plan.timeZone,
    feedDateFormat: plan.feedDateFormat,
    week: { start: formatInstant(week.startsAt), due: formatInstant(week.dueAt) },
    inputs: {
      employees: run.employees,
      catalogs: run.catalogs?.inputs ?? [],
      databricks: assignments!.databricks,
      template,
    },
    ...(run.sources ? { sources: sourcesForManifest(run.sources) } : {}),
    notices,
    assignments: assignments!.tally,
    counts: { employees: run.population.count, ...tally },
    failedEmployees: run.without,
    outputs,
  };
}
