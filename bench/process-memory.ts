import { readFileSync } from 'node:fs';

/**
 * The most memory that a process has had resident so far, in megabytes, by the kernel's own mark; 0 when it has ended.
 */
export function peakMegabytes(pid: number): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Follows the peak of a process until it is stopped or the process has ended: afterwards there is nobody to ask. */
export function followPeak(pid: number): { readonly megabytes: number; stop(): void } {
  let megabytes = 0;
  const look = () => {
    megabytes = Math.max(megabytes, peakMegabytes(pid));
  };
  const timer = setInterval(look, 50);
  return {
    get megabytes() {
      look();
      return megabytes;
    },
    stop: () => clearInterval(timer),
  };
}
