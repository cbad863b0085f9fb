import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadSettings } from '../../config/load.ts';
import { SCHEMA, SETTING_NAMES, type SettingName } from '../../config/schema.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { openQueues } from '../../src/adapters/redis/queues.ts';
import { assertSuitableRedis } from '../../src/adapters/redis/suitability.ts';
import { ROOT, readEnvironment } from '../support/compose-file.ts';
import { imageEnvironment, only, readDockerfile, stagesOf, wordsOf } from '../support/dockerfile.ts';
import { type Manifest, manifestProblems, podsOf, readKustomization, readManifests } from '../support/kubernetes.ts';
import { startTestRedis } from '../support/redis.ts';

// What this file proves: the manifests are what Kubernetes and KEDA take, fit each other, the image and the settings,
// and hold no secret.

const OURS = ['worker.yaml', 'simulation.yaml', 'dashboard.yaml'];
const LEFT_OUT = 'secret.example.yaml';

let manifests: Map<string, Manifest[]>;
let all: Manifest[];
beforeAll(async () => {
  const files = ['.', 'autoscaling'].map(async (folder) => {
    const { resources } = await readKustomization(folder);
    return resources.map((resource) => join(folder, resource));
  });
  const names = [...(await Promise.all(files)).flat(), LEFT_OUT];
  manifests = new Map(await Promise.all(names.map(async (name) => [name, await readManifests(name)] as const)));
  all = [...manifests.values()].flat();
});

const find = (kind: string, name: string) => {
  const found = all.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (!found) throw new Error(`There is no ${kind} ${name}`);
  return found;
};
const deployment = (file: string) => manifests.get(file)!.find(({ kind }) => kind === 'Deployment')!;

test('every manifest is applied, but for the example of the secrets', async () => {
  const files = (await readdir(join(ROOT, 'deploy/kubernetes'), { recursive: true })).filter((name) =>
    name.endsWith('.yaml'),
  );
  const applied = [...manifests.keys()];
  expect(files.filter((name) => !name.endsWith('kustomization.yaml')).sort()).toEqual(applied.sort());
  expect((await readKustomization()).resources).not.toContain(LEFT_OUT);
});

describe('the schemas of Kubernetes and KEDA', () => {
  test('take every manifest', () => {
    for (const manifest of all)
      expect([manifest.metadata.name, manifestProblems(manifest)]).toEqual([manifest.metadata.name, []]);
  });

  test.each([
    [
      'a field that is none',
      '"readOnlyRootFilesystem"',
      '"readOnlyRootFileSystem"',
      /readOnlyRootFileSystem is not known/,
    ],
    ['a wrong kind of value', '"replicas":2', '"replicas":"two"', /replicas/],
    ['a field that is missing', '"selector"', '"selectors"', /selector/],
    ['a port that is none', '"containerPort":9464', '"containerPort":"metrics"', /containerPort/],
  ])('refuse %s', (_what, right, wrong, problem) => {
    const json = JSON.stringify(deployment('worker.yaml'));
    expect(json).toContain(right);
    expect(manifestProblems(JSON.parse(json.replace(right, wrong))).join('\n')).toMatch(problem);
  });

  test('refuse a field that is none in an autoscaling rule', () => {
    const json = JSON.stringify(find('ScaledObject', 'btc-fake-simulation'));
    expect(manifestProblems(JSON.parse(json.replace('maxReplicaCount', 'maxReplicas')))).toEqual([
      '/spec/maxReplicas is not known',
    ]);
  });
});

test('they go into whatever namespace is the current one', () => {
  expect(all.filter(({ metadata }) => 'namespace' in metadata)).toEqual([]);
});

test('pods run as the image’s user, may nothing special, and write to their volumes alone', async () => {
  const user = Number(wordsOf(only(stagesOf(await readDockerfile()).at(-1)!, 'USER')[0]!)[0]!.split(':')[0]);
  const pods = podsOf(all);
  expect(pods.map(({ name }) => name).sort()).toEqual(
    ['dashboard', 'redis', 'simulation', 'worker'].map((name) => `btc-fake-${name}`),
  );
  for (const { name, spec } of pods) {
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      // Else a Service would bring variables that look like settings.
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: name === 'btc-fake-redis' ? 999 : user,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    for (const container of spec.containers) {
      expect(container).toMatchObject({
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        resources: {
          requests: { cpu: expect.anything(), memory: expect.anything() },
          limits: { memory: expect.anything() },
        },
      });
    }
  }
});

test('the settings are settings and no secrets, the secrets are placeholders, and together BTC Fake takes them', async () => {
  const given = await readEnvironment('deploy/kubernetes/settings.env');
  const secrets = find('Secret', 'btc-fake-secrets').stringData as Record<string, string>;
  expect(Object.keys(given).filter((name) => !SETTING_NAMES.includes(name as SettingName))).toEqual([]);
  expect(Object.keys(given).filter((name) => SCHEMA[name as SettingName].sensitive)).toEqual([]);
  for (const { stringData } of all.filter(({ kind }) => kind === 'Secret')) {
    for (const value of Object.values(stringData as object)) expect(value).toMatch(/\bfill-in\b/);
  }
  const { settings, warnings } = loadSettings({
    env: { ...(await imageEnvironment()), ...given, ...secrets },
    envFile: false,
  });
  expect(warnings).toEqual([]);
  expect(settings.metrics?.host).toBe('0.0.0.0');
  expect(settings.dashboard).toMatchObject({ host: '0.0.0.0', login: { user: 'fill-in' } });
  const redis = find('Service', 'btc-fake-redis').metadata.name;
  expect(new URL(settings.redis.url!).host).toBe(`${redis}:6379`);
  for (const { spec, name } of podsOf(OURS.map(deployment))) {
    expect([name, spec.terminationGracePeriodSeconds! * 1_000 - settings.queues.shutdownTimeoutMs]).toEqual([
      name,
      15_000,
    ]);
    const from = [{ configMapRef: { name: 'btc-fake-settings' } }, { secretRef: { name: 'btc-fake-secrets' } }];
    expect(spec.containers[0]!.envFrom).toEqual(from);
    expect(spec.containers[0]).not.toHaveProperty('env');
  }
});

test.each([
  ['worker.yaml', ['worker'], '/readyz', 9464],
  ['simulation.yaml', ['worker', '--only', 'employee-simulation'], '/readyz', 9464],
  // It is most needed when there are no workers.
  ['dashboard.yaml', ['dashboard'], '/healthz', 3000],
])('%s says what runs, and where it is asked whether it does', (file, args, readiness, port) => {
  const [{ spec }] = podsOf([deployment(file)]) as [ReturnType<typeof podsOf>[number]];
  const [container] = spec.containers;
  const [{ name }] = container!.ports as [{ name: string }];
  expect(container).toMatchObject({
    image: 'btc-fake',
    args,
    ports: [{ containerPort: port }],
    livenessProbe: { httpGet: { path: '/healthz', port: name } },
    readinessProbe: { httpGet: { path: readiness, port: name } },
  });
});

test('whatever selects pods selects those that it means', () => {
  const pods = podsOf(all);
  const selected = (labels: Record<string, string>) =>
    pods
      .filter((pod) => Object.entries(labels).every(([key, value]) => pod.labels[key] === value))
      .map(({ name }) => name);
  for (const { kind, metadata, spec } of all as (Manifest & { spec: never })[]) {
    const { selector, podSelector } = (spec ?? {}) as { selector?: object; podSelector?: object };
    const labels = (kind === 'Service' ? selector : (selector as { matchLabels?: object })?.matchLabels) as Record<
      string,
      string
    >;
    if (labels) expect(selected(labels)).toEqual([metadata.name]);
    if (podSelector)
      expect(selected((podSelector as { matchLabels: Record<string, string> }).matchLabels)).toEqual([
        'btc-fake-redis',
      ]);
  }
});

test('the autoscaling rule names what is there: the Deployment, the Redis, its password', () => {
  const { spec } = find('ScaledObject', 'btc-fake-simulation') as unknown as {
    spec: {
      scaleTargetRef: { name: string };
      triggers: { metadata: Record<string, string>; authenticationRef: { name: string } }[];
    };
  };
  const [trigger] = spec.triggers;
  expect(find('Deployment', spec.scaleTargetRef.name)).toBe(deployment('simulation.yaml'));
  expect(trigger!.metadata.address).toMatch(
    new RegExp(`^${find('Service', 'btc-fake-redis').metadata.name}\\.[a-z-]+\\.svc:6379$`),
  );
  const { secretTargetRef } = find('TriggerAuthentication', trigger!.authenticationRef.name).spec as {
    secretTargetRef: { name: string; key: string }[];
  };
  for (const { name, key } of secretTargetRef) expect(find('Secret', name).stringData).toHaveProperty(key);
});

describe('a Redis with the flags of the example', () => {
  test('is fit for a queue, and its list of waiting employees is what the autoscaling rule counts', async () => {
    const [{ spec }] = podsOf([find('StatefulSet', 'btc-fake-redis')]) as [ReturnType<typeof podsOf>[number]];
    const [program, ...flags] = spec.containers[0]!.args;
    expect(program).toBe('redis-server');
    const pairs = Array.from({ length: flags.length / 2 }, (_, i) => [flags[2 * i]!.slice(2), flags[2 * i + 1]!]);
    const { requirepass, ...others } = Object.fromEntries(pairs);
    expect(requirepass).toBe('$(REDIS_PASSWORD)');
    expect(others).toMatchObject({ appendonly: 'yes', 'maxmemory-policy': 'noeviction' });
    const server = await startTestRedis(others);
    const redis = await connectRedis(server.url, 'command');
    const queues = openQueues(redis);
    try {
      await assertSuitableRedis(redis);
      await queues.byName['employee-simulation'].addBulk(
        Array.from({ length: 7 }, (_, i) => ({ name: 'e', data: { i } })),
      );
      const rule = JSON.stringify(find('ScaledObject', 'btc-fake-simulation'));
      expect(await redis.llen(/"listName":"([^"]+)"/.exec(rule)![1]!)).toBe(7);
    } finally {
      await queues.close();
      redis.disconnect();
      await server.stop();
    }
  });
});
