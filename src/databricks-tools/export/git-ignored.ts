import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const DEADLINE_MS = 5_000;

/**
 * Whether git ignores a folder: a bundle does not copy ignored files to the workspace. False where there is no git, no
 * repository, or no answer.
 */
export async function isIgnoredByGit(folder: string): Promise<boolean> {
  try {
    await promisify(execFile)('git', ['check-ignore', '--quiet', '--', folder], { timeout: DEADLINE_MS });
    return true;
  } catch {
    return false;
  }
}
