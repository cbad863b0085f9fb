import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readLakehouseText } from '../../adapters/disk/lakehouse-file.ts';
import { invalidDescription, lineFinderOf } from '../../domain/description/problem.ts';
import { systemCode } from '../../domain/errors.ts';
import { notebookProblem } from '../../domain/workspace/notebook.ts';
import type { Workspace } from '../../domain/workspace/workspace.ts';
import { describedWorkspace } from './described-workspace.ts';

/**
 * Reads the workspace of a description, and looks at the notebooks that it names.
 * @throws BtcFakeError LAKEHOUSE_INVALID with everything that is wrong; FILE_UNREADABLE; USAGE when it has no
 * workspace.
 */
export async function validWorkspace(file: string): Promise<Workspace> {
  const { workspace } = await describedWorkspace(file);
  const lineOf = lineFinderOf(await readLakehouseText(file));
  const problems: { line: number; what: string }[] = [];
  for (const [path, notebook] of Object.entries(workspace.notebooks)) {
    const what = await problemOf(join(dirname(file), notebook));
    const line = lineOf(['workspace', 'notebooks', path]);
    if (what !== undefined) problems.push({ line, what: `${path}: ${notebook} ${what}` });
  }
  if (problems.length === 0) return workspace;
  throw invalidDescription(file, problems);
}

async function problemOf(path: string): Promise<string | undefined> {
  try {
    return notebookProblem(path, await readFile(path, 'utf8'));
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? 'is not there' : `cannot be read (${systemCode(error) ?? 'unknown'})`;
  }
}
