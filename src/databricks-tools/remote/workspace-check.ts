import { workspaceSettings } from '../../../config/databricks.ts';
import { loadSettings } from '../../../config/load.ts';
import { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { hasLakehouseFile, readLakehouseFile } from '../../adapters/disk/lakehouse-file.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { printable } from '../../domain/quoted-value.ts';
import type { Outcome } from '../../queries/connections/finding.ts';
import { anObject, aText } from './json-values.ts';

const ATTEMPTS = 2;
/** From the best to the worst. */
const STATES = ['fine', 'not configured', 'wrong'] as const;

/**
 * Logs in to every workspace that the environment or the description names, and says as whom. A failure hides
 * none of the others.
 */
export async function tryWorkspaces(): Promise<Outcome> {
  let hosts: readonly string[];
  try {
    hosts = await namedHosts();
  } catch (error) {
    return failureOf(error);
  }
  if (hosts.length === 0)
    return { state: 'not configured', detail: 'neither DATABRICKS_HOST nor lakehouse.yaml names one' };
  const outcomes = await Promise.all(hosts.map(tryWorkspace));
  const remedies = [...new Set(outcomes.flatMap(({ remedy }) => remedy ?? []))];
  return {
    state: STATES.findLast((state) => outcomes.some((outcome) => outcome.state === state)) ?? 'fine',
    detail: outcomes.map(({ detail }) => detail).join('; '),
    ...(remedies.length === 0 ? {} : { remedy: remedies.join(' ') }),
  };
}

async function tryWorkspace(host: string): Promise<Outcome> {
  try {
    const workspace = workspaceSettings(host, loadSettings().values);
    if (workspace === null) {
      const remedy = 'Set DATABRICKS_TOKEN, or both DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET.';
      return { state: 'not configured', detail: `there is no login for ${host}`, remedy };
    }
    const rest = await DatabricksRest.open(workspace, { attempts: ATTEMPTS });
    try {
      const path = '/api/2.0/preview/scim/v2/Me';
      const me = anObject(await rest.call({ method: 'GET', path, doing: 'asking who is logged in' }));
      const name = printable(aText(me.userName)) || 'somebody without a name';
      return { state: 'fine', detail: `${host}: logged in as ${name}` };
    } finally {
      rest.close();
    }
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): Outcome {
  if (!(error instanceof BtcFakeError)) throw error;
  return { state: 'wrong', detail: error.message, ...(error.remedy ? { remedy: error.remedy } : {}) };
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
