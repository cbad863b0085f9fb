/** An SFTP server and a folder on it, without how to log in. */
export interface SftpSource {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly path: string;
}

/** The tables of the training records, without how to log in. */
export interface DatabricksSource {
  readonly host: string;
  readonly httpPath: string;
  readonly catalog: string;
  readonly schema: string;
}

/**
 * Where a run's answers come from, and where its files are published, without secrets (contract section 2). Null: not
 * configured, so that a run does without it.
 */
export interface RunSources {
  /** The address of the recommender's call. */
  readonly recommender: string | null;
  readonly sftpInbound: SftpSource | null;
  readonly databricks: DatabricksSource | null;
  readonly sftpOutbound: SftpSource | null;
  /** The root that runs land in. */
  readonly lakehouse: string | null;
}

export const SOURCE_NAMES = ['recommender', 'sftpInbound', 'databricks', 'sftpOutbound', 'lakehouse'] as const;
export type SourceName = (typeof SOURCE_NAMES)[number];

/** The sources that a run can do without: that there is none is settled like any other. */
export const DISPENSABLE: readonly SourceName[] = ['sftpInbound', 'databricks'];

/** The sources of a run that are settled; the others are settled by the process that needs them first. */
export type FrozenSources = Partial<RunSources>;

/** The sources as the manifest names them (contract section 5). */
export interface ManifestSources {
  readonly recommender: string | null;
  readonly sftp: SftpSource | null;
  readonly databricks: DatabricksSource | null;
}

/** What the manifest says of a run's sources. */
export function sourcesForManifest({ recommender, sftpInbound, databricks }: FrozenSources): ManifestSources {
  return { recommender: recommender ?? null, sftp: sftpInbound ?? null, databricks: databricks ?? null };
}

/** A source of a run that a process does not have: what the run wants, and what the process has, in words. */
export interface SourceDifference {
  readonly wanted: string;
  readonly here: string;
}

/** A source as people read it: `SFTP server sftp://reader@sftp.vendor.example:22/outgoing`. */
export function sourceText<N extends SourceName>(name: N, source: RunSources[N]): string {
  return TEXTS[name](source as never);
}

/** Where a process differs from a run, of these sources. What is not settled differs from nothing. */
export function sourceDifferences(
  frozen: FrozenSources,
  own: RunSources,
  names: readonly SourceName[],
): SourceDifference[] {
  return names.flatMap((name) => {
    const source = frozen[name];
    if (source === undefined) return [];
    // A worker of an earlier build knows fewer sources.
    const [wanted, here] = [sourceText(name, source), sourceText(name, own[name] ?? null)];
    return wanted === here ? [] : [{ wanted, here }];
  });
}

const TEXTS: { readonly [N in SourceName]: (source: RunSources[N]) => string } = {
  recommender: (url) => (url === null ? 'no recommender' : `recommender ${url}`),
  sftpInbound: (server) =>
    server === null ? 'no SFTP server, the local catalog files' : `SFTP server ${sftp(server)}`,
  databricks: (tables) => (tables === null ? 'no Databricks' : `Databricks ${databricks(tables)}`),
  sftpOutbound: (server) => (server === null ? 'no SFTP server to publish to' : `publishing to ${sftp(server)}`),
  lakehouse: (root) => (root === null ? 'no LAKEHOUSE_URL to land in' : `landing in ${root}`),
};

/** Host names know no case, and a slash at the end of a folder's path says nothing. */
function sftp({ host, port, user, path }: SftpSource): string {
  const name = host.includes(':') ? `[${host}]` : host;
  const folder = path.replace(/(?<=.)\/+$/, '');
  return `sftp://${user}@${name.toLowerCase()}:${port}${folder.startsWith('/') ? '' : '/~/'}${folder}`;
}

function databricks({ host, httpPath, catalog, schema }: DatabricksSource): string {
  return `${host.toLowerCase().replace(/:443$/, '')}${httpPath}, ${catalog}.${schema}`;
}
