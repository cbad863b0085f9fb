import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Mounts 64 kB of memory over a folder; false where this user may not, which is said. Take it away with `unmount`. */
export function mountSmall(folder: string): boolean {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], {
    encoding: 'utf8',
  });
  if (status !== 0) process.stderr.write(`No file system of its own could be mounted here: ${stderr}\n`);
  return status === 0;
}

/** Takes away what `mountSmall` has mounted. */
export function unmount(folder: string): void {
  spawnSync('umount', ['-l', folder]);
}

/** Fills the file system of a folder with one file. @returns its path. */
export function fillDisk(folder: string): string {
  const filler = join(folder, 'filler');
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1k']);
  return filler;
}
