import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readlink, symlink, unlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';

const POLL_MS = 25;

/**
 * What tells a process from every other one, also from a later one with the same number: its number and its
 * start time. Undefined when no such process runs (a zombie no longer counts).
 */
export function processMark(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      // The name in brackets may hold anything, so the fields are counted from the last bracket.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${pid}-${fields[19]}`;
    } catch {
      return undefined;
    }
  }
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return ps.status === 0 ? `${pid}-${ps.stdout.trim().replaceAll(/\s+/g, '-')}` : undefined;
}

/** True while the process that wrote this mark runs. */
export function isRunning(mark: string): boolean {
  return processMark(Number.parseInt(mark, 10)) === mark;
}

/** How a lock that somebody else holds is waited for. */
export interface LockWait {
  /** Is called once, when the lock is not free at once. */
  readonly onWait?: () => void;
  /** Ends the wait: what it was given is thrown. */
  readonly stop?: AbortSignal;
}

/**
 * Does `work` while no other process (nor another call in this one) holds the lock at `path`, and returns its result.
 * The lock is a symbolic link to the holder's mark, made in one step; a lock whose owner is gone is broken.
 * @throws BtcFakeError INTERNAL when the lock is not free within `waitMs`.
 */
export async function withFolderLock<T>(
  path: string,
  waitMs: number,
  work: () => Promise<T>,
  { onWait, stop }: LockWait = {},
): Promise<T> {
  const deadline = Date.now() + waitMs;
  for (let waits = 0; !(await take(path)); waits += 1) {
    if (waits === 0) onWait?.();
    await breakIfAbandoned(path);
    if (Date.now() > deadline) {
      throw new BtcFakeError('INTERNAL', `Another command has held ${path} for ${Math.round(waitMs / 1000)} s.`, {
        remedy: 'End that command, or remove the lock if there is none.',
      });
    }
    await delay(POLL_MS, undefined, stop && { signal: stop });
  }
  try {
    return await work();
  } finally {
    await unlink(path);
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await symlink(processMark(process.pid) ?? String(process.pid), path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a lock whose owner is gone. Two who do this at once could remove each other's new lock, so breaking has a
 * lock of its own; that one is held for two system calls, and is itself given up when its owner is gone.
 */
async function breakIfAbandoned(path: string): Promise<void> {
  if (!(await isAbandoned(path))) return;
  const guard = `${path}.break`;
  if (!(await take(guard))) {
    if (await isAbandoned(guard)) await unlinkIfThere(guard);
    return;
  }
  try {
    if (await isAbandoned(path)) await unlinkIfThere(path);
  } finally {
    await unlinkIfThere(guard);
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    return !isRunning(await readlink(path));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
