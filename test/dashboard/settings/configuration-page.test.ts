// Proves that the page shows every setting with its value and where it comes from, and never a secret.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadSettings } from '../../../config/load.ts';
import { SCHEMA, SETTING_GROUPS, SETTING_NAMES } from '../../../config/schema.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';

const CANARY = 'canary-7f3a';
let fixture: RunFixture;
const served: ServedDashboard[] = [];

beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(async () => {
  for (const dashboard of served) await dashboard.close();
  await fixture?.close();
});

async function pageWith(loaded: ReturnType<typeof loadSettings>): Promise<string> {
  const dashboard = await serveDashboard(fixture, {}, { loaded });
  served.push(dashboard);
  return (await dashboard.ask('/configuration')).text();
}

/** The cells of each setting's row. */
function rowsOf(page: string): Map<string, string[]> {
  const rows = [...page.matchAll(/<tr><th scope="row"[^>]*><code>(\w+)<\/code><\/th>(.*?)<\/tr>/gs)];
  const text = (cell: string) => cell.replace(/<[^>]+>/g, '').trim();
  return new Map(
    rows.map(([, name, rest]) => [name!, [...rest!.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, c]) => text(c!))]),
  );
}

test('every setting stands in its group, with its value and where it comes from', async () => {
  const envFile = join(fixture.folder, 'settings.env');
  writeFileSync(envFile, 'API_TIMEOUT=7\nFEED_DATE=x\nFEED_DATE_FORMAT=yy_MM_dd\n');
  const page = await pageWith(
    loadSettings({ envFile, env: { OUTPUT_DIR: '<b>out</b>' }, overrides: { DASHBOARD_PORT: '3333' } }),
  );
  const rows = rowsOf(page);
  expect([...rows.keys()]).toEqual([...SETTING_NAMES]);
  const valueAndSource = (name: string) => rows.get(name)?.slice(0, 2);
  expect(valueAndSource('API_TIMEOUT')).toEqual(['7', '.env']);
  expect(valueAndSource('OUTPUT_DIR')).toEqual(['&lt;b&gt;out&lt;/b&gt;', 'environment']);
  expect(valueAndSource('DASHBOARD_PORT')).toEqual(['3333', 'command line']);
  expect(valueAndSource('JOB_ATTEMPTS')).toEqual(['5', 'default']);
  expect(valueAndSource('DATABRICKS_HOST')).toEqual(['(not set)', 'default']);
  expect(rows.get('JOB_ATTEMPTS')?.[2]).toBe(SCHEMA.JOB_ATTEMPTS.doc);
  for (const { title } of SETTING_GROUPS) expect(page).toContain(`>${title.replace("'", '&#39;')}</h2>`);
  expect(page).toMatch(/perhaps a mistake.*FEED_DATE/s);
  expect(Buffer.byteLength(page)).toBeLessThan(150_000);
});

test('of a secret it only tells whether it is set', async () => {
  const env = {
    SFTP_INBOUND_HOST: 'sftp.vendor.example',
    SFTP_INBOUND_USER: 'reader',
    SFTP_INBOUND_REMOTE_PATH: '/out',
    SFTP_INBOUND_PASSWORD: CANARY,
    DATABRICKS_TOKEN: CANARY,
    REDIS_URL: `redis://:${CANARY}@redis.example:6379`,
    DASHBOARD_USER: 'operator',
    DASHBOARD_PASSWORD: CANARY,
    ALERT_WEBHOOK_URL: `https://hooks.example/${CANARY}`,
    HTTPS_PROXY: `http://svc:${CANARY}@proxy.example:3128`,
  };
  const { settings, ...others } = loadSettings({ envFile: false, env });
  const { login: _none, ...dashboard } = settings.dashboard;
  const page = await pageWith({ ...others, settings: { ...settings, dashboard } });
  expect(page).not.toContain(CANARY);
  const rows = rowsOf(page);
  for (const name of SETTING_NAMES.filter((one) => SCHEMA[one].sensitive)) {
    const shown = name === 'HTTPS_PROXY' ? 'http://proxy.example:3128 (with a login)' : '(set)';
    expect([name, rows.get(name)?.[0]]).toEqual([name, name in env ? shown : '(not set)']);
  }
});
