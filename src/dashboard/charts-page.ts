import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import type { FastifyInstance } from 'fastify';
import type { RunRecord } from '../domain/run/record.ts';
import { count, duration, plural } from '../domain/wording.ts';
import { FailedEmployees } from '../queries/failed-employees.ts';
import { type RunStatus, runStatus } from '../queries/run-status.ts';
import type { DashboardContext } from './dashboard-context.ts';
import { type BarChart, barChart, niceTopOfDuration } from './page/bar-chart.ts';
import { type Html, html } from './page/html.ts';
import { layout } from './page/layout.ts';
import { localTime } from './page/local-time.ts';
import { runPath } from './runs/address.ts';

/** Half a year of weekly runs. */
const SHOWN = 26;

interface ChartedRun {
  readonly run: RunRecord;
  readonly status: RunStatus;
}

/** One chart: what it shows of a run. */
interface Measure {
  readonly id: string;
  readonly title: string;
  readonly parts: BarChart['parts'];
  readonly format: (value: number) => string;
  readonly topOf?: BarChart['topOf'];
  /** A value for each part; null while it is not known. */
  readonly values: (run: ChartedRun) => readonly number[] | null;
}

const MEASURES: readonly Measure[] = [
  {
    id: 'employees',
    title: 'Employees',
    parts: [{ name: 'Employees', pattern: 'plain' }],
    format: count,
    values: ({ status }) => [status.counts.employees],
  },
  {
    id: 'completions',
    title: 'Completions by employee type',
    parts: [
      { name: 'Type a', pattern: 'plain' },
      { name: 'Type b', pattern: 'hatched' },
    ],
    format: count,
    // Type f completes nothing.
    values: ({ run }) => {
      const byType = run.manifest?.counts.byType;
      return byType ? [byType.a.completions, byType.b.completions] : null;
    },
  },
  {
    id: 'failures',
    title: 'Failed employees',
    parts: [{ name: 'Failed', pattern: 'alarming' }],
    format: count,
    values: ({ status }) => [status.counts.failed],
  },
  {
    id: 'duration',
    title: 'Duration',
    parts: [{ name: 'Duration', pattern: 'plain' }],
    format: (ms) => (ms === 0 ? '0' : duration(ms)),
    topOf: niceTopOfDuration,
    values: ({ run }) => (run.finishedAt === undefined ? null : [run.finishedAt - run.createdAt]),
  },
];

/** Charts of the last runs, drawn on the server. */
export function chartRoutes(app: FastifyInstance, { store, queues, loaded }: DashboardContext): void {
  const { timeZone } = loaded.settings.run;
  const failed = new FailedEmployees(queues);
  app.get('/charts', async (_request, reply) => {
    const runs = (await store.listRuns(SHOWN)).reverse();
    const charted = await Promise.all(
      runs.map(async (run) => ({ run, status: await runStatus(queues, store, run, failed) })),
    );
    const body =
      charted.length === 0
        ? html`<p>There are no runs yet. <a href="/start">Start one</a>, and it is drawn here.</p>`
        : html`<p>The last ${plural(charted.length, 'run')}, the newest at the right. A bar leads to its run.</p>
<div class="panels">${MEASURES.map((measure) => chartPanel(measure, charted, timeZone))}</div>`;
    return reply.type('text/html; charset=utf-8').send(layout({ title: 'Charts', section: '/charts', body }));
  });
}

function chartPanel(measure: Measure, runs: readonly ChartedRun[], timeZone: string): Html {
  const { id, title, parts, format: write, topOf } = measure;
  const rows = runs.map((charted) => ({ ...charted, values: measure.values(charted) }));
  const bars = rows.map(({ run, values }) => ({
    label: format(new TZDate(startOf(run), timeZone), 'MM-dd'),
    href: runPath(run.plan.id),
    text: `${run.plan.id}: ${inWords(measure, values)}`,
    values,
  }));
  return html`<section class="panel" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${barChart({ id, title, description: describe(measure, rows), bars, parts, format: write, ...(topOf ? { topOf } : {}) })}
<details><summary>The same numbers as a table</summary>
<table class="cards">
<thead><tr><th scope="col">Run</th><th scope="col">Started (${timeZone})</th>${parts.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${rows.toReversed().map(
    ({
      run,
      values,
    }) => html`<tr><th scope="row" data-label="Run"><a href="${runPath(run.plan.id)}">${run.plan.id}</a></th><td data-label="Started">${localTime(startOf(run), timeZone)}</td>${parts.map(
      ({ name }, i) =>
        html`<td class="number" data-label="${name}">${values === null ? 'not yet' : write(values[i]!)}</td>`,
    )}</tr>
`,
  )}</tbody></table></details></section>`;
}

/** A run of the schedule stands at its slot, also when it was late. */
function startOf({ slot, createdAt }: RunRecord): number {
  return slot ?? createdAt;
}

function inWords({ parts, format: write }: Measure, values: readonly number[] | null): string {
  if (values === null) return 'not known yet';
  if (parts.length === 1) return write(values[0]!);
  return parts.map(({ name }, i) => `${name.toLowerCase()} ${write(values[i]!)}`).join(', ');
}

function describe(measure: Measure, rows: readonly { readonly values: readonly number[] | null }[]): string {
  const totals = rows.flatMap(({ values }) => (values === null ? [] : [values.reduce((sum, value) => sum + value, 0)]));
  if (totals.length === 0) return 'Nothing is known yet.';
  const [least, greatest] = [Math.min(...totals), Math.max(...totals)].map(measure.format);
  return `Bars for ${plural(rows.length, 'run')}, the newest at the right; the least is ${least}, the greatest ${greatest}.`;
}
