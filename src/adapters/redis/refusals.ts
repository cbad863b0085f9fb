import { type ErrorCode, systemCode } from '../../domain/errors.ts';

/** What a refusal of Redis means to the person who has to do something about it. */
export interface Refusal {
  readonly code: ErrorCode;
  /** Stands behind "Redis at PLACE". */
  readonly what: string;
  readonly remedy: string;
}

const NAME_THE_CLUSTER = 'Name the cluster in REDIS_URL: redis+cluster://HOST:6379,HOST:6379';

/** What a server answers, in its own words. The first that matches counts. */
const ANSWERS: readonly (readonly [RegExp, Refusal])[] = [
  [
    /\bOOM command not allowed\b/,
    {
      code: 'REDIS_FULL',
      what: 'has no memory left',
      remedy: 'Raise its maxmemory, or lower RUN_RETENTION_DAYS to forget old runs earlier.',
    },
  ],
  [
    /\bREADONLY You can't write\b|^UNBLOCKED\b/,
    {
      code: 'REDIS_REFUSES_WRITES',
      what: 'is a read-only replica',
      remedy:
        'Let REDIS_URL name the master, or the sentinels that know it (redis+sentinel://HOST:26379/NAME). When that address leads to a master again, workers continue by themselves.',
    },
  ],
  [
    /\bMISCONF\b/,
    {
      code: 'REDIS_REFUSES_WRITES',
      what: 'takes no writes because it cannot save them',
      remedy:
        'Its log says why: mostly its disk is full, or its folder cannot be written. Workers continue by themselves.',
    },
  ],
  [
    /\bNOREPLICAS\b/,
    {
      code: 'REDIS_REFUSES_WRITES',
      what: 'takes no writes because it has too few replicas',
      remedy: 'Start its replicas, or lower its min-replicas-to-write. Workers continue by themselves.',
    },
  ],
  [
    /\bsentinel\b.*\b(NOAUTH|WRONGPASS|NOPERM)\b/,
    {
      code: 'REDIS_UNREACHABLE',
      what: 'is not told by sentinels who refuse this login',
      remedy: 'Correct REDIS_SENTINEL_USER and REDIS_SENTINEL_PASSWORD.',
    },
  ],
  [
    /unknown command '?sentinel/i,
    {
      code: 'REDIS_REFUSED',
      what: 'is no sentinel',
      remedy: 'Name the sentinels in REDIS_URL, mostly at port 26379, or the server itself as redis://HOST:6379',
    },
  ],
  [
    /\bNOPERM\b|ACL failure in script|\bcan't run this command or subcommand\b/,
    {
      code: 'REDIS_REFUSED',
      what: 'does not let this user do what BTC Fake needs',
      remedy: 'Give the user the rights that docs/operations.md lists under "Redis".',
    },
  ],
  [
    /^(MOVED|ASK|CROSSSLOT) |SELECT is not allowed in cluster mode/,
    { code: 'REDIS_REFUSED', what: 'is a node of a Redis Cluster', remedy: NAME_THE_CLUSTER },
  ],
  [
    /cluster support disabled/,
    {
      code: 'REDIS_REFUSED',
      what: 'is no Redis Cluster',
      remedy: 'Name it in REDIS_URL as redis://HOST:6379',
    },
  ],
  [
    /DB index is out of range|invalid DB index/,
    {
      code: 'REDIS_REFUSED',
      what: 'does not have this database',
      remedy: 'Correct the number at the end of REDIS_URL; `databases` in its redis.conf says how many there are.',
    },
  ],
  [
    /max number of clients/,
    {
      code: 'REDIS_UNREACHABLE',
      what: 'takes no more connections',
      remedy: 'Raise its maxclients, or stop processes that hold connections (redis-cli client list).',
    },
  ],
  [
    /^(NOAUTH|WRONGPASS)\b|invalid password|invalid username-password/,
    {
      code: 'REDIS_UNREACHABLE',
      what: 'does not answer to this user name and password',
      remedy: 'Correct REDIS_URL.',
    },
  ],
  [
    /\bunknown command\b/i,
    {
      code: 'REDIS_REFUSED',
      what: 'lacks a command that BTC Fake needs',
      remedy:
        'Take its rename-command out of redis.conf; what users may do is better said with ACLs (docs/operations.md, "Redis").',
    },
  ],
  [
    /No such master with that name|got an invalid reply: null/,
    {
      code: 'REDIS_REFUSED',
      what: 'is not known to the sentinels by this name',
      remedy: 'Correct the name behind the last host in REDIS_URL (redis-cli -p 26379 sentinel masters).',
    },
  ],
  [
    /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|UNKILLABLE)\b|Too many Cluster redirections/,
    {
      code: 'REDIS_UNREACHABLE',
      what: 'cannot serve now',
      remedy: 'Wait until it can. A run that was begun is kept, and "btc-fake resume" continues it.',
    },
  ],
];

const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** What an answer of Redis, or a certificate of its, is refused for; undefined when the error is of another kind. */
export function refusalOf(error: Error): Refusal | undefined {
  const known = ANSWERS.find(([pattern]) => pattern.test(error.message))?.[1];
  return known ?? certificateRefusal(systemCode(error) ?? '');
}

function certificateRefusal(code: string): Refusal | undefined {
  const refused = (what: string, remedy: string): Refusal => ({ code: 'REDIS_UNREACHABLE', what, remedy });
  if (UNTRUSTED.has(code)) {
    const remedy = 'Let REDIS_CA_FILE name the certificate (PEM) of the authority that signed it.';
    return refused('shows a certificate of an authority that is not trusted', remedy);
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return refused('shows a certificate for another host', 'Let REDIS_URL name the host as its certificate does.');
  }
  if (/^CERT_/.test(code)) return refused('shows a certificate that is not valid', 'Renew its certificate.');
  if (/^ERR_SSL_WRONG_VERSION_NUMBER$|^EPROTO$|^ERR_SSL_PACKET_LENGTH_TOO_LONG$/.test(code)) {
    return refused('wants no TLS', 'Write redis:// instead of rediss:// in REDIS_URL, or name another port.');
  }
  return undefined;
}

/** What Redis said, on one line, without what it repeats of a command: that may be a password. */
export function wordsOf(error: Error): string {
  const [line = ''] = error.message.split(/[\r\n]/);
  return line
    .replace(/,? with args beginning with:.*$/, '')
    .replace(/\.? script: [0-9a-f]{40}.*$/, '')
    .replace(/\. Please report this\.$/, '')
    .slice(0, 200);
}
