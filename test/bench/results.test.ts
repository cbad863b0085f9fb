import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mergedResults, resultsJson, writeResults } from '../../bench/results.ts';
import { resultsMarkdown } from '../../bench/results-markdown.ts';
import { plotSvg } from '../../bench/results-plot.ts';
import type { BenchResults, Ratio, SectionResult } from '../../bench/section.ts';
import { figure, ratioSpread, spread, spreadText } from '../../bench/spread.ts';

// Proves that what the benchmark found is written as it was found, and held against the right bar.

const MACHINE = { cores: 2, memoryGigabytes: 24, node: '20.19.0', redis: '7.0.15' };
const NAMES = ['overhead', 'growth'];

function section(title: string, ...ratios: Ratio[]): SectionResult {
  const table = { columns: ['What', 'Found'], rows: [['this', spread([1, 2, 6])]] };
  return { title, method: 'In turn.', ratios, tables: [table], plots: [] };
}
const ratio = (name: string, values: readonly number[], bar?: Ratio['bar']): Ratio => ({
  name,
  text: name,
  value: spread(values),
  ...(bar ? { bar } : {}),
});
const results = (sections: Record<string, SectionResult>, machine = MACHINE): BenchResults => ({ machine, sections });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btc-fake-results-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a spread', () => {
  test.each([
    [[3, 1, 2], { median: 2, min: 1, max: 3, n: 3 }],
    [[4, 1, 2, 3], { median: 2.5, min: 1, max: 4, n: 4 }],
    [[7], { median: 7, min: 7, max: 7, n: 1 }],
  ])('of %j is its median, its smallest and its largest value', (values, expected) => {
    expect(spread(values)).toEqual(expected);
  });

  test('of pairs is that of their ratios, not of their medians', () => {
    expect(ratioSpread([1, 10, 100], [2, 10, 50])).toEqual({ median: 1, min: 0.5, max: 2, n: 3 });
  });

  test('is written with three digits that count, a single measurement alone', () => {
    expect(spreadText(spread([0.80649, 0.78, 1234.4]))).toBe('0.806 (0.78–1,234)');
    expect([figure(0), figure(99.96), figure(123_456.7), spreadText(spread([2]))]).toEqual([
      '0',
      '100',
      '123,457',
      '2',
    ]);
  });
});

test('the medians of all ratios stand at the head of the JSON, by name, in the order of the sections', () => {
  const text = resultsJson(
    results({
      overhead: section('Overhead', ratio('queueOverheadRatio', [0.8123456, 0.7, 0.9])),
      growth: section('Growth', ratio('timeRatio', [10])),
    }),
  );
  const parsed = JSON.parse(text) as Record<string, unknown>;
  expect(Object.entries(parsed).slice(0, 3)).toEqual([
    ['queueOverheadRatio', 0.8123],
    ['timeRatio', 10],
    ['machine', MACHINE],
  ]);
  expect(parsed).toHaveProperty('sections.overhead.ratios[0].value.max', 0.9);
});

test('the page says of each ratio with a bar whether it is held, at the median', () => {
  const page = resultsMarkdown(
    results({
      overhead: section(
        'Overhead',
        ratio('enough', [0.8, 0.7, 0.9], { atLeast: 0.8 }),
        ratio('too little', [0.79], { atLeast: 0.8 }),
        ratio('little enough', [11], { atMost: 11 }),
        ratio('too much', [11.1], { atMost: 11 }),
        ratio('free', [3]),
      ),
    }),
  );
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  expect(rows.slice(2, 7)).toEqual([
    '| enough | 0.8 (0.7–0.9) | at least 0.8 | yes |',
    '| too little | 0.79 | at least 0.8 | no |',
    '| little enough | 11 | at most 11 | yes |',
    '| too much | 11.1 | at most 11 | no |',
    '| free | 3 |  |  |',
  ]);
  expect(page).toContain('2 cores and 24 GB, Node.js 20.19.0, Redis 7.0.15');
  expect(page).toContain('## Overhead\n\nIn turn.\n\n| What | Found |\n| --- | ---: |\n| this | 2 (1–6) |');
});

test('a bar is as long as its value, on a linear scale and on a logarithmic one', () => {
  const bars = [
    { label: 'a < b', value: 10, baseline: true },
    { label: 'c', value: 1_000 },
  ];
  const widthsOf = (svg: string) =>
    Array.from(svg.matchAll(/<rect class="\w+" x="\d+" y="\d+" width="([\d.]+)"/g), ([, w]) => Number(w));
  const [small, large] = widthsOf(plotSvg([{ title: 'T', unit: 's', bars }]));
  expect(large! / small!).toBeCloseTo(100, 0);
  const [logSmall, logLarge] = widthsOf(plotSvg([{ title: 'T', unit: 's', logarithmic: true, bars }]));
  expect(logSmall).toBeGreaterThan(0);
  expect(logLarge! / logSmall!).toBeLessThan(100);
  const svg = plotSvg([{ title: 'T', unit: 's', bars }]);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('>1,000 s<');
  expect(svg).toMatch(/<rect class="baseline"[\s\S]*<rect class="ours"/);
});

describe('results that are there', () => {
  const known = results({ overhead: section('Old overhead'), growth: section('Old growth') });

  test('stay but for the sections that were measured again', async () => {
    await writeResults(folder, known);
    const merged = await mergedResults(folder, results({ growth: section('New growth') }), NAMES);
    expect(Object.entries(merged.sections).map(([name, { title }]) => [name, title])).toEqual([
      ['overhead', 'Old overhead'],
      ['growth', 'New growth'],
    ]);
    expect((await readdir(folder)).sort()).toEqual(['results.json', 'results.md', 'results.svg']);
    expect(await readFile(join(folder, 'results.md'), 'utf8')).toContain('## Old growth');
  });

  test('are dropped when another machine has found them', async () => {
    await writeResults(folder, known);
    const fresh = results({ growth: section('New growth') }, { ...MACHINE, cores: 8 });
    expect(await mergedResults(folder, fresh, NAMES)).toEqual(fresh);
  });
});
