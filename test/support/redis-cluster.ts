import { Redis } from 'ioredis';
import { startTestRedis, type TestRedis } from './redis.ts';
import { waitUntil } from './wait-until.ts';

/** A real Redis Cluster of three masters on loopback. */
export interface TestCluster {
  /** `redis+cluster://` with the first node alone. */
  readonly url: string;
  readonly nodes: readonly TestRedis[];
  /** Straight to each node. */
  readonly connections: readonly Redis[];
  /** Which node holds our keys, by its place in `nodes`. */
  owner(): Promise<number>;
  /**
   * Moves the slot of our keys to another node while it is worked on, some keys at a time, as `redis-cli --cluster
   * reshard` does.
   */
  reshardTo(node: number): Promise<void>;
  stop(): Promise<void>;
}

const KEYS_AT_A_TIME = 20;
const SLOTS = 16_384;
const LIMIT_MS = 20_000;

/**
 * Starts one. Stop it when the test is done, also when it failed. `settings` are further ones of redis.conf, for each
 * node.
 */
export async function startTestCluster(settings: Record<string, string> = {}): Promise<TestCluster> {
  const nodes: TestRedis[] = [];
  const connections: Redis[] = [];
  const stop = async () => {
    for (const connection of connections) connection.disconnect();
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let i = 0; i < 3; i++) {
      const node = await startTestRedis({ 'cluster-enabled': 'yes', 'cluster-node-timeout': '3000', ...settings });
      nodes.push(node);
      const { requirepass: password } = settings;
      const connection = new Redis(node.port, node.host, { disconnectTimeout: 100, ...(password ? { password } : {}) });
      connection.on('error', () => {});
      connections.push(connection);
    }
    await join(nodes, connections);
  } catch (error) {
    await stop();
    throw error;
  }
  const [any] = connections as [Redis];
  const slot = Number(await any.call('CLUSTER', 'KEYSLOT', '{btc-fake}'));
  const login = settings.requirepass ? `:${settings.requirepass}@` : '';
  const owner = async () => {
    const ranges = (await any.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const port = ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][1];
    return nodes.findIndex((node) => node.port === port);
  };
  return {
    url: `redis+cluster://${login}${nodes[0]!.host}:${nodes[0]!.port}`,
    nodes,
    connections,
    owner,
    reshardTo: async (node) =>
      reshard({ nodes, connections, slot, password: settings.requirepass }, await owner(), node),
    stop,
  };
}

async function join(nodes: readonly TestRedis[], connections: readonly Redis[]): Promise<void> {
  const share = Math.ceil(SLOTS / nodes.length);
  await Promise.all(
    connections.map((connection, i) =>
      connection.call('CLUSTER', 'ADDSLOTSRANGE', i * share, Math.min((i + 1) * share, SLOTS) - 1),
    ),
  );
  // Two nodes of the same epoch would argue about a slot.
  await Promise.all(connections.map((connection, i) => connection.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)));
  for (const { host, port } of nodes.slice(1)) await connections[0]!.call('CLUSTER', 'MEET', host, port);
  const isWhole = async (connection: Redis) => {
    const info = String(await connection.call('CLUSTER', 'INFO'));
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}`);
  };
  await waitUntil(
    'the cluster is whole',
    async () => (await Promise.all(connections.map(isWhole))).every(Boolean),
    LIMIT_MS,
  );
}

interface Resharded {
  readonly nodes: readonly TestRedis[];
  readonly connections: readonly Redis[];
  readonly slot: number;
  readonly password: string | undefined;
}

async function reshard({ nodes, connections, slot, password }: Resharded, from: number, to: number): Promise<void> {
  const [source, target] = [connections[from]!, connections[to]!];
  const [sourceId, targetId] = await Promise.all(
    [source, target].map(async (connection) => String(await connection.call('CLUSTER', 'MYID'))),
  );
  await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId!);
  await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId!);
  const { host, port } = nodes[to]!;
  const auth = password ? ['AUTH', password] : [];
  for (;;) {
    const keys = (await source.call('CLUSTER', 'GETKEYSINSLOT', slot, KEYS_AT_A_TIME)) as string[];
    if (keys.length === 0) break;
    await source.call('MIGRATE', host, port, '', 0, 5_000, ...auth, 'KEYS', ...keys);
  }
  for (const connection of [target, source]) await connection.call('CLUSTER', 'SETSLOT', slot, 'NODE', targetId!);
}
