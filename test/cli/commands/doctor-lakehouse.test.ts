// Proves that `btc-fake doctor` reads lakehouse.yaml, and says when the native job and the queue would both make the
// week.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startBtcFake } from '../../support/btc-fake.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'btc-fake-doctor-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const btcFake = (...args: readonly string[]) => startBtcFake(args, { cwd }).ended;

/** What doctor says of the description. */
async function finding(): Promise<unknown> {
  const findings = (await btcFake('doctor', '--json')).json<{ what: string }[]>();
  return findings.find(({ what }) => what === 'lakehouse.yaml');
}

async function change(from: string, to: string): Promise<void> {
  const path = join(cwd, 'lakehouse.yaml');
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
}

test('doctor says whether the native job and the queue both make the week, or what is wrong with the description', async () => {
  expect(await finding()).toMatchObject({ state: 'not configured' });
  await btcFake('lakehouse', 'init');
  await btcFake('schedule', 'apply');
  expect(await finding()).toMatchObject({ state: 'fine', detail: 'describes dev, qa, prod; the native job is paused' });
  await change('paused: true', 'paused: false');
  expect(await finding()).toMatchObject({
    state: 'wrong',
    detail: 'the native job is scheduled in dev, qa, prod, and the queue too (0 6 * * 1 in UTC): each makes the week',
    remedy: expect.stringContaining('btc-fake schedule remove'),
  });
  await btcFake('schedule', 'remove');
  expect(await finding()).toMatchObject({
    state: 'fine',
    detail: expect.stringContaining('the queue has no schedule'),
  });
  await change('paused: false', 'pausd: false');
  expect(await finding()).toMatchObject({
    state: 'wrong',
    detail: expect.stringMatching(/lakehouse\.yaml:\d+: "schedule\.pausd" is not a setting; did you mean paused\?/),
  });
  // Eight commands, each in a process of its own.
}, 120_000);
