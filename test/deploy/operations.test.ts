import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { SETTING_NAMES } from '../../config/schema.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { ERROR_CODES } from '../../src/domain/errors.ts';
import { startRecommender } from '../../src/sandbox/recommender-server.ts';
import { runBtcFake } from '../support/btc-fake.ts';
import { ROOT } from '../support/compose-file.ts';
import { startTestRedis } from '../support/redis.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// What this file proves: docs/operations.md has a section for each alert, and what it names is there: commands,
// settings, codes, files, sections. What it says of Redis' access list is enough.

let text: string;
beforeAll(async () => {
  text = await readFile(join(ROOT, 'docs/operations.md'), 'utf8');
});

let place: Workspace | undefined;
afterEach(async () => {
  await place?.remove();
  place = undefined;
});

const all = (pattern: RegExp) => [...new Set(Array.from(text.matchAll(pattern), ([, found]) => found!))];

test('each alert has its section in the runbook, in their order, and no section is without an alert', async () => {
  const { groups } = parse(await readFile(join(ROOT, 'deploy/prometheus/alerts.yml'), 'utf8')) as {
    groups: { rules: { alert: string }[] }[];
  };
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  const [, runbook] = text.split('\n## Runbook\n') as [string, string];
  expect(Array.from(runbook.matchAll(/^### (.+)$/gm), ([, title]) => title)).toEqual(alerts);
});

test('every section and file that it points to is there', () => {
  const sections = all(/^#+ (.+)$/gm).map((title) =>
    title
      .toLowerCase()
      .replaceAll(' ', '-')
      .replace(/[^a-z-]/g, ''),
  );
  expect(all(/\]\(#([^)]+)\)/g).filter((anchor) => !sections.includes(anchor))).toEqual([]);
  const files = all(/\]\(([^)#]+)\)/g);
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((path) => !existsSync(join(ROOT, 'docs', path)))).toEqual([]);
});

test('every command, setting and error code that it names is one', async () => {
  const { stdout } = await runBtcFake(['--help'], { cwd: ROOT });
  const commands = Array.from(stdout.matchAll(/^ {2}([a-z]+)\b/gm), ([, name]) => name!);
  expect(commands).toContain('worker');
  expect(all(/(?<!SETUSER )\bbtc-fake ([a-z]+)/g).filter((name) => !commands.includes(name))).toEqual([]);
  const names = all(/\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g);
  expect(names.length).toBeGreaterThan(15);
  const known = [...SETTING_NAMES, ...Object.keys(ERROR_CODES)] as string[];
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
});

test('a Redis login with the access list that it gives can do all of a run, and nothing beside', async () => {
  const [, rules] = /`ACL SETUSER btc-fake on >password ([^`]+)`/.exec(text)!;
  const server = await startTestRedis();
  const recommender = await startRecommender({ contentIds: [] });
  try {
    const admin = await connectRedis(server.url, 'command');
    await admin.call('ACL', 'SETUSER', 'btc-fake', 'on', '>password', ...rules!.split(' '));
    const redisUrl = server.url.replace('//', '//btc-fake:password@');
    place = await makeWorkspace({ employees: ['104829,a', '104830,b'], recommenderUrl: recommender.url, redisUrl });
    expect((await place.run(['run', '--with-workers', '--json'])).code).toBe(0);
    expect((await place.run(['runs', '--json'])).code).toBe(0);
    const refused = (await admin.call('ACL', 'LOG')) as unknown[];
    expect(refused).toEqual([]);
    const user = await connectRedis(redisUrl, 'command');
    await expect(user.get('other')).rejects.toThrow(/NOPERM/);
    await expect(user.flushall()).rejects.toThrow(/NOPERM/);
    user.disconnect();
    admin.disconnect();
  } finally {
    await recommender.close();
    await server.stop();
  }
});
