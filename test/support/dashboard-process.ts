import type { RunningBtcFake } from './btc-fake.ts';
import { freePort } from './redis.ts';
import { waitUntil } from './wait-until.ts';
import type { Workspace } from './workspace.ts';

/** A dashboard in a process of its own. */
export interface DashboardProcess {
  readonly command: RunningBtcFake;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
}

const LIMIT_MS = 240_000;

/** Starts `btc-fake dashboard` on a free port and waits until it serves. The workspace ends it. */
export async function startDashboardProcess(
  workspace: Workspace,
  env: Readonly<Record<string, string>> = {},
): Promise<DashboardProcess> {
  const port = await freePort('127.0.0.1');
  const command = workspace.start(['dashboard', '--port', String(port)], env, LIMIT_MS);
  await command.waitForStderr('The dashboard is served');
  const url = `http://127.0.0.1:${port}`;
  await waitUntil('the dashboard answers', async () => (await fetch(`${url}/healthz`)).ok);
  return { command, url };
}
