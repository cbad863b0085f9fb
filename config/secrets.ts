import { parseRedisAddress } from '../src/domain/connections/redis-address.ts';
import { storeSecrets } from './object-stores.ts';
import type { Settings } from './settings.ts';

/** What must not be seen of an address: its password, as written and decoded, and any address that holds a login. */
function secretsOfUrl(text: string): string[] {
  const { username = '', password = '', writtenPassword = '' } = parseRedisAddress(text) ?? {};
  return username === '' && password === '' ? [] : [text, writtenPassword, password];
}

/** The login of a proxy: as written, as meant, and as HTTP says it. A user name without a password is a token. */
function secretsOfProxy(proxyUrl: string): string[] {
  const { username, password } = new URL(proxyUrl);
  if (username === '' && password === '') return [];
  const [user, word] = [decodeURIComponent(username), decodeURIComponent(password)];
  const secret = password === '' ? [username, user] : [password, word];
  return [proxyUrl, ...secret, Buffer.from(`${user}:${word}`).toString('base64')];
}

/**
 * All secret values in the settings, and those of object stores in the environment, the longest first (a secret that is
 * part of another must not be replaced before it), for taking them out of logs by value.
 */
export function secretsOf(settings: Settings): string[] {
  const { recommender, databricksLogin, redis, dashboard, alerts } = settings;
  const servers = [settings.sftpInbound, settings.sftpOutbound];
  const found = [
    ...(recommender?.secrets ?? []),
    databricksLogin?.token,
    databricksLogin?.clientSecret,
    ...servers.flatMap((server) => [server?.password, server?.privateKeyPassphrase]),
    dashboard.login?.password,
    alerts.webhookUrl,
    ...settings.proxies.flatMap(secretsOfProxy),
    redis.sentinelPassword,
    ...storeSecrets(),
    ...(redis.url === undefined ? [] : secretsOfUrl(redis.url)),
  ].filter((value): value is string => value !== undefined && value !== '');
  return [...new Set(found)].sort((a, b) => b.length - a.length);
}
