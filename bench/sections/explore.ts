import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { explore } from '../../src/databricks-tools/explore/explore.ts';
import type { Section } from '../section.ts';
import { figure, ratioSpread, spread } from '../spread.ts';

/** Twenty columns as datasets have them: a key, money, counts, categories, days, ids of others, fractions. */
const COLUMNS = [
  'i AS id',
  ...[1, 2, 3, 4, 5].map((n) => `(random() * 1000)::DECIMAL(10, 2) AS amount${n}`),
  ...[1, 2, 3, 4].map((n) => `(random() * 100)::INT AS count${n}`),
  ...[1, 2, 3, 4].map((n) => `'category ' || (random() * 10)::INT AS category${n}`),
  ...[1, 2].map((n) => `DATE '2020-01-01' + (random() * 1000)::INT AS day${n}`),
  ...[1, 2].map((n) => `md5((random() * 200000)::INT::VARCHAR) AS other${n}`),
  ...[1, 2].map((n) => `random() AS fraction${n}`),
];

/** Exploring a file against DuckDB's own summary of it, which finds far less. */
export const exploreSection: Section = {
  name: 'explore',
  about: "exploring a CSV file, all findings written, against DuckDB's SUMMARIZE",
  async measure({ sizes: { exploreRows, repeats }, say }) {
    const folder = await mkdtemp(join(tmpdir(), 'btc-fake-bench-explore-'));
    const path = join(folder, 'data.csv');
    try {
      await inDuckDb(
        `SELECT setseed(0.5); COPY (SELECT ${COLUMNS.join(', ')} FROM range(${exploreRows}) t(i)) TO '${path}' (HEADER)`,
      );
      const summary: number[] = [];
      const findings: number[] = [];
      // The first of each only fills the caches.
      for (let i = 0; i <= repeats; i++) {
        summary.push(await secondsOf(() => inDuckDb(`SUMMARIZE FROM '${path}'`)));
        findings.push(await secondsOf(() => explore([path], join(folder, 'findings'), { keepValues: true }, () => {})));
        say(`SUMMARIZE ${figure(summary.at(-1)!)} s, explore ${figure(findings.at(-1)!)} s`);
      }
      for (const values of [summary, findings]) values.shift();
      return {
        title: 'Exploring a dataset',
        method: `A CSV file of ${exploreRows.toLocaleString('en-US')} rows and 20 columns: \`explore\` until findings and report are written, in turn with \`SUMMARIZE\` of DuckDB on the same file, both in this process and from a cold engine.`,
        ratios: [
          {
            name: 'exploreRatio',
            text: '`explore` / `SUMMARIZE`, in time',
            value: ratioSpread(findings, summary),
            bar: { atMost: 2 },
          },
        ],
        tables: [{ columns: ['`SUMMARIZE`, s', '`explore`, s'], rows: [[spread(summary), spread(findings)]] }],
        plots: [],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function inDuckDb(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    for (const statement of sql.split('; ')) await connection.runAndReadAll(statement);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
