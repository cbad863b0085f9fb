// Proves what a page says when Redis refuses what it was asked for.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Fastify from 'fastify';
import { pino } from 'pino';
import type { RedisConnection } from '../../../src/adapters/redis/client.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { showErrors } from '../../../src/dashboard/page/error-page.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';

let server: TestRedis;
let redis: RedisConnection;

beforeAll(async () => {
  server = await startTestRedis({ 'min-replicas-to-write': '1' });
  redis = await connectRedis(server.url, 'dashboard');
});
afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});

test.each([
  ['a command', () => redis.set('{btc-fake}:a', '1')],
  ['a script', () => redis.eval("return redis.call('SET', KEYS[1], '1')", 1, '{btc-fake}:a')],
  ['a transaction', () => redis.multi().set('{btc-fake}:a', '1').set('{btc-fake}:b', '1').exec()],
])('%s that Redis refuses is 503, with its words and what to do', async (_what, work) => {
  const app = Fastify();
  showErrors(app, { logger: pino({ level: 'silent' }) });
  app.get('/page', work);
  const { statusCode, body } = await app.inject('/page');
  await app.close();
  expect(statusCode).toBe(503);
  expect(body).toContain('<code>REDIS_REFUSES_WRITES</code>');
  expect(body).toContain('NOREPLICAS');
  expect(body).toContain('min-replicas-to-write');
});
