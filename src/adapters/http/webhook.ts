import { setTimeout as delay } from 'node:timers/promises';
import got from 'got';
import { proxyName } from '../../domain/connections/proxy-name.ts';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import { agentsThrough } from './proxy-agents.ts';
import { isRefusal, proxyFaultOf } from './proxy-fault.ts';

/** How a webhook is called. */
export interface WebhookOptions {
  /** For one try in all. */
  readonly timeoutMs?: number;
  /** Before each further try. */
  readonly delaysMs?: readonly number[];
  /** The proxy on the way, perhaps with a login; none unless given. */
  readonly proxyUrl?: string | undefined;
}

const TIMEOUT_MS = 5_000;
const DELAYS_MS = [1_000, 4_000];

/** Statuses that may pass; others say that the address or the message is wrong. */
const MAY_PASS = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/**
 * Posts a JSON message to a webhook, up to three times where what went wrong may pass. The address is a secret, so no
 * message names it.
 * @throws BtcFakeError WEBHOOK_FAILED.
 */
export async function postWebhook(url: string, message: object, options: WebhookOptions = {}): Promise<void> {
  const { delaysMs = DELAYS_MS } = options;
  for (const wait of [...delaysMs, undefined]) {
    const fault = await tryOnce(url, message, options);
    if (fault === undefined) return;
    if (wait === undefined || !fault.mayPass) {
      throw new BtcFakeError('WEBHOOK_FAILED', `The webhook ${fault.what}`, {
        remedy: `Check ALERT_WEBHOOK_URL${options.proxyUrl === undefined ? '' : ' and the proxy'}; the message is sent again later.`,
      });
    }
    await delay(wait, undefined, { ref: false });
  }
}

interface Fault {
  readonly what: string;
  readonly mayPass: boolean;
}

async function tryOnce(url: string, message: object, options: WebhookOptions): Promise<Fault | undefined> {
  const { timeoutMs = TIMEOUT_MS, proxyUrl } = options;
  try {
    const { statusCode } = await got.post(url, {
      json: message,
      ...(proxyUrl === undefined ? {} : { agent: agentsThrough(proxyUrl, timeoutMs) }),
      headers: { 'user-agent': 'btc-fake' },
      timeout: { request: timeoutMs },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
    });
    if (statusCode >= 200 && statusCode <= 299) return undefined;
    if (statusCode === 407 && proxyUrl !== undefined) {
      return { what: `was not reached: the proxy ${proxyName(proxyUrl)} answered 407`, mayPass: false };
    }
    return { what: `answered ${statusCode}`, mayPass: MAY_PASS(statusCode) };
  } catch (error) {
    const proxy = proxyFaultOf(error);
    if (proxy !== undefined) {
      // What a proxy is asked holds the webhook's host.
      const what = proxy.text.replace(/ to CONNECT .*$/, '');
      return { what: `was not reached: ${what}`, mayPass: !isRefusal(proxy.status) };
    }
    // What got says may hold the address.
    const isTimeOut = error instanceof Error && error.name === 'TimeoutError';
    const code = systemCode(error) ?? 'no code';
    return {
      what: isTimeOut ? `did not answer within ${timeoutMs} ms` : `could not be called (${code})`,
      mayPass: true,
    };
  }
}
