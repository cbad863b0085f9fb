import { statSync } from 'node:fs';
import type { LoadedSettings } from '../../config/load.ts';
import { SCHEMA } from '../../config/schema.ts';
import type { Finding } from '../queries/connections/finding.ts';

const ENV_FILE = '.env';
const OTHERS_MAY_READ = 0o077;

/**
 * Whether other users of this machine may read the secrets in `.env`. Undefined when no secret comes from there.
 */
export function checkEnvFileMode({ sources }: Pick<LoadedSettings, 'sources'>, path = ENV_FILE): Finding | undefined {
  const holdsSecret = [...sources].some(([name, source]) => source === '.env' && SCHEMA[name].sensitive);
  if (!holdsSecret) return undefined;
  const mode = statSync(path).mode & 0o777;
  const shown = `mode ${mode.toString(8).padStart(4, '0')}`;
  return (mode & OTHERS_MAY_READ) === 0
    ? { what: ENV_FILE, state: 'fine', detail: `${shown}: nobody else can read its secrets` }
    : {
        what: ENV_FILE,
        state: 'wrong',
        detail: `${shown}: others on this machine can read its secrets`,
        remedy: `Take their rights away: chmod 600 ${ENV_FILE}`,
      };
}
