// Proves that the dashboard starts a run from a file that is here or is uploaded, once, and that what is wrong is told
// before anything is there.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { harmlessName, UPLOAD_LIMIT_BYTES } from '../../../src/dashboard/start/uploaded-form.ts';
import type { RunId } from '../../../src/domain/ids.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';
import { waitUntil } from '../../support/wait-until.ts';

const HEADER = 'employee_id,employee_edu_type\n';
const OUTBOUND = {
  SFTP_OUTBOUND_HOST: 'sftp.vendor.example',
  SFTP_OUTBOUND_USER: 'btc',
  SFTP_OUTBOUND_PASSWORD: 'outbound-secret',
  SFTP_OUTBOUND_REMOTE_PATH: '/in',
};
let fixture: RunFixture;
let dashboard: ServedDashboard;
let publishing: ServedDashboard;

beforeAll(async () => {
  fixture = await openRunFixture();
  const folder = join(fixture.folder, 'input');
  mkdirSync(folder);
  writeFileSync(join(folder, 'employees.csv'), `${HEADER}1,a\n2,b\n`);
  writeFileSync(join(folder, 'other.csv'), `${HEADER}3,f\n`);
  writeFileSync(join(folder, 'bad.csv'), `${HEADER}1,a\nx,b\n5,q\n`);
  writeFileSync(join(fixture.folder, 'outside.csv'), `${HEADER}9,a\n`);
  const env = { EMPLOYEES_FILE: join(folder, 'employees.csv'), BUSINESS_TIMEZONE: 'Europe/Berlin' };
  dashboard = await serveDashboard(fixture, env);
  publishing = await serveDashboard(fixture, { ...env, ...OUTBOUND, SFTP_PUBLISH_ENABLED: 'true' });
});
afterAll(async () => {
  await dashboard?.close();
  await publishing?.close();
  await fixture?.close();
});
beforeEach(() => fixture.reset());

async function show(on = dashboard) {
  const page = await (await on.ask('/start')).text();
  return { page, token: /name="token" value="([^"]+)"/.exec(page)![1]! };
}

/** Sends the form as a browser does; `upload` is the name and the text of a file. */
async function send(
  fields: Record<string, string>,
  { upload, on = dashboard }: { upload?: readonly [name: string, text: string]; on?: ServedDashboard } = {},
) {
  const form = new FormData();
  const all = {
    token: (await show(on)).token,
    source: 'listed',
    file: 'employees.csv',
    seed: '',
    'as-of': '',
    ...fields,
  };
  for (const [name, value] of Object.entries(all)) form.set(name, value);
  form.set('upload', new Blob([upload?.[1] ?? '']), upload?.[0] ?? '');
  const response = await on.ask('/start', { method: 'POST', body: form });
  const page = await response.text();
  const location = response.headers.get('location');
  const [, id, done] = /^\/runs\/([^?]+)\?done=(.+)$/.exec(location ?? '') ?? [];
  return {
    status: response.status,
    page,
    text: page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' '),
    id: id as RunId,
    done,
  };
}

const uploads = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`btc-fake-upload-${process.pid}-`));
/** What there is of runs; a token alone is nothing. */
const traces = async () => (await fixture.redis.keys('*')).filter((key) => !/:(meta|start:[^:]+)$/.test(key));

test('the form offers the files beside the employees file, the configured one first', async () => {
  const { page } = await show();
  expect(
    [...page.matchAll(/<option value="([^"]+)"( selected)?/g)].map(([, name, selected]) => [name, !!selected]),
  ).toEqual([
    ['employees.csv', true],
    ['bad.csv', false],
    ['other.csv', false],
  ]);
  expect(page).toContain('Europe/Berlin');
  expect(page).not.toContain('name="publish"');
  expect((await show(publishing)).page).toMatch(
    /name="publish" value="yes" checked> Publish the files to sftp\.vendor\.example/,
  );
  expect((await show()).token).not.toBe((await show()).token);
});

describe('a run is started', () => {
  test('from a file that is here, with seed and instant', async () => {
    const { status, id, done } = await send({ file: 'other.csv', seed: ' my "seed" ', 'as-of': '2025-10-28T11:00:00' });
    expect([status, done]).toEqual([303, 'run-made']);
    const run = await fixture.store.getRun(id);
    expect(run).toMatchObject({
      plan: { seed: 'my "seed"', asOf: Date.UTC(2025, 9, 28, 10), timeZone: 'Europe/Berlin' },
      publish: false,
      employees: { name: 'other.csv', employees: 1 },
    });
    expect(await (await fixture.job('run-start', id)).getState()).toBe('waiting');
  });

  test('from an uploaded file, which is gone afterwards, whatever is ticked', async () => {
    const { status, id } = await send({}, { upload: ['week 48.csv', `${HEADER}7,a\n8,a\n9,a\n`] });
    expect(status).toBe(303);
    expect((await fixture.store.getRun(id)).employees).toMatchObject({ name: 'week 48.csv', employees: 3 });
    expect(uploads()).toEqual([]);
  });

  test('without the rows that are wrong, where that is ticked', async () => {
    const { id } = await send({ file: 'bad.csv', 'skip-invalid': 'yes' });
    expect((await fixture.store.getRun(id)).employees).toMatchObject({ employees: 1, invalid: { count: 2 } });
  });

  test('published only where that can be, and is wanted', async () => {
    expect((await fixture.store.getRun((await send({ publish: 'yes' })).id)).publish).toBe(false);
    const published = async (fields: Record<string, string>) =>
      (await fixture.store.getRun((await send(fields, { on: publishing })).id)).publish;
    expect(await published({ publish: 'yes' })).toBe(true);
    expect(await published({})).toBe(false);
  });

  test('once, however often and however fast the same form is sent', async () => {
    const { token } = await show();
    const sent = await Promise.all([send({ token }), send({ token }), send({ token, file: 'other.csv' })]);
    const later = await send({ token, seed: 'other' });
    expect(new Set([...sent, later].map(({ id }) => id)).size).toBe(1);
    expect(sent.map(({ done }) => done).sort()).toEqual(['run-made', 'run-made-before', 'run-made-before']);
    expect(later.done).toBe('run-made-before');
    expect(await fixture.store.listRuns(10)).toHaveLength(1);
    expect((await send({})).id).not.toBe(later.id);
  });
});

describe('nothing is there, and the form is as it was sent, when', () => {
  async function refused(fields: Record<string, string>, upload?: readonly [string, string]) {
    const sent = await send({ seed: 'kept "seed"', ...fields }, upload ? { upload } : {});
    expect(sent.status).toBe(422);
    expect(sent.text).toContain('Nothing was started');
    expect(sent.page).toContain('value="kept &quot;seed&quot;"');
    expect(await traces()).toEqual([]);
    expect(uploads()).toEqual([]);
    return sent;
  }

  test('rows are wrong: each is named by its line', async () => {
    const { text, page } = await refused({ file: 'bad.csv' });
    expect(text).toContain('bad.csv: 2 rows are wrong');
    expect(text).toContain('bad.csv:3: employee_id &quot;x&quot; is not a positive integer');
    expect(text).toContain('bad.csv:4: employee_edu_type &quot;q&quot; is not a, b or f');
    expect(text).toContain('tick &quot;Leave out invalid rows&quot;');
    expect(page).toContain('<option value="bad.csv" selected>');
  });

  test('an uploaded file is wrong; it is asked for again, and no other is taken in its place', async () => {
    const { page, text } = await refused({}, ['<i>.csv', `${HEADER}x,a\n`]);
    expect(text).toContain('_i_.csv:2: employee_id');
    expect(page).toMatch(/value="upload" checked/);
    expect((await refused({ source: 'upload' })).text).toContain('no file was uploaded');
  });

  test.each([
    ['holds nobody', HEADER, 'the file holds no employees'],
    ['is empty', '', 'the file is empty'],
    ['is no CSV', '\u0000\u0001"', ''],
    ['has no such columns', 'a,b\n1,2\n', 'no column employee_id'],
  ])('the uploaded file %s', async (_what, text, message) => {
    expect((await refused({}, ['up.csv', text])).text).toContain(message);
  });

  test.each(['yesterday', '2025-02-31T11:00:00Z', '<script>'])('the instant is %s', async (asOf) => {
    const { text, page } = await refused({ 'as-of': asOf });
    expect(text).toContain('is not an instant');
    expect(page).not.toContain('<script>"');
  });

  test.each(['9999-12-31T23:59:59Z', '1969-12-31T23:59:59Z'])('the instant %s is in no year of a run', async (asOf) => {
    expect((await refused({ 'as-of': asOf })).text).toContain('is outside the years 1970 to 9990');
  });

  test.each([
    ['has a line break', 'kept "seed"\nand more'],
    ['has over 200 characters', `kept "seed" ${'x'.repeat(200)}`],
  ])('the seed %s', async (_what, seed) => {
    const sent = await send({ seed });
    expect(sent.status).toBe(422);
    expect(sent.text).toContain('The seed is not text on one line, of 1 to 200 characters');
    expect(await traces()).toEqual([]);
  });

  test.each(['../outside.csv', '/etc/passwd', 'nobody.csv', ''])('the file is %j', async (file) => {
    expect((await refused({ file })).text).toContain('the employees file is not here any more');
  });

  test('the form is sent again, fixed, and starts its run', async () => {
    const { token } = await show();
    await refused({ token, file: 'bad.csv' });
    const { id, done } = await send({ token });
    expect([done, (await fixture.store.getRun(id)).employees.name]).toEqual(['run-made', 'employees.csv']);
  });

  test('the form has no token; it has one then', async () => {
    const { page } = await refused({ token: '' });
    expect(page).toMatch(/name="token" value="[0-9a-f-]{36}"/);
  });

  test('the file is larger than can be meant', async () => {
    const { text } = await refused({}, ['large.csv', HEADER.repeat(1 + UPLOAD_LIMIT_BYTES / HEADER.length)]);
    expect(text).toContain('the file is larger than 64 MiB');
  });
});

test('a file that cannot be uploaded to its end leaves nothing', async () => {
  const boundary = 'x'.repeat(20);
  const sending = httpRequest(`${dashboard.url}/start`, {
    method: 'POST',
    headers: {
      origin: dashboard.url,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': 9e6,
    },
  });
  const ended = new Promise((resolve) => sending.once('close', resolve));
  sending.on('error', () => {});
  const part = `--${boundary}\r\ncontent-disposition: form-data; name="upload"; filename="cut.csv"\r\n\r\n${HEADER}`;
  sending.write(part + '1,a\n'.repeat(50_000));
  await waitUntil('the file arrives', () => uploads().some((name) => existsSync(join(tmpdir(), name, 'cut.csv'))));
  sending.destroy();
  await ended;
  await waitUntil('the folder is gone', () => uploads().length === 0);
  expect(await traces()).toEqual([]);
});

test('without any file to choose, one can still be uploaded', async () => {
  const empty = await serveDashboard(fixture, { EMPLOYEES_FILE: join(fixture.folder, 'nowhere', 'employees.csv') });
  try {
    expect((await show(empty)).page).toContain('There is no CSV file beside');
    expect((await send({}, { on: empty })).status).toBe(422);
    expect((await send({}, { on: empty, upload: ['up.csv', `${HEADER}1,a\n`] })).status).toBe(303);
  } finally {
    await empty.close();
  }
});

test('what is no such form is refused', async () => {
  const refused = async (headers: Record<string, string>, body: string) =>
    (await dashboard.ask('/start', { method: 'POST', headers, body })).status;
  expect(await refused({ 'content-type': 'application/x-www-form-urlencoded' }, 'file=employees.csv')).toBe(406);
  expect(await refused({ 'content-type': 'multipart/form-data' }, 'nothing')).toBeGreaterThanOrEqual(400);
  expect(await traces()).toEqual([]);
});

test.each([
  ['employees.csv', 'employees.csv'],
  ['C:\\fakepath\\a b.csv', 'a b.csv'],
  ['../../etc/passwd', 'passwd'],
  ['..', 'uploaded.csv'],
  ['.hidden.csv', 'hidden.csv'],
  ['a\u0000b\u202e.csv', 'a_b_.csv'],
  ['Größe.csv', 'Größe.csv'],
  ['', 'uploaded.csv'],
  ['x'.repeat(300), 'x'.repeat(100)],
])('an upload called %j is kept as %j', (given, kept) => {
  expect(harmlessName(given)).toBe(kept);
});
