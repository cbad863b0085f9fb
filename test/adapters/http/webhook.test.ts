// Proves how a webhook is called: once where it goes well, up to three times where it may pass, and never with its
// address in an error.
import { afterEach, expect, test } from '@jest/globals';
import { postWebhook } from '../../../src/adapters/http/webhook.ts';
import { failureOf } from '../../support/failure-of.ts';
import { startWebhook, WEBHOOK_SECRET, type WebhookServer } from '../../support/webhook-server.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(...args: Parameters<typeof startWebhook>): Promise<WebhookServer> {
  const server = await startWebhook(...args);
  closers.push(() => server.close());
  return server;
}
const QUICK = { timeoutMs: 150, delaysMs: [1, 1] };
const post = (url: string) => postWebhook(url, { text: 'hello' }, QUICK);

test('a message that is taken is sent once, as JSON', async () => {
  const { url, messages } = await serve(() => 204);
  await post(url);
  expect(messages).toEqual([{ text: 'hello' }]);
});

test.each([500, 503, 429, 408] as const)('%s twice, then well: it was sent', async (status) => {
  const { url, messages } = await serve((nth) => (nth < 3 ? status : 200));
  await post(url);
  expect(messages).toHaveLength(3);
});

test.each<[string, Parameters<typeof startWebhook>[0], number, RegExp]>([
  ['always 500: three times', () => 500, 3, /^The webhook answered 500$/],
  ['404: no second time helps', () => 404, 1, /^The webhook answered 404$/],
  ['a redirection is not followed', () => 302, 1, /^The webhook answered 302$/],
  ['no answer', () => 'hang', 3, /^The webhook did not answer within 150 ms$/],
])('%s', async (_what, answer, tries, message) => {
  const { url, messages } = await serve(answer);
  const error = await failureOf(() => post(url));
  expect(error).toMatchObject({ code: 'WEBHOOK_FAILED', message: expect.stringMatching(message) });
  expect(messages).toHaveLength(tries);
  expect(JSON.stringify([error.message, error.remedy, error.lines, String(error.cause)])).not.toContain(WEBHOOK_SECRET);
});

test('nobody listens there', async () => {
  const server = await startWebhook();
  await server.close();
  const error = await failureOf(() => post(server.url));
  expect(error.message).toBe('The webhook could not be called (ECONNREFUSED)');
});
