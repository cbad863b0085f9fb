import type { BenchResults, Ratio, SectionResult, Table } from './section.ts';
import { figure, spreadText } from './spread.ts';

/** The results as a page. */
export function resultsMarkdown({ machine, sections }: BenchResults): string {
  const { cores, memoryGigabytes, node, redis } = machine;
  const all = Object.values(sections);
  return [
    '# What the benchmark found',
    '',
    `By \`npm run bench\`, on ${cores} cores and ${memoryGigabytes} GB, Node.js ${node}, Redis ${redis}; Redis and the recommender on the same`,
    'machine. Medians, with the smallest and the largest value; how to read them is in',
    '[docs/performance.md](../../docs/performance.md).',
    '',
    '![The measurements as bars](results.svg)',
    '',
    ...tableLines(ratioTable(all.flatMap(({ ratios }) => ratios))),
    ...all.flatMap(sectionLines),
  ].join('\n');
}

function sectionLines({ title, method, tables }: SectionResult): string[] {
  return [`## ${title}`, '', method, '', ...tables.flatMap(tableLines)];
}

function ratioTable(ratios: readonly Ratio[]): Table {
  return {
    columns: ['Ratio', 'Found', 'Bar', 'Held'],
    rows: ratios.map(({ text, value, bar }) => {
      if (bar === undefined) return [text, value, '', ''];
      const most = 'atMost' in bar;
      const held = most ? value.median <= bar.atMost : value.median >= bar.atLeast;
      const words = most ? `at most ${figure(bar.atMost)}` : `at least ${figure(bar.atLeast)}`;
      return [text, value, words, held ? 'yes' : 'no'];
    }),
  };
}

function tableLines({ columns, rows }: Table): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const text = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? cell : spreadText(cell))));
  return [line(columns), line(columns.map((_, i) => (i === 0 ? '---' : '---:'))), ...text.map(line), ''];
}
