import { parseDescription } from '../../src/domain/description/parse.ts';
import { BtcFakeError } from '../../src/domain/errors.ts';
import type { Workspace } from '../../src/domain/workspace/workspace.ts';

/** What a description needs before its workspace. */
export const DESCRIPTION_HEAD = 'version: 1\nsimulation: { recommender: { url: "https://recommender.example/run" } }\n';

/** The workspace of a description's text. */
export function workspaceOf(text: string): Workspace {
  const { workspace } = parseDescription(text, 'lakehouse.yaml');
  if (workspace === undefined) throw new Error('the description has no workspace');
  return workspace;
}

/** The lines of the error that a description meets; none when it is right. */
export function problemsOf(text: string): readonly string[] {
  try {
    parseDescription(text, 'lakehouse.yaml');
  } catch (error) {
    if (error instanceof BtcFakeError && error.code === 'LAKEHOUSE_INVALID') return error.lines;
    throw error;
  }
  return [];
}
