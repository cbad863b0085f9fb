import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAs, wholeNumber } from '../../config/formats.ts';
import { SCHEMA, type SettingName } from '../../config/schema.ts';

function parse(name: SettingName, text: string): unknown {
  return parseAs<unknown>(SCHEMA[name].format, text);
}

/** What each setting makes of a text. */
const ACCEPTED: [SettingName, string, unknown][] = [
  ['API_BASE_URL', ' https://recommender.example/public ', 'https://recommender.example/public'],
  ['API_BASE_URL', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['API_TIMEOUT', '600', 600],
  ['API_TIMEOUT', '007', 7],
  ['API_AUTH_HEADER', ' X-Api-Key:abc ', 'X-Api-Key: abc'],
  ['API_AUTH_HEADER', 'Authorization: Bearer a b', 'Authorization: Bearer a b'],
  ['DATABRICKS_HOST', 'https://adb-1.2.workspace.example/', 'adb-1.2.workspace.example'],
  ['DATABRICKS_HOST', 'localhost:8443', 'localhost:8443'],
  ['DATABRICKS_HTTP_PATH', 'sql/protocolv1/o/1/0-1-a', '/sql/protocolv1/o/1/0-1-a'],
  ['SFTP_INBOUND_HOST', 'vendor_sftp', 'vendor_sftp'],
  ['SFTP_INBOUND_HOST', '::1', '::1'],
  ['SFTP_INBOUND_PASSWORD', ' blanks stay ', ' blanks stay '],
  ['SFTP_INBOUND_PORT', '65535', 65535],
  ['SFTP_PUBLISH_ENABLED', 'Yes', true],
  ['SFTP_PUBLISH_ENABLED', 'off', false],
  ['BUSINESS_TIMEZONE', 'Europe/Berlin', 'Europe/Berlin'],
  ['BUSINESS_TIMEZONE', 'UTC', 'UTC'],
  ['FEED_DATE_FORMAT', 'yy_MM_dd', 'yy_MM_dd'],
  ['REDIS_URL', 'redis://localhost', 'redis://localhost'],
  ['REDIS_URL', 'rediss://user:p%40ss@redis.example:6380/3', 'rediss://user:p%40ss@redis.example:6380/3'],
  ...[
    'redis+sentinel://h1.example:26379,h2.example/mymaster',
    'rediss+sentinel://user:p%40ss@[::1]:26379,10.0.0.2:26380/my-master/3',
    'redis+cluster://:p%40ss@h1.example:6379,h2.example:6380',
  ].map((url): [SettingName, string, unknown] => ['REDIS_URL', url, url]),
  ['SCHEDULE_CRON', ' 30  6 * * MON-FRI ', '30 6 * * MON-FRI'],
  ['ALERT_WEBHOOK_URL', 'https://hooks.example/T1?token=a#b', 'https://hooks.example/T1?token=a#b'],
];

const REFUSED: [SettingName, string][] = [
  ['API_BASE_URL', 'recommender.example'],
  ['API_BASE_URL', 'ftp://recommender.example'],
  ['API_BASE_URL', 'https://user:password@recommender.example'],
  ['API_BASE_URL', 'https://recommender.example/?key=1'],
  ['API_BASE_URL', 'https://recommender.example:99999'],
  ['API_ENDPOINT', 'public/run'],
  ['API_KEY', 'two words'],
  ['API_AUTH_HEADER', 'abc'],
  ['API_AUTH_HEADER', 'X-Api-Key:'],
  ['API_AUTH_HEADER', 'X Api: abc'],
  ['API_AUTH_HEADER', 'X-Api-Key: a\r\nX-Other: b'],
  ['API_AUTH_HEADER', 'X-Api-Key: ключ'],
  ['API_AUTH_HEADER', 'Host: elsewhere.example'],
  ['API_AUTH_HEADER', 'Content-Length: 3'],
  ['API_TIMEOUT', '0'],
  ['API_TIMEOUT', '601'],
  ['API_TIMEOUT', '30s'],
  ['API_TIMEOUT', '1e2'],
  ['API_TIMEOUT', '2.5'],
  ['DATABRICKS_HOST', 'http://adb-1.2.workspace.example'],
  ['DATABRICKS_HOST', 'https://adb-1.2.workspace.example/?o=1'],
  ['DATABRICKS_HOST', 'localhost:0'],
  ['DATABRICKS_HTTP_PATH', 'https://adb-1.2.workspace.example/sql'],
  ['DATABRICKS_TOKEN', 'two words'],
  ['DATABRICKS_CATALOG', 'retail; drop'],
  ['DATABRICKS_CATALOG', 'retail-dev'],
  ['DATABRICKS_SCHEMA', 'a.b'],
  ['SFTP_INBOUND_HOST', 'sftp://vendor.example'],
  ['SFTP_INBOUND_HOST', 'vendor.example:22'],
  ['SFTP_INBOUND_HOST', '10.0.0.256'],
  ['SFTP_INBOUND_HOST', '-oProxyCommand=x'],
  ['SFTP_INBOUND_PASSWORD', 'copied with its line break\n'],
  ['SFTP_INBOUND_PORT', '65536'],
  ['SFTP_INBOUND_HOST_FINGERPRINT', 'MD5:aa:bb'],
  ['SFTP_INBOUND_HOST_FINGERPRINT', 'SHA256:short'],
  ['DASHBOARD_BASE_PATH', 'btc-fake'],
  ['DASHBOARD_BASE_PATH', '//btc-fake'],
  ['DASHBOARD_BASE_PATH', '/a/../b'],
  ['DASHBOARD_BASE_PATH', '/btc fake'],
  ['DASHBOARD_BASE_PATH', '/queues'],
  ['DASHBOARD_BASE_PATH', '/runs/btc-fake'],
  ['DASHBOARD_BASE_PATH', 'https://host.example/btc-fake'],
  ['SFTP_PUBLISH_ENABLED', 'maybe'],
  ['BUSINESS_TIMEZONE', 'Berlin'],
  ['BUSINESS_TIMEZONE', '+01:00'],
  ['FEED_DATE_FORMAT', 'dd.MM.yyyy'],
  ['REDIS_URL', 'localhost:6379'],
  ['REDIS_URL', 'http://localhost:6379'],
  ['REDIS_URL', 'redis:///0'],
  ['REDIS_URL', 'redis://localhost/one'],
  ['REDIS_URL', 'redis://:p%ss@localhost'],
  ['REDIS_URL', 'redis://:p#ss@localhost'],
  ['REDIS_URL', 'redis://h1.example,h2.example'],
  ['REDIS_URL', 'redis+sentinel://h1.example:26379,h2.example:26379'],
  ['REDIS_URL', 'redis+sentinel://h1.example:26379,:26379/mymaster'],
  ['REDIS_URL', 'redis+sentinel://h1.example:99999/mymaster'],
  ['REDIS_URL', 'redis+cluster://h1.example:6379/1'],
  ['REDIS_URL', 'redis+socket://h1.example'],
  ['LOG_LEVEL', 'verbose'],
  ['SCHEDULE_CRON', '0 6 * *'],
  ['SCHEDULE_CRON', '0 0 6 * * 1'],
  ['SCHEDULE_CRON', '@weekly'],
  ['ALERT_WEBHOOK_URL', 'hooks.example/T1'],
  ['ALERT_WEBHOOK_URL', 'https://user:pw@hooks.example/T1'],
];

describe('formats', () => {
  test.each(ACCEPTED)('%s takes %j as %j', (name, text, value) => {
    expect(parse(name, text)).toEqual(value);
  });

  test.each(REFUSED)('%s refuses %j', (name, text) => {
    expect(parse(name, text)).toBeUndefined();
  });

  test('a whole number is taken if and only if it is in its range', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), fc.integer({ min: -10, max: 5000 }), (a, b, number) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const expected = number >= min && number <= max ? number : undefined;
        expect(parseAs(wholeNumber('a number', min, max), String(number))).toBe(expected);
      }),
    );
  });
});
