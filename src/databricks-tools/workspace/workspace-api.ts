import { workspaceSettings } from '../../../config/databricks.ts';
import { loadSettings } from '../../../config/load.ts';
import { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { BtcFakeError } from '../../domain/errors.ts';

/**
 * Logs in to a workspace for `work`, and closes the connection however the work ends.
 * @param host of the target, or of DATABRICKS_HOST. @param place where the host could be named, for the message.
 * @throws BtcFakeError CONFIG_INVALID without host or login; and what the work throws.
 */
export async function withWorkspaceApi<T>(
  host: string | undefined,
  place: string,
  work: (rest: DatabricksRest) => Promise<T>,
): Promise<T> {
  if (host === undefined) {
    throw new BtcFakeError('CONFIG_INVALID', 'No workspace is named', {
      remedy: `Set host in ${place}, or DATABRICKS_HOST.`,
    });
  }
  const settings = workspaceSettings(host, loadSettings().values);
  if (settings === null) {
    throw new BtcFakeError('CONFIG_INVALID', `There is no login for ${host}`, {
      remedy: 'Set DATABRICKS_TOKEN, or both DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET.',
    });
  }
  const rest = await DatabricksRest.open(settings);
  try {
    return await work(rest);
  } finally {
    rest.close();
  }
}
