import { text } from 'node:stream/consumers';
import type { FastifyInstance } from 'fastify';
import { previewCsv } from '../../adapters/csv/preview.ts';
import type { OpenOutput } from '../../adapters/disk/output-files.ts';
import type { OutputFile } from '../../domain/run/manifest.ts';
import { count, plural } from '../../domain/wording.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { sendError } from '../page/error-page.ts';
import { type Html, html } from '../page/html.ts';
import { layout } from '../page/layout.ts';
import { runIdFrom, runPath } from './address.ts';
import { noSuchFile } from './downloads.ts';
import { size } from './files.ts';
import { fileOfRun } from './outputs.ts';
import type { RunViews } from './views.ts';

const ROWS = 50;

/** However long its records are, a page stays small, and no more than this is read. */
const CSV_BYTES = 1024 * 1024;
const TEXT_BYTES = 48 * 1024;
const COLUMNS = 16;
const CELL_LENGTH = 80;

/**
 * The SHA-256 of a smaller file is checked before it is shown; of a larger one only the size is looked at, to answer
 * at once.
 */
const CHECKED_WHOLE_BYTES = 8 * 1024 * 1024;

/**
 * Shows the beginning of a run's file: the first 50 rows of a feed, the first lines of the summary and the manifest.
 */
export function feedPreviewRoutes(app: FastifyInstance, { store }: DashboardContext, views: RunViews): void {
  app.get<{ Params: { id: string; name: string } }>('/runs/:id/files/:name/preview', async ({ params }, reply) => {
    const run = await store.getRun(runIdFrom(params.id));
    const file = fileOfRun(run, params.name);
    if (!file) return sendError(reply, 404, noSuchFile(run));
    const isChecked = file.bytes <= CHECKED_WHOLE_BYTES;
    const open = await views.outputsOf(run).open(file, isChecked ? 'sha256' : 'size');
    const path = runPath(run.plan.id);
    const body = html`<p>Of run <a href="${path}">${run.plan.id}</a>: ${plural(file.rows, 'row')}, ${size(file.bytes)}.
<a href="${path}/files/${encodeURIComponent(file.name)}">Download it</a></p>
${!isChecked && html`<p class="muted">It is large: its size is right; its SHA-256 is checked when it is downloaded.</p>`}
${file.name.endsWith('.csv') ? await csvTable(file, open) : await textLines(file, open)}`;
    return reply.type('text/html; charset=utf-8').send(layout({ title: file.name, section: '/', body }));
  });
}

async function csvTable(file: OutputFile, open: OpenOutput): Promise<Html> {
  const { header, rows, broken } = await previewCsv(open.read(CSV_BYTES), ROWS);
  const columns = header.slice(0, COLUMNS);
  const cells = (fields: readonly string[]) => columns.map((_, i) => html`<td>${shortened(fields[i] ?? '')}</td>`);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="First rows of ${file.name}"><table>
<caption>${rows.length < file.rows ? `The first ${count(rows.length)} of ${plural(file.rows, 'row')}` : `All ${plural(rows.length, 'row')}`}${
    header.length > columns.length && `, the first ${columns.length} of ${header.length} columns`
  }</caption>
<thead><tr>${columns.map((name) => html`<th scope="col">${shortened(name)}</th>`)}</tr></thead>
<tbody>${rows.map((fields) => html`<tr>${cells(fields)}</tr>`)}</tbody>
</table></div>
${broken && html`<p class="notice warn">What follows cannot be read as CSV.</p>`}`;
}

async function textLines(file: OutputFile, open: OpenOutput): Promise<Html> {
  const beginning = await text(open.read(TEXT_BYTES));
  const isCut = open.bytes > TEXT_BYTES;
  // A line, or a character, that was cut through says nothing.
  const shown = isCut ? beginning.slice(0, beginning.lastIndexOf('\n') + 1) : beginning;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Beginning of ${file.name}"><pre>${shown}</pre></div>
${isCut && html`<p class="muted">The preview ends here; the download has the whole file.</p>`}`;
}

function shortened(cell: string): string {
  return cell.length > CELL_LENGTH ? `${cell.slice(0, CELL_LENGTH)}…` : cell;
}
