import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** What was stopped may need a moment to be gone. */
const GRACE_MS = 3_000;
const POLL_MS = 25;

/** Finds what a test file has started and not stopped. */
export class LeakCheck {
  #fileId;
  #before = new Set();
  #children = new Set();
  #workers = new Set();
  #onChild = ({ process: child }) => this.#children.add(child);
  #onWorker = ({ worker }) => this.#workers.add(worker);

  begin(fileId) {
    this.#fileId = fileId;
    this.#before = new Set(process._getActiveHandles());
    subscribe('child_process', this.#onChild);
    subscribe('worker_threads', this.#onWorker);
  }

  /** Descriptions of what is still there after a grace time. It is ended, so that the other files can continue. */
  async end() {
    unsubscribe('child_process', this.#onChild);
    unsubscribe('worker_threads', this.#onWorker);
    for (const deadline = Date.now() + GRACE_MS; ; await delay(POLL_MS)) {
      const handles = process._getActiveHandles().filter((handle) => !this.#before.has(handle) && !isOwnStream(handle));
      const children = [...this.#children].filter(isRunning);
      const workers = [...this.#workers].filter((worker) => worker.threadId !== -1);
      const strays = await findStrays(this.#fileId);
      if (handles.length + children.length + workers.length + strays.length === 0) return [];
      if (Date.now() > deadline) {
        const described = [
          ...handles.filter((handle) => !this.#children.has(handle)).map(describeHandle),
          ...children.map((child) => `child process ${child.pid}: ${child.spawnargs.join(' ')}`),
          ...workers.map((worker) => `worker thread ${worker.threadId}`),
          ...strays
            .filter((stray) => !children.some((child) => child.pid === stray.pid))
            .map((stray) => `process ${stray.pid}: ${stray.command}`),
        ];
        for (const child of children) child.kill('SIGKILL');
        for (const stray of strays) endProcess(stray.pid);
        for (const handle of handles) (handle.destroy ?? handle.close)?.call(handle);
        await Promise.all(workers.map((worker) => worker.terminate()));
        return described;
      }
    }
  }
}

function isRunning(child) {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Standard input and output come to be at their first use. */
function isOwnStream(handle) {
  return typeof handle.fd === 'number' && handle.fd >= 0 && handle.fd <= 2;
}

function describeHandle(handle) {
  const name = handle.constructor?.name ?? 'handle';
  const address = typeof handle.address === 'function' ? handle.address() : undefined;
  const remote = handle.remoteAddress === undefined ? '' : ` to ${handle.remoteAddress}:${handle.remotePort}`;
  return `${name} ${address ? JSON.stringify(address) : ''}${remote}`.trim();
}

/**
 * Processes that inherited this file's mark, no matter who started them and whatever process group they are in (Linux
 * only).
 */
async function findStrays(fileId) {
  if (process.platform !== 'linux') return [];
  const mark = `JEST_FILE_ID=${fileId}`;
  const strays = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
      if (!environment.split('\0').includes(mark)) continue;
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
      strays.push({ pid: Number(pid), command });
    } catch {
      // It is another user's, or has ended meanwhile.
    }
  }
  return strays;
}

function endProcess(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
