import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { BlobServiceClient } from '@azure/storage-blob';
import { freePort } from './free-port.ts';
import { waitUntil } from './wait-until.ts';

/** The account that every Azurite has, with its well-known key. */
export const AZURITE_ACCOUNT = 'devstoreaccount1';
export const AZURITE_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** A server of Azure's blobs on this machine. */
export interface Azurite {
  readonly port: number;
  close(): Promise<void>;
}

/** The connection string for a server, or a proxy in front of it, on a port. */
export function azuriteConnection(port: number): string {
  const endpoint = `http://127.0.0.1:${port}/${AZURITE_ACCOUNT}`;
  return `DefaultEndpointsProtocol=http;AccountName=${AZURITE_ACCOUNT};AccountKey=${AZURITE_KEY};BlobEndpoint=${endpoint};`;
}

/** Starts a server that keeps everything in memory, with one container. */
export async function startAzurite(container: string): Promise<Azurite> {
  const port = await freePort();
  const program = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  const options = ['--silent', '--skipApiVersionCheck', '--disableTelemetry', '--inMemoryPersistence'];
  const child = spawn(process.execPath, [program, '--blobPort', String(port), ...options], { stdio: 'ignore' });
  const service = BlobServiceClient.fromConnectionString(azuriteConnection(port), { retryOptions: { maxTries: 1 } });
  const client = service.getContainerClient(container);
  const isThere = () =>
    client.createIfNotExists().then(
      () => true,
      () => false,
    );
  await waitUntil('Azurite answers', isThere, 60_000);
  return {
    port,
    close: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
