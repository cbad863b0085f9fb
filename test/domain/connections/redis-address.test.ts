import { expect, test } from '@jest/globals';
import { parseRedisAddress, safeLocation } from '../../../src/domain/connections/redis-address.ts';

test.each([
  [
    'redis://redis.example',
    { kind: 'server', tls: false, endpoints: [{ host: 'redis.example', port: 6379 }], database: 0 },
  ],
  ['redis://redis.example/', { kind: 'server', shown: 'redis://redis.example' }],
  [
    'rediss://someone:p%40ss@redis.example:6380/3',
    {
      kind: 'server',
      tls: true,
      username: 'someone',
      password: 'p@ss',
      writtenPassword: 'p%40ss',
      endpoints: [{ host: 'redis.example', port: 6380 }],
      database: 3,
      shown: 'rediss://redis.example:6380/3',
    },
  ],
  [
    'redis+sentinel://:secret@h1.example:26380,h2.example,[::1]/my-master/2',
    {
      kind: 'sentinel',
      username: '',
      password: 'secret',
      endpoints: [
        { host: 'h1.example', port: 26_380 },
        { host: 'h2.example', port: 26_379 },
        { host: '::1', port: 26_379 },
      ],
      masterName: 'my-master',
      database: 2,
      shown: 'redis+sentinel://h1.example:26380,h2.example,[::1]/my-master/2',
    },
  ],
  [
    'rediss+cluster://user:secret@h1.example,h2.example:7000',
    {
      kind: 'cluster',
      tls: true,
      username: 'user',
      endpoints: [
        { host: 'h1.example', port: 6379 },
        { host: 'h2.example', port: 7000 },
      ],
      database: 0,
      shown: 'rediss+cluster://h1.example,h2.example:7000',
    },
  ],
])('%s is read', (text, address) => {
  expect(parseRedisAddress(text)).toMatchObject(address);
});

test.each([
  'redis+sentinel://user:secret@h1:26379,h2:26379/name/1',
  'redis+cluster://:secret@h1:6379,h2:6379',
  'redis+cluster://:secret@h1:6379,h2:6379/not-right',
])('%s shows no password', (text) => {
  expect(safeLocation(text)).toContain('h1:');
  expect(safeLocation(text)).not.toMatch(/secret|user/);
});
