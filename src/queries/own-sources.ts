import type { Settings, SftpServerSettings } from '../../config/settings.ts';
import { recommenderUrl } from '../domain/recommender/url.ts';
import type { FrozenSources, RunSources, SftpSource } from '../domain/run/sources.ts';

/** The settings that say where a run's answers come from. */
export type SourceSettings = Pick<
  Settings,
  'recommender' | 'sftpInbound' | 'databricks' | 'sftpOutbound' | 'lakehouseUrl'
>;

/**
 * The sources that a process would use, by its settings; no secrets.
 * @throws BtcFakeError CONFIG_INVALID (API_ENDPOINT).
 */
export function ownSources({
  recommender,
  sftpInbound,
  databricks,
  sftpOutbound,
  lakehouseUrl,
}: SourceSettings): RunSources {
  return {
    recommender: recommender ? recommenderUrl(recommender.baseUrl, recommender.endpoint).href : null,
    sftpInbound: sftpInbound ? sftpSource(sftpInbound) : null,
    databricks: databricks
      ? {
          host: databricks.host,
          httpPath: databricks.httpPath,
          catalog: databricks.catalog,
          schema: databricks.schema,
        }
      : null,
    sftpOutbound: sftpOutbound ? sftpSource(sftpOutbound) : null,
    lakehouse: lakehouseUrl ?? null,
  };
}

/**
 * Those of a process's sources that are configured: what it settles for a run that others work on (contract section 2).
 */
export function configuredSources(settings: SourceSettings): FrozenSources {
  return Object.fromEntries(Object.entries(ownSources(settings)).filter(([, source]) => source !== null));
}

function sftpSource({ host, port, username, remotePath }: SftpServerSettings): SftpSource {
  return { host, port, user: username, path: remotePath };
}
