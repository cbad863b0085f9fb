import { randomUUID } from 'node:crypto';
import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { AzureSettings } from '../../../src/adapters/object-stores/azure-store.ts';
import { openAzureStore } from '../../../src/adapters/object-stores/azure-store.ts';
import type { ObjectStore } from '../../../src/adapters/object-stores/object-store.ts';
import { openObjectStore } from '../../../src/adapters/object-stores/open-object-store.ts';
import { AZURITE_ACCOUNT, AZURITE_KEY, type Azurite, azuriteConnection, startAzurite } from '../../support/azurite.ts';
import { failureOf } from '../../support/failure-of.ts';
import { behavesAsObjectStore, localFiles, namesIn } from '../../support/object-store-behaviour.ts';
import { type StorageFaultProxy, startStorageFaultProxy } from '../../support/storage-fault-proxy.ts';

// What this file proves: a store in Azure, over the real protocol against Azurite and through a proxy with faults.

const PART = 64 * 1024;
let azurite: Azurite;
let proxy: StorageFaultProxy;

beforeAll(async () => {
  azurite = await startAzurite('lake');
  proxy = await startStorageFaultProxy(azurite.port);
}, 90_000);
afterAll(async () => {
  await proxy?.close();
  await azurite?.close();
});
beforeEach(() => {
  proxy.requests.length = 0;
});

async function open(settings: AzureSettings = {}): Promise<ObjectStore> {
  const url = `abfss://lake@${AZURITE_ACCOUNT}.dfs.core.windows.net/${randomUUID()}/btc`;
  const connectionString = azuriteConnection(proxy.port);
  return openObjectStore(url, {
    azure: { connectionString, wholeBytes: 2 * PART, partBytes: PART, pace: 0.001, ...settings },
  });
}

describe('a container of Azure', () => {
  behavesAsObjectStore(open, 3 * PART + 17);
});

describe('when Azure misbehaves', () => {
  const local = localFiles('azure-faults');

  test.each([
    ['whole', 10],
    ['whole in one request, larger than a block', 2 * PART],
    ['in blocks', 2 * PART + 1],
  ])('one’s own write whose answer was lost counts as created (%s)', async (_, size) => {
    const store = await open();
    const path = await local('own', Buffer.alloc(size, 'a'));
    proxy.once(size > 2 * PART ? /^PUT .*comp=blocklist/ : /^PUT /, 'lost');
    expect(await store.createFile('own.bin', path)).toBe('created');
    expect(await store.createFile('own.bin', path)).toBe('exists');
    expect(await store.sizeOf('own.bin')).toBe(size);
  });

  test.each([500, 503, 429, 412])('a write that is answered %i once is made again', async (status) => {
    const store = await open();
    proxy.once(/^PUT /, { status });
    expect(await store.createFile('again.csv', await local('again', 'again'))).toBe('created');
    expect((await store.readRange('again.csv', 0, 10))?.toString()).toBe('again');
  });

  test('a block that fails is sent again alone', async () => {
    const store = await open();
    proxy.once(/^PUT .*comp=block&/, { status: 500 });
    proxy.once(/^PUT .*comp=block&/, 'lost');
    expect(await store.createFile('b.bin', await local('blocks', Buffer.alloc(3 * PART, 'b')))).toBe('created');
    expect(await store.sizeOf('b.bin')).toBe(3 * PART);
    expect(proxy.requests.filter((line) => line.includes('comp=block&'))).toHaveLength(5);
  });

  test('an answer that is cut short or comes too late is asked for again', async () => {
    const store = await open({ timeoutMs: 1_000 });
    await store.createFile('c.csv', await local('cut', '0123456789'));
    proxy.once(/^GET /, { cutAt: 4 });
    expect((await store.readRange('c.csv', 0, 10))?.toString()).toBe('0123456789');
    proxy.once(/^GET /, 'hang');
    expect((await store.readRange('c.csv', 2, 5))?.toString()).toBe('234');
    proxy.once(/^GET /, { lateMs: 100 });
    expect(await namesIn(store, '')).toEqual(['c.csv']);
  });

  test('a store that stays silent or broken is given up after the attempts, with the place and a remedy', async () => {
    const silent = await open({ timeoutMs: 100, attempts: 2 });
    const { fault } = proxy;
    proxy.fault = () => 'hang';
    const late = await failureOf(silent.sizeOf('x')).finally(() => Object.assign(proxy, { fault }));
    expect(late.code).toBe('LANDING_FAILED');
    expect(late.message).toMatch(/^abfss:\/\/lake@.*: failed looking at x: no answer within 100 ms$/);
    expect(late.remedy).toMatch(/reached/);
    expect(proxy.requests).toHaveLength(2);
    proxy.fault = () => ({ status: 500 });
    const broken = await failureOf(silent.sizeOf('x')).finally(() => Object.assign(proxy, { fault }));
    expect(broken).toMatchObject({ code: 'LANDING_FAILED', message: expect.stringContaining('HTTP 500') });
  });

  test('a container that is not there is no reason to try again', async () => {
    const store = await openAzureStore(
      { kind: 'azure', root: 'abfss://gone', endpoint: '', account: AZURITE_ACCOUNT, container: 'gone', prefix: '' },
      { connectionString: azuriteConnection(proxy.port) },
    );
    const error = await failureOf(store.createFile('x', await local('x', 'x')));
    expect(error).toMatchObject({ code: 'LANDING_FAILED', remedy: expect.stringContaining('LAKEHOUSE_URL') });
    expect(error.message).toContain('ContainerNotFound');
    expect(proxy.requests).toHaveLength(1);
  });

  test('a wrong key is told at once, and no key is shown', async () => {
    const wrong = Buffer.from('canary-of-azure').toString('base64');
    const connectionString = azuriteConnection(proxy.port).replace(AZURITE_KEY, wrong);
    const store = await open({ connectionString });
    const error = await failureOf(store.createFile('x', await local('x', 'x')));
    expect(error).toMatchObject({ code: 'LANDING_DENIED', remedy: expect.stringContaining('AZURE_STORAGE_') });
    expect(`${error.message}${error.remedy}`).not.toContain(wrong);
    expect(proxy.requests).toHaveLength(1);
  });

  test('what a server says of a key is cut out', async () => {
    const store = await open();
    const body = `<Error><Code>Broken</Code><Message>the key ${AZURITE_KEY} of you</Message></Error>`;
    proxy.once(/^PUT /, { status: 400, body });
    const error = await failureOf(store.createFile('x', await local('x', 'x')));
    expect(error.message).toContain('the key [secret] of you');
  });

  test('a signature that may create and not overwrite is enough', async () => {
    const credential = new StorageSharedKeyCredential(AZURITE_ACCOUNT, AZURITE_KEY);
    const sas = generateBlobSASQueryParameters(
      {
        containerName: 'lake',
        permissions: ContainerSASPermissions.parse('rcl'),
        expiresOn: new Date(Date.now() + 3_600_000),
      },
      credential,
    ).toString();
    const endpoint = `http://127.0.0.1:${proxy.port}/${AZURITE_ACCOUNT}`;
    const prefix = randomUUID();
    const address = {
      kind: 'azure',
      root: 'abfss://x',
      endpoint,
      account: AZURITE_ACCOUNT,
      container: 'lake',
    } as const;
    const store = await openAzureStore({ ...address, prefix, sas }, { partBytes: PART });
    const path = await local('sas', Buffer.alloc(2 * PART, 's'));
    expect(await store.createFile('sas.bin', path)).toBe('created');
    expect(await store.createFile('sas.bin', path)).toBe('exists');
    expect(await namesIn(store, '')).toEqual(['sas.bin']);
  });
});
