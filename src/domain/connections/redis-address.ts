/** A server by its name or address. */
export interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
}

/** What the address of a Redis says (`REDIS_URL`). */
export interface RedisAddress {
  /** One server; the servers that Sentinel processes watch; or a Redis Cluster. */
  readonly kind: 'server' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  /** Decoded; empty when there is none. */
  readonly username: string;
  readonly password: string;
  /** The password as it is written. */
  readonly writtenPassword: string;
  /** The server, the sentinels or some nodes of the cluster. */
  readonly endpoints: readonly RedisEndpoint[];
  /** What the sentinels call the servers; empty for the others. */
  readonly masterName: string;
  readonly database: number;
  /** The address without user name and password. */
  readonly shown: string;
}

const DEFAULT_PORT = { server: 6379, sentinel: 26_379, cluster: 6379 };
const SHAPE =
  /^(redis|rediss)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#\s]*)@)?([^@/?#\s]+)((?:\/[^?#\s]*)?)((?:\?[^#\s]*)?)$/i;
const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_](?:[a-z0-9._-]*[a-z0-9_.])?))(?::([0-9]{1,5}))?$/i;
const MASTER = /^\/([A-Za-z0-9._-]+)(?:\/([0-9]{1,5})?)?$/;

/**
 * Reads the address of a Redis, of sentinels or of a cluster.
 * - `redis[s]://[user:password@]host[:port][/database]`
 * - `redis[s]+sentinel://[user:password@]host:port,host:port/name[/database]`
 * - `redis[s]+cluster://[user:password@]host:port,host:port`
 * @returns undefined when it is none of them.
 */
export function parseRedisAddress(text: string): RedisAddress | undefined {
  const [, scheme = '', form = 'server', login = '', hosts = '', path = '', query = ''] = SHAPE.exec(text) ?? [];
  const kind = form.toLowerCase() as RedisAddress['kind'];
  const endpoints = hosts.split(',').map((host) => endpoint(host, DEFAULT_PORT[kind]));
  const credentials = readLogin(login);
  const place = readPath(kind, path);
  if (scheme === '' || !credentials || !place || endpoints.some((one) => one === undefined)) return undefined;
  if (kind === 'server' ? endpoints.length > 1 : query !== '') return undefined;
  return {
    kind,
    tls: scheme.toLowerCase() === 'rediss',
    ...credentials,
    endpoints: endpoints as RedisEndpoint[],
    ...place,
    shown: `${text.slice(0, text.indexOf('://'))}://${hosts}${path === '/' ? '' : path}`,
  };
}

function endpoint(text: string, defaultPort: number): RedisEndpoint | undefined {
  const [whole, address, name, port] = HOST.exec(text) ?? [];
  const number = port === undefined ? defaultPort : Number(port);
  return whole !== undefined && number > 0 && number < 65_536 ? { host: (address ?? name)!, port: number } : undefined;
}

function readLogin(login: string): Pick<RedisAddress, 'username' | 'password' | 'writtenPassword'> | undefined {
  const colon = login.includes(':') ? login.indexOf(':') : login.length;
  const writtenPassword = login.slice(colon + 1);
  try {
    const username = decodeURIComponent(login.slice(0, colon));
    return { username, password: decodeURIComponent(writtenPassword), writtenPassword };
  } catch {
    return undefined;
  }
}

function readPath(kind: RedisAddress['kind'], path: string): Pick<RedisAddress, 'masterName' | 'database'> | undefined {
  if (kind === 'sentinel') {
    const [whole, masterName = '', database = '0'] = MASTER.exec(path) ?? [];
    return whole === undefined ? undefined : { masterName, database: Number(database) };
  }
  // A cluster has one database.
  const shape = kind === 'cluster' ? /^\/?$/ : /^\/?[0-9]*$/;
  return shape.test(path) ? { masterName: '', database: Number(path.slice(1)) } : undefined;
}

/** A location of Redis (an address or the path of a Unix socket) without user name and password, for messages. */
export function safeLocation(location: string): string {
  if (location.startsWith('/')) return location;
  // What is no address may hold a password all the same, before its last "@".
  return parseRedisAddress(location)?.shown ?? location.slice(location.lastIndexOf('@') + 1);
}
