import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from './free-port.ts';
import { waitUntil } from './wait-until.ts';

/** A server of S3 on this machine. */
export interface Moto {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts moto with the Python that `npm run test:databricks` names, with one bucket. */
export async function startMoto(bucket: string): Promise<Moto> {
  const port = await freePort();
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  const child = spawn(process.env.MOTO_PYTHON!, args, { stdio: 'ignore' });
  const isThere = () =>
    fetch(`http://127.0.0.1:${port}/${bucket}`, { method: 'PUT' }).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitUntil('moto answers', isThere, 60_000);
  return {
    port,
    close: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
