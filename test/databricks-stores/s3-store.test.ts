import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ObjectStore } from '../../src/adapters/object-stores/object-store.ts';
import { openObjectStore } from '../../src/adapters/object-stores/open-object-store.ts';
import type { S3Settings } from '../../src/adapters/object-stores/s3-store.ts';
import { failureOf } from '../support/failure-of.ts';
import { type Moto, startMoto } from '../support/moto.ts';
import { behavesAsObjectStore, localFiles, namesIn } from '../support/object-store-behaviour.ts';
import { type StorageFaultProxy, startStorageFaultProxy } from '../support/storage-fault-proxy.ts';

// What this file proves: a store in S3, over the real protocol against moto and through a proxy with faults.

const PART = 5 * 1024 * 1024;
const SECRET = 'canary-of-the-aws-secret-key';
let moto: Moto;
let proxy: StorageFaultProxy;
let opened: ObjectStore[] = [];

beforeAll(async () => {
  moto = await startMoto('lake');
  proxy = await startStorageFaultProxy(moto.port);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${proxy.port}`,
    AWS_ACCESS_KEY_ID: 'testing-id',
    AWS_SECRET_ACCESS_KEY: SECRET,
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
}, 90_000);
afterAll(async () => {
  await proxy?.close();
  await moto?.close();
});
beforeEach(() => {
  proxy.requests.length = 0;
});
afterEach(async () => {
  await Promise.all(opened.map((store) => store.close()));
  opened = [];
});

async function open(settings: S3Settings = {}, bucket = 'lake'): Promise<ObjectStore> {
  const s3 = { partBytes: PART, pace: 0.001, pathStyle: true, ...settings };
  const store = await openObjectStore(`s3://${bucket}/${randomUUID()}/btc`, { s3 });
  opened.push(store);
  return store;
}

describe('a bucket of S3', () => {
  behavesAsObjectStore(() => open(), 2 * PART + 17);
});

describe('when S3 misbehaves', () => {
  const local = localFiles('s3-faults');
  const CONFLICT = '<Error><Code>ConditionalRequestConflict</Code><Message>conflict</Message></Error>';

  test('every creation is under the condition that nothing is there', async () => {
    const store = await open();
    expect(await store.createFile('a', await local('a', 'a'))).toBe('created');
    expect(await store.createFile('a', await local('b', 'b'))).toBe('exists');
    expect(proxy.requests.filter((line) => line.startsWith('PUT '))).toHaveLength(2);
  });

  test('one’s own write whose answer was lost counts as created', async () => {
    const store = await open();
    proxy.once(/^PUT /, 'lost');
    expect(await store.createFile('own', await local('own', 'own'))).toBe('created');
    expect(await store.createFile('own', await local('own', 'own'))).toBe('exists');
  });

  test.each([
    ['a lost answer', 'lost' as const],
    ['an error behind the deed', { status: 500, after: true as const }],
    ['an error before it', { status: 503 }],
  ])('parts whose completion meets %s are one file, created', async (_, fault) => {
    const store = await open();
    proxy.once(/^POST .*uploadId=/, fault);
    expect(await store.createFile('own.bin', await local('own', Buffer.alloc(PART + 1, 'a')))).toBe('created');
    expect(await store.sizeOf('own.bin')).toBe(PART + 1);
  });

  test.each([409, 412])('a creation that is answered %i with nothing there is made again', async (status) => {
    const store = await open();
    proxy.once(/^PUT /, { status, body: CONFLICT });
    expect(await store.createFile('a', await local('a', 'a'))).toBe('created');
    expect(await store.sizeOf('a')).toBe(1);
  });

  test('a conflict while parts are put together has the file sent again as a whole', async () => {
    const store = await open();
    proxy.once(/^POST .*uploadId=/, { status: 409, body: CONFLICT });
    expect(await store.createFile('p.bin', await local('p', Buffer.alloc(PART + 1, 'p')))).toBe('created');
    expect(proxy.requests.filter((line) => /^POST .*[?&]uploads/.test(line))).toHaveLength(2);
    expect(proxy.requests.filter((line) => line.startsWith('DELETE '))).toHaveLength(1);
  });

  test('a part that fails is sent again alone; an upload that fails for good is given up', async () => {
    const store = await open({ attempts: 2 });
    const path = await local('parts', Buffer.alloc(2 * PART, 'b'));
    proxy.once(/^PUT .*partNumber=2/, { status: 500 });
    expect(await store.createFile('b.bin', path)).toBe('created');
    expect(proxy.requests.filter((line) => /partNumber=/.test(line))).toHaveLength(3);
    proxy.once(/^PUT .*partNumber=2/, { status: 500 });
    proxy.once(/^PUT .*partNumber=2/, 'lost');
    const error = await failureOf(store.createFile('c.bin', path));
    expect(error).toMatchObject({ code: 'LANDING_FAILED' });
    expect(error.message).toContain('failed writing part 2 of 2 of c.bin');
    expect(proxy.requests.at(-1)).toMatch(/^DELETE /);
    expect(await store.sizeOf('c.bin')).toBeUndefined();
  });

  test('an answer that is cut short, hangs or is late is asked for again', async () => {
    const store = await open({ timeoutMs: 1_000 });
    await store.createFile('c', await local('cut', '0123456789'));
    proxy.once(/^GET /, { cutAt: 4 });
    expect((await store.readRange('c', 0, 10))?.toString()).toBe('0123456789');
    proxy.once(/^GET /, 'hang');
    expect((await store.readRange('c', 2, 5))?.toString()).toBe('234');
    proxy.once(/^GET /, { lateMs: 100 });
    expect(await namesIn(store, '')).toEqual(['c']);
  });

  test('a bucket that is not there is no reason to try again', async () => {
    const store = await open({}, 'gone');
    const error = await failureOf(store.createFile('x', await local('x', 'x')));
    expect(error).toMatchObject({ code: 'LANDING_FAILED', remedy: expect.stringContaining('LAKEHOUSE_URL') });
    expect(proxy.requests).toHaveLength(1);
  });

  test('rights that are missing are told at once, and no key is shown', async () => {
    const store = await open();
    const body = `<Error><Code>AccessDenied</Code><Message>not with ${SECRET}</Message></Error>`;
    proxy.once(/^PUT /, { status: 403, body });
    const error = await failureOf(store.createFile('x', await local('x', 'x')));
    expect(error).toMatchObject({ code: 'LANDING_DENIED', remedy: expect.stringContaining('AWS_ACCESS_KEY_ID') });
    expect(error.message).toMatch(
      /^s3:\/\/lake\/.*: not allowed while writing x: HTTP 403: AccessDenied: not with \[secret\]$/,
    );
    expect(proxy.requests).toHaveLength(1);
  });

  test('a list of more than a page holds every name once', async () => {
    const store = await open();
    const path = await local('one', '1');
    const names = Array.from({ length: 1_050 }, (_, i) => `many/${String(i).padStart(4, '0')}`);
    for (let i = 0; i < names.length; i += 50) {
      await Promise.all(names.slice(i, i + 50).map((name) => store.createFile(name, path)));
    }
    expect(await namesIn(store, 'many')).toEqual(names);
  });
});
