import { expect, test } from '@jest/globals';
import { parseStoreAddress } from '../../../src/adapters/object-stores/store-address.ts';
import { BtcFakeError } from '../../../src/domain/errors.ts';

// What this file proves: addresses of stores are read as they are meant, and no login gets into a message.

const azure = { kind: 'azure', account: 'lakeacct', container: 'landing' };

test.each([
  [
    's3://training-landing/btc/',
    { kind: 's3', root: 's3://training-landing/btc', bucket: 'training-landing', prefix: 'btc' },
  ],
  ['s3://training-landing', { kind: 's3', root: 's3://training-landing', bucket: 'training-landing', prefix: '' }],
  [
    'abfss://landing@lakeacct.dfs.core.windows.net/a/b',
    {
      ...azure,
      root: 'abfss://landing@lakeacct.dfs.core.windows.net/a/b',
      endpoint: 'https://lakeacct.blob.core.windows.net',
      prefix: 'a/b',
    },
  ],
  [
    'https://lakeacct.blob.core.windows.net/landing/a?sv=2024&sig=canary%3D',
    {
      ...azure,
      root: 'https://lakeacct.blob.core.windows.net/landing/a',
      endpoint: 'https://lakeacct.blob.core.windows.net',
      prefix: 'a',
      sas: 'sv=2024&sig=canary%3D',
    },
  ],
  ['dbfs:/Volumes/c/s/v/p/', { kind: 'volume', root: 'dbfs:/Volumes/c/s/v/p', path: '/Volumes/c/s/v/p' }],
  ['/Volumes/c/s/v', { kind: 'volume', root: 'dbfs:/Volumes/c/s/v', path: '/Volumes/c/s/v' }],
  ['/data/landing', { kind: 'folder', root: '/data/landing', path: '/data/landing' }],
  ['landing', { kind: 'folder', root: 'landing', path: 'landing' }],
])('%s is read', (url, address) => {
  expect(parseStoreAddress(url)).toEqual(address);
});

test.each([
  's3://Bucket/x',
  's3://user:canary@bucket/x',
  's3://bucket/../other',
  'gs://bucket/x',
  'abfss://landing@lakeacct.example/x?sig=canary',
  'https://store.example/landing?sig=canary',
  'dbfs:/FileStore/x',
  '/Volumes/c/s',
  '',
])('%s is refused with the forms that there are, and without a login', (url) => {
  let error: unknown;
  try {
    parseStoreAddress(url);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(BtcFakeError);
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', remedy: expect.stringContaining('s3://BUCKET/PREFIX') });
  expect(String(error)).not.toContain('canary');
});
