import { join, relative } from 'node:path';
import { packageRoot } from '../adapters/disk/package-root.ts';

/** The path of a file in the package's `input/`, relative to the folder that the command runs in. */
export function sampleInput(name: string): string {
  return join(relative(process.cwd(), packageRoot()), 'input', name);
}
