import { readdirSync, readFileSync } from 'node:fs';

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

/**
 * Follows the peaks of a process's descendants by what their command lines hold, until it is stopped.
 * @param kinds what the command lines of a kind match, by the kind's name; the peaks of its processes are added up.
 */
export function followDescendants<K extends string>(pid: number, kinds: Readonly<Record<K, RegExp>>) {
  const peaks = new Map<number, { readonly kind: K; readonly megabytes: number }>();
  const look = () => {
    for (const one of descendants(pid)) {
      const command = readProc(one, 'cmdline').replaceAll('\0', ' ');
      const kind = (Object.keys(kinds) as K[]).find((name) => kinds[name].test(command));
      if (kind) peaks.set(one, { kind, megabytes: Math.max(peaks.get(one)?.megabytes ?? 0, peakMegabytes(one)) });
    }
  };
  const timer = setInterval(look, 200);
  const peakOf = (kind: K) =>
    [...peaks.values()].reduce((sum, peak) => sum + (peak.kind === kind ? peak.megabytes : 0), 0);
  return { peakOf, stop: () => clearInterval(timer) };
}

function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(/^PPid:\s*(\d+)/m.exec(readProc(Number(name), 'status'))?.[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (let next = [pid]; next.length > 0; ) {
    next = next.flatMap((one) => children.get(one) ?? []);
    found.push(...next);
  }
  return found;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
