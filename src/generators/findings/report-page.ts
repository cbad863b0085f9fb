import { type ColumnFindings, columnsInOrder, type DatasetFindings } from '../../domain/findings/dataset.ts';
import type { MultiFindings } from '../../domain/findings/multi-dataset.ts';
import type { Recommendation } from '../../domain/findings/recommendation.ts';
import { boxPlot, escaped, filledBar, qualityBars, shown, valueBars } from './charts.ts';
import { REPORT_STYLE } from './report-style.ts';

/** With more columns the chart of qualities shows the worst. */
const MOST_BARS = 25;

/** One page with everything that was found, to look at: no script, nothing from elsewhere. */
export function reportPage(
  multi: MultiFindings,
  datasets: readonly DatasetFindings[],
  notices: readonly string[],
): string {
  const silverAndGold = multi.recommendations;
  const body = [
    '<h1>Findings</h1>',
    `<p class="lead">${shown(datasets.length)} dataset${datasets.length === 1 ? '' : 's'}, ${shown(total(datasets, ({ row_count: rows }) => rows))} rows. The files beside this page say the same and are made to be edited.</p>`,
    notices.length === 0
      ? ''
      : `<ul class="notices">${notices.map((notice) => `<li>${escaped(notice)}</li>`).join('')}</ul>`,
    overview(multi, datasets),
    relationships(multi),
    ...datasets.map(datasetSection),
    silverAndGold.length === 0
      ? ''
      : `<section><h2>Silver and gold</h2>${recommendationTable(silverAndGold)}</section>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>Findings</title>
<link rel="icon" href="data:,">
<style>${REPORT_STYLE}</style>
</head>
<body><main>
${body.join('\n')}
</main></body>
</html>
`;
}

function total(datasets: readonly DatasetFindings[], of: (one: DatasetFindings) => number): number {
  return datasets.reduce((sum, one) => sum + of(one), 0);
}

function overview({ primary_entity_dataset: primary }: MultiFindings, datasets: readonly DatasetFindings[]): string {
  const rows = datasets.map((one) => {
    const marks = [one.granularity.replace('_', ' '), ...(one.name === primary ? ['primary'] : [])];
    return [
      `<a href="#${anchor(one.name)}">${escaped(one.name)}</a>`,
      escaped(one.source_format),
      number(one.row_count),
      number(one.column_count),
      escaped(marks.join(', ')),
      escaped(one.entity_column ?? ''),
      escaped(one.time_column ?? ''),
      number(one.overall_quality_score),
    ];
  });
  const header = ['Dataset', 'Format', 'Rows', 'Columns', 'Granularity', 'Entity', 'Time', 'Quality'];
  return `<section><h2>Datasets</h2>${table(header, rows)}</section>`;
}

function relationships({ relationships: found }: MultiFindings): string {
  if (found.length === 0) return '';
  const rows = found.map((one) => [
    escaped(`${one.left_dataset}.${one.left_columns.join(', ')}`),
    escaped(one.relationship_type.replaceAll('_', ' ')),
    escaped(`${one.right_dataset}.${one.right_columns.join(', ')}`),
    percent(one.left_coverage),
    percent(one.right_coverage),
    number(one.confidence),
  ]);
  const header = ['Key', 'Cardinality', 'Refers to it', 'Keys referred to', 'References known', 'Confidence'];
  return `<section><h2>Relationships</h2>${table(header, rows)}</section>`;
}

function datasetSection(findings: DatasetFindings): string {
  const columns = columnsInOrder(findings);
  const worst = columns
    .map(([name, { quality_score: score }]) => ({ name, score }))
    .sort((a, b) => a.score - b.score)
    .slice(0, MOST_BARS);
  const sample =
    findings.sampled_rows === undefined ? '' : ` Counts are of a sample of ${shown(findings.sampled_rows)} rows.`;
  const keys = findings.candidate_keys.map((key) => key.join(' + ')).join('; ') || 'none';
  const leaks = findings.leakage_suspects.map(({ column, reason }) => `${column}: ${reason}`);
  const issues = [
    ...findings.quality_issues.map(({ message }) => message),
    ...leaks.map((leak) => `Leakage suspect: ${leak}`),
  ];
  return `<section id="${anchor(findings.name)}"><h2>${escaped(findings.name)}</h2>
<p>${escaped(findings.source_path)}: ${shown(findings.row_count)} rows, ${shown(findings.column_count)} columns.${sample} Keys: ${escaped(keys)}.</p>
${issues.length === 0 ? '' : `<ul class="notices">${issues.map((issue) => `<li>${escaped(issue)}</li>`).join('')}</ul>`}
<h3>Quality${columns.length > MOST_BARS ? `, the worst ${MOST_BARS} columns` : ''}</h3>
<div class="chart">${qualityBars(worst)}</div>
<h3>Columns</h3>
${table(
  ['Column', 'Type', 'Filled', 'Distinct', 'Values', 'Notes'],
  columns.map(([name, one]) => columnRow(name, one)),
)}
${findings.recommendations.length === 0 ? '' : `<h3>Bronze</h3>${recommendationTable(findings.recommendations)}`}
</section>`;
}

function columnRow(name: string, column: ColumnFindings): string[] {
  const {
    null_percentage: missing = 0,
    distinct_count: distinct = 0,
    distinct_exact: exact,
  } = column.universal_metrics;
  const source =
    column.source_name === undefined ? '' : `<br><small>header ${escaped(JSON.stringify(column.source_name))}</small>`;
  const notes = [...column.evidence, ...column.quality_issues.map(({ message }) => message)];
  return [
    `<b>${escaped(name)}</b>${source}`,
    `${escaped(column.inferred_type.replaceAll('_', ' '))}<br><small>${escaped(column.data_type)}, ${Math.round(column.confidence * 100)} %</small>`,
    `${filledBar(missing)}<br><small>${shown(missing)} % missing</small>`,
    `${exact ? '' : '≈ '}${shown(distinct)}`,
    chartOf(column),
    `<small>${notes.map(escaped).join('<br>')}</small>`,
  ];
}

function chartOf({
  universal_metrics: { most_common_values: values },
  type_metrics: metrics,
  inferred_type: type,
}: ColumnFindings): string {
  const { min, max, quantiles } = metrics;
  const isCounted = values !== undefined && values.length > 0;
  if (
    quantiles !== undefined &&
    typeof min === 'number' &&
    typeof max === 'number' &&
    !(isCounted && type !== 'numeric_continuous' && values.length <= 10)
  )
    return boxPlot(quantiles, min, max);
  if (isCounted) return valueBars(values);
  return min === undefined || max === undefined
    ? ''
    : `<small>${escaped(String(min))}<br>to ${escaped(String(max))}</small>`;
}

function recommendationTable(recommendations: readonly Recommendation[]): string {
  const rows = recommendations.map(({ layer, category, action, target_column: column, parameters, rationale }) => {
    const text = JSON.stringify(parameters);
    return [
      escaped(`${layer}, ${category}`),
      `<b>${escaped(action)}</b>`,
      escaped(column),
      `<small><code>${escaped(text.length > 160 ? `${text.slice(0, 159)}…` : text)}</code></small>`,
      escaped(rationale),
    ];
  });
  return table(['Layer', 'Action', 'Column', 'Parameters', 'Why'], rows);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = header.map((cell) => `<th scope="col">${cell}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n');
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function number(value: number): string {
  return `<span class="number">${shown(value)}</span>`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '' : `<span class="number">${shown(Math.round(share * 1000) / 10)} %</span>`;
}

function anchor(name: string): string {
  return `dataset-${encodeURIComponent(name).replaceAll('%', '_')}`;
}
