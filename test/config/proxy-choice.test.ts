// Proves which addresses are reached through which proxy: by scheme, by NO_PROXY as other programs read it, never for
// this machine.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeSettings } from '../../config/describe.ts';
import { loadSettings } from '../../config/load.ts';
import { proxyFor } from '../../config/proxy-choice.ts';
import { secretsOf } from '../../config/secrets.ts';

const SECURE = 'http://secure.example:3128';
const PLAIN = 'http://plain.example:3128';
const load = (env: Record<string, string>) => loadSettings({ envFile: false, env });
const choose = (address: string, noProxy: string | null = null) =>
  proxyFor(address, { HTTPS_PROXY: SECURE, HTTP_PROXY: PLAIN, NO_PROXY: noProxy });

test('the scheme of the address decides which proxy, and without one there is none', () => {
  expect([choose('https://a.example'), choose('http://a.example')]).toEqual([SECURE, PLAIN]);
  expect(proxyFor('https://a.example', { HTTPS_PROXY: null, HTTP_PROXY: PLAIN, NO_PROXY: null })).toBeNull();
});

test.each(['http://localhost:8080', 'http://LOCALHOST', 'http://127.0.0.1', 'https://127.9.9.9:1', 'http://[::1]:80'])(
  'this machine (%s) is reached directly',
  (address) => expect(choose(address)).toBeNull(),
);

describe('NO_PROXY', () => {
  test.each([
    ['a.example', 'https://a.example', true],
    ['a.example', 'https://b.a.example', true],
    ['.a.example', 'https://a.example', true],
    ['*.a.example', 'https://c.b.a.example', true],
    ['A.Example.', 'https://a.example./x', true],
    ['a.example', 'https://ba.example', false],
    ['a.example', 'https://a.example.org.test', false],
    ['example', 'https://a.example', true],
    ['*', 'https://a.example', true],
    ['a.example:8443', 'https://a.example:8443', true],
    ['a.example:8443', 'https://a.example', false],
    ['a.example:443', 'https://a.example', true],
    ['a.example:80', 'http://a.example', true],
    ['x.test , a.example', 'https://a.example', true],
    ['x.test a.example', 'https://a.example', true],
    ['10.1.2.3', 'http://10.1.2.3', true],
    ['10.1.2.3', 'http://10.1.2.33', false],
    ['10.1.2.3:81', 'http://10.1.2.3', false],
    ['10.0.0.0/8', 'http://10.255.0.1', true],
    ['10.0.0.0/8', 'http://11.0.0.1', false],
    ['10.0.0.0/8', 'http://10.example', false],
    ['fd00::7', 'http://[fd00:0:0::7]', true],
    ['[fd00::7]:81', 'http://[fd00::7]:81', true],
    ['[fd00::7]:81', 'http://[fd00::7]', false],
    ['fd00::/8', 'http://[fd12::1]', true],
    ['fd00::/8', 'http://10.1.2.3', false],
    ['10.0.0.0/33', 'http://10.1.2.3', false],
  ])('%s and %s: without a proxy is %s', (noProxy, address, isDirect) => {
    expect(choose(address, noProxy) === null).toBe(isDirect);
  });

  test('is read whatever it holds, and what nobody understands is named in a warning', () => {
    const NO_PROXY = 'a.example,10.1.*,http://b.example,::1';
    expect(load({ NO_PROXY }).warnings).toEqual([
      'NO_PROXY: "10.1.*" is neither a name nor an address nor a network, and excepts nothing',
      'NO_PROXY: "http://b.example" is neither a name nor an address nor a network, and excepts nothing',
    ]);
    fc.assert(fc.property(fc.string(), (text) => void choose('https://a.example', text)));
  });
});

describe('the settings', () => {
  const SERVICES = {
    API_BASE_URL: 'https://recommender.example',
    DATABRICKS_HOST: 'warehouse.example',
    DATABRICKS_HTTP_PATH: '/sql/1',
    DATABRICKS_TOKEN: 'a-token',
    ALERT_WEBHOOK_URL: 'https://hooks.example/T1',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318',
  };
  const proxiesOf = (env: Record<string, string>) => {
    const { recommender, databricks, alerts, telemetry } = load({ ...SERVICES, ...env }).settings;
    return [recommender, databricks, alerts, telemetry].map((service) => service?.proxyUrl);
  };

  test('give each service the proxy that is on its way', () => {
    expect(proxiesOf({ HTTPS_PROXY: SECURE, HTTP_PROXY: PLAIN })).toEqual([SECURE, SECURE, SECURE, PLAIN]);
    const NO_PROXY = 'warehouse.example,collector.example';
    expect(proxiesOf({ HTTPS_PROXY: SECURE, HTTP_PROXY: PLAIN, NO_PROXY })).toEqual([
      SECURE,
      undefined,
      SECURE,
      undefined,
    ]);
    expect(proxiesOf({})).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('take the variables in either case; small letters count first, and a warning tells of a difference', () => {
    expect(proxiesOf({ https_proxy: 'secure.example:3128', http_proxy: PLAIN })).toEqual([
      SECURE,
      SECURE,
      SECURE,
      PLAIN,
    ]);
    expect(proxiesOf({ https_proxy: SECURE, no_proxy: '*' })).toEqual([undefined, undefined, undefined, undefined]);
    const { settings, warnings } = load({ ...SERVICES, https_proxy: SECURE, HTTPS_PROXY: PLAIN });
    expect(settings.recommender?.proxyUrl).toBe(SECURE);
    expect(warnings).toEqual(['HTTPS_PROXY: differs from https_proxy; the one in small letters counts (environment)']);
    expect(load({ https_proxy: SECURE, HTTPS_PROXY: SECURE }).warnings).toEqual([]);
    expect(load({ https_proxy: ' ', HTTPS_PROXY: SECURE }).settings.proxies).toEqual([SECURE]);
  });

  test('show a proxy without its login, and hide that everywhere else', () => {
    const loaded = load({ https_proxy: 'http://svc:p%40ss@secure.example:3128', HTTP_PROXY: PLAIN });
    const shown = new Map(describeSettings(loaded).map(({ name, value }) => [name, value]));
    expect(shown.get('HTTPS_PROXY')).toBe(`${SECURE} (with a login)`);
    expect(shown.get('HTTP_PROXY')).toBe(PLAIN);
    const basic = Buffer.from('svc:p@ss').toString('base64');
    const secrets = ['http://svc:p%40ss@secure.example:3128', 'p%40ss', 'p@ss', basic];
    expect(new Set(secretsOf(loaded.settings))).toEqual(new Set(secrets));
  });

  test('hold no secret when no proxy has a login', () => {
    expect(secretsOf(load({ HTTPS_PROXY: SECURE, HTTP_PROXY: PLAIN }).settings)).toEqual([]);
  });
});
