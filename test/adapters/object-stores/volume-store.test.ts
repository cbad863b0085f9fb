import { randomUUID } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ObjectStore } from '../../../src/adapters/object-stores/object-store.ts';
import { openObjectStore } from '../../../src/adapters/object-stores/open-object-store.ts';
import type { CallLimits } from '../../../src/adapters/object-stores/store-fault.ts';
import { failureOf } from '../../support/failure-of.ts';
import { type FilesApi, startFilesApi } from '../../support/files-api.ts';
import { behavesAsObjectStore, localFiles } from '../../support/object-store-behaviour.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// What this file proves: a store in a Volume, by the Files API over HTTPS against a stand-in that misbehaves.

const folder = temporaryFolder('volume');
let api: FilesApi;
let opened: ObjectStore[] = [];
let caFile: string;

beforeAll(async () => {
  api = await startFilesApi();
  caFile = join(folder.path, 'ca.pem');
  await writeFile(caFile, api.caPem);
});
afterAll(() => api.close());
beforeEach(() => {
  api.requests.length = 0;
  api.existsStatus = 409;
});
afterEach(async () => {
  await Promise.all(opened.map((store) => store.close()));
  opened = [];
});

async function open(limits: CallLimits = {}, login: object = { token: api.token }): Promise<ObjectStore> {
  const url = `dbfs:/Volumes/retail/landing/btc/${randomUUID()}`;
  const store = await openObjectStore(url, {
    databricks: { host: api.host, caFile, ...login },
    limits: { pace: 0.001, ...limits },
  });
  opened.push(store);
  return store;
}

describe('a Volume', () => {
  behavesAsObjectStore(() => open(), 9 * 1024 * 1024);
});

describe('when the Files API misbehaves', () => {
  const local = localFiles('volume-faults');
  const isWrite = /^PUT \/api\/2\.0\/fs\/files/;

  test('one’s own write whose answer was lost counts as created', async () => {
    const store = await open();
    api.once(isWrite, 'lost');
    expect(await store.createFile('own.csv', await local('own', 'own'))).toBe('created');
    expect(await store.createFile('own.csv', await local('own', 'own'))).toBe('exists');
  });

  test('behind a lost answer, another’s file of the same size counts as there, and of another size is an error', async () => {
    const store = await open();
    await store.createFile('a.csv', await local('a', 'theirs'));
    api.once(isWrite, { status: 503 });
    expect(await store.createFile('a.csv', await local('b', 'OTHERS'))).toBe('exists');
    api.once(isWrite, { status: 503 });
    const error = await failureOf(store.createFile('a.csv', await local('c', 'longer than theirs')));
    expect(error).toMatchObject({ code: 'LANDING_FAILED', remedy: expect.stringContaining('remove it') });
    expect(error.message).toMatch(/6 bytes are there, and 18 were sent$/);
  });

  test('a host that answers 412 for a file that is there is understood', async () => {
    const store = await open();
    await store.createFile('a.csv', await local('a', 'a'));
    api.existsStatus = 412;
    expect(await store.createFile('a.csv', await local('a', 'a'))).toBe('exists');
  });

  test('a file of which only a part has arrived is an error', async () => {
    const store = await open();
    const path = await local('part', '0123456789');
    const files = api.files.set.bind(api.files);
    api.files.set = (name, content) => files(name, content.subarray(0, 4));
    const error = await failureOf(store.createFile('part.csv', path)).finally(() =>
      Object.assign(api.files, { set: files }),
    );
    expect(error.message).toMatch(/: failed writing part\.csv: 4 bytes are there, and 10 were sent$/);
  });

  test.each([500, 503, 429])('a write that is answered %i once is made again', async (status) => {
    const store = await open();
    api.once(isWrite, { status });
    expect(await store.createFile('again.csv', await local('again', 'again'))).toBe('created');
  });

  test('an answer that is cut short, hangs or is late is asked for again', async () => {
    const store = await open({ timeoutMs: 1_000 });
    await store.createFile('c.csv', await local('cut', '0123456789'));
    api.once(/^GET /, { cutAt: 4 });
    expect((await store.readRange('c.csv', 0, 10))?.toString()).toBe('0123456789');
    api.once(/^GET /, 'hang');
    expect((await store.readRange('c.csv', 2, 5))?.toString()).toBe('234');
    api.once(/^HEAD /, { lateMs: 100 });
    expect(await store.sizeOf('c.csv')).toBe(10);
  });

  test('an access token that has expired is asked for again', async () => {
    const { clientId, clientSecret } = api;
    const store = await open({}, { clientId, clientSecret });
    await store.createFile('a.csv', await local('a', 'a'));
    api.expireTokens();
    expect(await store.sizeOf('a.csv')).toBe(1);
    expect(api.requests.filter((line) => line.includes('/oidc/'))).toHaveLength(2);
  });

  test.each([
    ['a token', { token: 'dapi-canary-that-is-wrong' }, 'dapi-canary-that-is-wrong'],
    ['a secret', { clientId: 'lander-id', clientSecret: 'canary-wrong' }, 'canary-wrong'],
  ])('%s that is refused is told at once and is not shown', async (_, login, canary) => {
    const store = await open({}, login);
    const error = await failureOf(store.sizeOf('x'));
    expect(error).toMatchObject({ code: 'LANDING_DENIED', remedy: expect.stringContaining('DATABRICKS_TOKEN') });
    expect(error.message).not.toContain(canary);
    expect(api.requests).toHaveLength(1);
  });

  test('a file of more than 5 GiB is refused before anything is sent', async () => {
    const store = await open();
    const path = await local('huge', '');
    await truncate(path, 5 * 1024 ** 3 + 1);
    const error = await failureOf(store.createFile('huge.bin', path));
    expect(error).toMatchObject({ code: 'LANDING_FAILED', remedy: expect.stringContaining('s3://') });
    expect(api.requests).toEqual([]);
  });

  test('a local file that is not there is named', async () => {
    const error = await failureOf((await open()).createFile('x', join(folder.path, 'gone.csv')));
    expect(error).toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('gone.csv') });
  });
});

test('a Volume without a login is an error that says what to set', async () => {
  const error = await failureOf(openObjectStore('dbfs:/Volumes/a/b/c'));
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', remedy: expect.stringContaining('DATABRICKS_HOST') });
});
