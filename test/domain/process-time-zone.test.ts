import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { transform } from '@swc/core';

// What this file proves: the rules know one time zone, the business time zone. Where the process runs changes nothing.

const DOMAIN = resolve(import.meta.dirname, '../../src/domain');

/** Run in a child process, since a process's own time zone is settled when it starts. */
const PROBE = `
import { businessWeek, localDate } from './simulation/business-week.js';
import { readCatalogDate } from './catalog/date.js';
import { parseCatalogFileName } from './catalog/file-name.js';
import { nonCompletedRows } from './feeds/rows.js';
import { feedNames } from './run/plan.js';
const instants = ['2025-03-09T06:59:00Z', '2025-10-27T00:00:30Z', '2025-11-02T05:30:00Z', '2026-01-01T10:00:00Z'];
const zones = ['UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Pacific/Kiritimati'];
const plans = instants.flatMap((asOf) =>
  zones.map((timeZone) => ({ id: 'run-1', seed: 's', asOf: Date.parse(asOf), timeZone, feedDateFormat: 'yyyy_M_d' })));
console.log(JSON.stringify({
  ownOffset: new Date('2026-01-01T00:00:00Z').getTimezoneOffset(),
  weeks: plans.map(({ asOf, timeZone }) => businessWeek(asOf, timeZone)),
  dates: plans.map(({ asOf, timeZone }) => localDate(asOf, timeZone)),
  names: plans.map(feedNames),
  rows: plans.map((plan) => nonCompletedRows(plan).assigned(1, 2)),
  created: ['2025-03-09', '2025-03-09T02:30:00', '3/9/2025 2:30', '3/9/2025', '2025-03-09T02:30:00+01:00']
    .flatMap((text) => zones.map((timeZone) => readCatalogDate(text, { timeZone, dateFormats: [] }))),
  file: parseCatalogFileName('CourseCatalog_V2_2025_3_9_1_ec83a5.csv'),
}));
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btc-fake-domain-'));
  await symlink(resolve(DOMAIN, '../../node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const name of (await readdir(DOMAIN, { recursive: true })).filter((file) => file.endsWith('.ts'))) {
    const { code } = await transform(await readFile(join(DOMAIN, name), 'utf8'), {
      jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
      module: { type: 'es6' },
      swcrc: false,
      configFile: false,
    });
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(
      join(folder, name.replace(/ts$/, 'js')),
      code.replace(/(from\s+['"]\.{1,2}\/[^'"]+)\.ts/g, '$1.js'),
    );
  }
  await writeFile(join(folder, 'probe.js'), PROBE);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function probe(timeZone: string): Promise<{ ownOffset: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'probe.js')], {
    env: { ...process.env, TZ: timeZone, NODE_OPTIONS: '' },
  });
  return JSON.parse(stdout);
}

test('a process in New York or on Lord Howe decides and writes what one in UTC does', async () => {
  const [utc, newYork, lordHowe] = await Promise.all(['UTC', 'America/New_York', 'Australia/Lord_Howe'].map(probe));
  expect([utc, newYork, lordHowe].map((answer) => answer?.ownOffset)).toEqual([0, 300, -660]);
  expect({ ...newYork, ownOffset: 0 }).toEqual(utc);
  expect({ ...lordHowe, ownOffset: 0 }).toEqual(utc);
});
