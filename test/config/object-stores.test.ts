import { describe, expect, test } from '@jest/globals';
import { loadSettings } from '../../config/load.ts';
import { storeAccess, storeSecrets } from '../../config/object-stores.ts';

// What this file proves: object stores are reached as the environment says, and its secrets are known for redaction.

const { values } = loadSettings({ env: {}, envFile: false });

describe('the bucket', () => {
  test.each([
    ['stands in the host’s name on AWS', {}, false],
    ['stands in the path on an endpoint of one’s own', { AWS_ENDPOINT_URL: 'https://store.example' }, true],
    ['stands in the path on an endpoint for S3 alone', { AWS_ENDPOINT_URL_S3: 'https://store.example' }, true],
    [
      'stands in the host’s name where that is asked for',
      { AWS_ENDPOINT_URL: 'https://store.example', AWS_VIRTUAL_HOSTED_STYLE_REQUEST: 'true' },
      false,
    ],
  ])('%s', (_, env, pathStyle) => {
    expect(storeAccess(values, env).s3.pathStyle).toBe(pathStyle);
  });
});

test('a proxy is on the way to a store unless NO_PROXY names the store', () => {
  const proxied = loadSettings({
    env: { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: 'store.example' },
    envFile: false,
  }).values;
  expect(storeAccess(proxied, {}).s3.proxyUrl).toBe('http://proxy.example:3128');
  expect(storeAccess(proxied, {}).azure.proxyUrl).toBe('http://proxy.example:3128');
  expect(storeAccess(proxied, { AWS_ENDPOINT_URL: 'https://store.example' }).s3.proxyUrl).toBeUndefined();
});

test('logins of Azure are taken from the environment, and a blank one is none', () => {
  const env = { AZURE_STORAGE_KEY: 'canary-key', AZURE_STORAGE_SAS_TOKEN: '' };
  expect(storeAccess(values, env).azure).toEqual({ accountKey: 'canary-key', secrets: ['canary-key'] });
});

test('every secret for stores is known as a whole and in its parts', () => {
  const env = {
    AWS_SECRET_ACCESS_KEY: 'canary-1',
    AWS_SESSION_TOKEN: 'canary-2',
    AZURE_STORAGE_CONNECTION_STRING: 'AccountName=a;AccountKey=canary-3==;EndpointSuffix=x',
    AZURE_STORAGE_SAS_TOKEN: '?sv=1&sig=canary-4%3D&se=2',
    AZURE_CLIENT_SECRET: 'canary-5',
  };
  const secrets = storeSecrets(env);
  for (const text of Object.values(env)) expect(secrets).toContain(text);
  expect(secrets).toEqual(expect.arrayContaining(['canary-3==', 'canary-4%3D']));
});
