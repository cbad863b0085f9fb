// Proves that the charts say what the runs say, to eyes and to screen readers, and lead to the runs.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BarChart, barChart, niceTop, niceTopOfDuration } from '../../src/dashboard/page/bar-chart.ts';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { count } from '../../src/domain/wording.ts';
import { fannedOutRun, takeJobs } from '../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { emptyManifest, people } from '../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../support/served-dashboard.ts';

let fixture: RunFixture;
let dashboard: ServedDashboard;
beforeAll(async () => {
  fixture = await openRunFixture();
  dashboard = await serveDashboard(fixture, { BUSINESS_TIMEZONE: 'America/Los_Angeles' });
});
afterAll(async () => {
  await dashboard?.close();
  await fixture?.close();
});
beforeEach(() => fixture.reset());

const show = async () => (await dashboard.ask('/charts')).text();

/** The rows of a chart's table: the run, and its numbers. */
function tableOf(page: string, id: string): string[][] {
  const section = new RegExp(`<section class="panel" aria-labelledby="${id}">.*?</section>`, 's').exec(page)![0];
  const rows = [...section.matchAll(/<tr><th scope="row"[^>]*>(.*?)<\/tr>/gs)];
  return rows.map(([, row]) => [
    /runs\/([^"]+)"/.exec(row!)![1]!,
    ...[...row!.matchAll(/<td class="number"[^>]*>([^<]*)</g)].map(([, cell]) => cell!),
  ]);
}

async function finish(run: RunRecord, tookMs: number, completions: readonly [a: number, b: number]): Promise<void> {
  const manifest = emptyManifest(run);
  const { counts } = manifest;
  counts.byType.a.completions = completions[0];
  counts.byType.b.completions = completions[1];
  await fixture.store.finishRun(run.plan.id, manifest, run.createdAt + tookMs);
}

test('before the first run it says how to begin', async () => {
  expect(await show()).toContain('There are no runs yet. <a href="/start">Start one</a>');
});

test('each chart has a bar and a row for each run, the newest last and first', async () => {
  const older = await fixture.createRun(people(6), { now: Date.UTC(2025, 9, 28, 3) });
  await finish(older, 65_000, [12, 2]);
  const newer = await fannedOutRun(fixture, people(3));
  await takeJobs(fixture, 'employee-simulation', 1, () => 'REASON: no');
  const [a, b] = [older.plan.id, newer.plan.id];

  const page = await show();
  expect(tableOf(page, 'employees')).toEqual([
    [b, '3'],
    [a, '6'],
  ]);
  expect(tableOf(page, 'completions')).toEqual([
    [b, 'not yet', 'not yet'],
    [a, '12', '2'],
  ]);
  expect(tableOf(page, 'failures')).toEqual([
    [b, '1'],
    [a, '0'],
  ]);
  expect(tableOf(page, 'duration')).toEqual([
    [b, 'not yet'],
    [a, '1 min 5 s'],
  ]);
  const charts = [...page.matchAll(/<svg class="chart" .*?<\/svg>/gs)].map(([svg]) => svg);
  expect(charts).toHaveLength(4);
  for (const chart of charts) {
    expect([...chart.matchAll(/<a href="\/runs\/([^"]+)" tabindex="-1"/g)].map(([, id]) => id)).toEqual([a, b]);
  }
  expect(charts[1]).toContain(`aria-label="${a}: type a 12, type b 2"`);
  expect(charts[1]).toContain(`aria-label="${b}: not known yet"`);
  expect(charts[0]).toContain('Bars for 2 runs, the newest at the right; the least is 3, the greatest 6.');
  // The date is that of the business time zone.
  expect(charts[0]).toContain('>10-27</text>');
  expect(page).not.toMatch(/ style=|<style|<script>/);
});

test('a run of the schedule stands at its slot', async () => {
  const run = await fixture.createRun(people(1));
  const { population, employees, plan } = run;
  await fixture.redis.flushall();
  const slot = Date.UTC(2025, 5, 2, 20);
  await fixture.store.createRun({ plan, population, employees, publish: false, createdAt: slot + 86_400_000, slot });
  expect(await show()).toContain('>06-02</text>');
});

test('26 runs are shown, in a page of a sensible size', async () => {
  for (let i = 0; i < 28; i++)
    await finish(await fixture.createRun(people(1), { now: Date.UTC(2025, 0, 1 + i) }), 1, [1, 1]);
  const page = await show();
  expect(tableOf(page, 'employees')).toHaveLength(26);
  expect(page).toContain('The last 26 runs');
  expect(Buffer.byteLength(page)).toBeLessThan(150_000);
});

test('bars are as high as their values, within the axis', () => {
  const anyBars = fc.array(fc.option(fc.tuple(fc.nat(1e6), fc.nat(1e6)), { nil: null }), { maxLength: 26 });
  fc.assert(
    fc.property(anyBars, (all) => {
      const chart: BarChart = {
        id: 'c',
        title: 'T',
        description: 'D',
        parts: [
          { name: 'One', pattern: 'plain' },
          { name: 'Two', pattern: 'hatched' },
        ],
        format: count,
        bars: all.map((values, i) => ({ label: `${i}`, href: `/runs/${i}`, text: `run ${i}`, values })),
      };
      const svg = barChart(chart).text;
      const top = niceTop(Math.max(0, ...all.map((values) => (values ? values[0] + values[1] : 0))));
      const drawn = [...svg.matchAll(/<a href.*?<\/a>/gs)].map(([a]) =>
        [...a.matchAll(/class="bar \w+" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"/g)].map(([, y, h]) => [
          Number(y),
          Number(h),
        ]),
      );
      expect(drawn).toHaveLength(all.length);
      for (const [i, boxes] of drawn.entries()) {
        const values = all[i]?.filter((value) => value > 0) ?? [];
        expect(boxes).toHaveLength(values.length);
        let base = 164;
        for (const [k, [y, height]] of boxes.entries()) {
          expect(Math.abs(height! - (values[k]! / top) * 154)).toBeLessThan(0.06);
          base -= (values[k]! / top) * 154;
          expect(Math.abs(y! - base)).toBeLessThan(0.06);
          expect(y).toBeGreaterThanOrEqual(9.9);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('the axis ends at a round number that no value exceeds, and its half is whole', () => {
  fc.assert(
    fc.property(fc.nat(1e9), (greatest) => {
      const top = niceTop(greatest);
      expect(top).toBeGreaterThanOrEqual(greatest);
      expect(top).toBeLessThanOrEqual(Math.max(2, 2 * greatest));
      expect(Number.isInteger(top / 2)).toBe(true);
      expect(niceTopOfDuration(greatest)).toBeGreaterThanOrEqual(greatest);
    }),
  );
  expect([0, 3, 7, 11, 21, 60, 99_000].map(niceTop)).toEqual([2, 4, 8, 20, 40, 60, 100_000]);
  expect([0, 90_000, 5_000_000, 200_000_000].map(niceTopOfDuration)).toEqual([1000, 120_000, 7_200_000, 345_600_000]);
});

test('what stands in a chart is text', () => {
  const bar = { label: '<b>', href: '/runs/"x', text: '"<b>', values: [1] };
  const svg = barChart({
    id: 'c',
    title: '<t>',
    description: '<d>',
    parts: [{ name: '<p>', pattern: 'plain' }],
    format: () => '<f>',
    bars: [bar],
  }).text;
  expect(svg).not.toMatch(/<[btdpf]>|"x/);
});
