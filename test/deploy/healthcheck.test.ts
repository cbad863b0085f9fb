import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { ROOT } from '../support/compose-file.ts';

// What this file proves: the container's health check ends with 0 when the process in it answers on /healthz, whichever
// of the two it is, and with 1 and a reason otherwise.

const CHECK = join(ROOT, 'deploy/container/healthcheck.mjs');
/** Nothing listens there. */
const NOBODY = '1';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(status: number): Promise<string> {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/healthz' ? status : 404).end();
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return String((server.address() as AddressInfo).port);
}

function check(env: Record<string, string>): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CHECK], { env }, (error, _stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stderr });
    });
  });
}

test('a worker that lives is healthy, and so is a dashboard', async () => {
  const port = await serve(200);
  expect(await check({ METRICS_PORT: port, DASHBOARD_PORT: NOBODY })).toEqual({ code: 0, stderr: '' });
  expect(await check({ METRICS_PORT: NOBODY, DASHBOARD_PORT: port })).toEqual({ code: 0, stderr: '' });
});

test('a process that says that it is not, or says nothing, is not', async () => {
  const port = await serve(503);
  const { code, stderr } = await check({ METRICS_PORT: port, DASHBOARD_PORT: NOBODY });
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`^/healthz on port ${port} answered 503; .*\n$`));
});
