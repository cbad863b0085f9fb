import { workspaceSettings } from '../../../config/databricks.ts';
import { loadSettings } from '../../../config/load.ts';
import { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { hasLakehouseFile, readLakehouseFile } from '../../adapters/disk/lakehouse-file.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { printable } from '../../domain/quoted-value.ts';
import type { Outcome } from '../../queries/connections/finding.ts';
import { anObject, aText } from './json-values.ts';

const ATTEMPTS = 2;

/** Logs in to each workspace that the environment or the description names, and says as whom. Never rejects. */
export async function tryWorkspace(): Promise<Outcome> {
  try {
    const hosts = await namedHosts();
    if (hosts.length === 0)
      return { state: 'not configured', detail: 'neither DATABRICKS_HOST nor lakehouse.yaml names one' };
    const { values } = loadSettings();
    const details: string[] = [];
    for (const host of hosts) {
      const workspace = workspaceSettings(host, values);
      if (workspace === null) {
        const remedy = 'Set DATABRICKS_TOKEN, or both DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET.';
        return { state: 'not configured', detail: `there is no login for ${host}`, remedy };
      }
      const rest = await DatabricksRest.open(workspace, { attempts: ATTEMPTS });
      try {
        const path = '/api/2.0/preview/scim/v2/Me';
        const me = anObject(await rest.call({ method: 'GET', path, doing: 'asking who is logged in' }));
        details.push(`${host}: logged in as ${printable(aText(me.userName)) || 'somebody without a name'}`);
      } finally {
        rest.close();
      }
    }
    return { state: 'fine', detail: details.join('; ') };
  } catch (error) {
    if (!(error instanceof BtcFakeError)) throw error;
    return { state: 'wrong', detail: error.message, ...(error.remedy ? { remedy: error.remedy } : {}) };
  }
}

/** The environment comes before the file. What is wrong with the file its own check says. */
async function namedHosts(): Promise<string[]> {
  const host = loadSettings().values.DATABRICKS_HOST;
  if (host !== null) return [host];
  if (!hasLakehouseFile()) return [];
  const description = await readLakehouseFile().catch(() => undefined);
  const hosts = description?.targets.flatMap((target) => (target.host === undefined ? [] : [target.host])) ?? [];
  return [...new Set(hosts)];
}
