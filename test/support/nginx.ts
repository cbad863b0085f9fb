import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import { ROOT } from './compose-file.ts';
import { freePort } from './free-port.ts';
import { waitUntil } from './wait-until.ts';

/** How the block of docs/operations.md is changed for a test. */
export interface NginxOptions {
  /** Where the dashboard listens: `http://127.0.0.1:3000`. */
  readonly dashboardUrl: string;
  /** With a certificate that nobody has signed. */
  readonly tls?: boolean;
  /** The path below which the dashboard is served, and whether nginx takes it off. */
  readonly path?: { readonly name: string; readonly isTakenOff: boolean };
}

/** An nginx with the server block of docs/operations.md. */
export interface Nginx {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts nginx on a free port of loopback, in a temporary folder of its own that `stop` removes. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const home = await mkdtemp(join(tmpdir(), 'btc-fake-nginx-'));
  const port = await freePort();
  const { certPem, keyPem } = makeCertificate();
  await writeFile(join(home, 'cert.pem'), certPem);
  await writeFile(join(home, 'key.pem'), keyPem);
  const path = join(home, 'nginx.conf');
  await writeFile(path, configuration(home, await serverBlock(home, port, options)));
  const child = spawn('/usr/sbin/nginx', ['-p', home, '-e', 'stderr', '-c', path], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  let hasEnded = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exited = once(child, 'close').then(() => {
    hasEnded = true;
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(home, { recursive: true, force: true });
  };
  const answers = async () => {
    if (hasEnded) return true;
    // A client that speaks plain HTTP to it while it wants TLS is answered too.
    return fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
  };
  await waitUntil('nginx answers', answers);
  if (!hasEnded) return { port, stop };
  await stop();
  throw new Error(`nginx ended: ${said}`);
}

function configuration(home: string, server: string): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  );
  return `daemon off;
master_process off;
pid ${home}/nginx.pid;
events {}
http {
access_log off;
${folders.join('\n')}
${server}
}
`;
}

/** The block of the documentation, with this test's port, certificate and dashboard. */
async function serverBlock(
  home: string,
  port: number,
  { dashboardUrl, tls = false, path }: NginxOptions,
): Promise<string> {
  const text = await readFile(join(ROOT, 'docs/operations.md'), 'utf8');
  let block = /```nginx\n([\s\S]*?)```/.exec(text)![1]!;
  const replace = (documented: string, by: string) => {
    if (!block.includes(documented)) throw new Error(`docs/operations.md has no "${documented}" in its nginx block`);
    block = block.replace(documented, by);
  };
  replace('listen 443 ssl;', `listen 127.0.0.1:${port}${tls ? ' ssl' : ''};`);
  replace('/etc/ssl/certs/btc-fake.pem', `${home}/cert.pem`);
  replace('/etc/ssl/private/btc-fake.key', `${home}/key.pem`);
  replace('proxy_pass http://127.0.0.1:3000;', `proxy_pass ${dashboardUrl}${path?.isTakenOff ? '/' : ''};`);
  if (path) replace('location / {', `location ${path.name}/ {`);
  return block;
}
