import type { Settings } from '../../../config/settings.ts';
import { proxyName } from '../../domain/connections/proxy-name.ts';
import type { Outcome } from './finding.ts';

/** `, through the proxy http://proxy.example:8080`, or nothing where there is none. */
export function via(proxyUrl: string | undefined): string {
  return proxyUrl === undefined ? '' : `, through the proxy ${proxyName(proxyUrl)}`;
}

/**
 * What is reached through a proxy and what is not, of all that is configured. That it works is for the checks of each
 * to show. No login is in it.
 */
export function describeProxies({ recommender, databricks, alerts, telemetry }: Settings): Outcome {
  const services = [
    { what: 'the recommender', isThere: recommender !== undefined, proxyUrl: recommender?.proxyUrl },
    { what: 'Databricks', isThere: databricks !== undefined, proxyUrl: databricks?.proxyUrl },
    { what: 'the webhook', isThere: alerts.webhookUrl !== undefined, proxyUrl: alerts.proxyUrl },
    { what: 'the collector of traces', isThere: telemetry.otlpEndpoint !== undefined, proxyUrl: telemetry.proxyUrl },
  ].filter(({ isThere }) => isThere);
  const proxies = new Map<string, string[]>();
  for (const { what, proxyUrl } of services) {
    const way = proxyUrl === undefined ? 'without a proxy' : `through ${proxyName(proxyUrl)}`;
    proxies.set(way, [...(proxies.get(way) ?? []), what]);
  }
  const ways = Array.from(proxies, ([way, whats]) => `${whats.join(', ')} ${way}`);
  return { state: 'fine', detail: ways.join('; ') || 'nothing that is configured is reached by HTTP' };
}
