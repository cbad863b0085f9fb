import type { LoadedSettings } from '../../../config/load.ts';
import {
  hasLakehouseFile,
  readLakehouseText,
  replaceLakehouseFile,
  writeLakehouseFile,
} from '../../adapters/disk/lakehouse-file.ts';
import { replaceFile } from '../../adapters/disk/whole-file.ts';
import type { Description, TargetName } from '../../domain/description/description.ts';
import { parseDescription } from '../../domain/description/parse.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { quotedValue } from '../../domain/quoted-value.ts';
import { type ImportChoice, type Imported, workspaceFrom } from '../../domain/workspace/from-live.ts';
import { workspaceProblems } from '../../domain/workspace/problems.ts';
import type { Workspace } from '../../domain/workspace/workspace.ts';
import { withWorkspace } from '../../generators/workspace/edited-description.ts';
import { importBlocks } from '../../generators/workspace/import-blocks.ts';
import { writtenWorkspace } from '../../generators/workspace/written-workspace.ts';
import { newDescription } from '../new-description.ts';
import { readLiveWorkspace } from './live-workspace.ts';
import { refuseSecond } from './new-workspace.ts';
import { withWorkspaceApi } from './workspace-api.ts';

/** What was written. */
export interface ImportResult {
  readonly isNewFile: boolean;
  /** What of the workspace is not in the description, and why. */
  readonly notices: readonly string[];
}

/**
 * Adds a workspace to a description as the workspace's API shows it, and writes import blocks for Terraform.
 * @param choice with the file for the import blocks, and the target whose host is read.
 * @throws BtcFakeError USAGE when the file has a workspace already, or the workspace no such catalog; what
 * `readLiveWorkspace` throws; LAKEHOUSE_INVALID, FILE_UNREADABLE, CONFIG_INVALID, OUTPUT_UNWRITABLE.
 */
export async function importWorkspace(
  file: string,
  choice: ImportChoice & { readonly importBlocks: string; readonly env?: TargetName },
  settings: LoadedSettings,
): Promise<ImportResult> {
  const isNewFile = !hasLakehouseFile(file);
  const before = isNewFile ? newDescription(settings) : await readLakehouseText(file);
  const description = parseDescription(before, file);
  refuseSecond(description, file);
  if (hasLakehouseFile(choice.importBlocks)) {
    throw new BtcFakeError('USAGE', `${choice.importBlocks} exists already; it is left as it is`, {
      remedy: 'Move it away, or name another file with --import-blocks.',
    });
  }
  const target = description.targets.find(({ name }) => choice.env === undefined || name === choice.env);
  const host = settings.values.DATABRICKS_HOST ?? target?.host;
  const live = await withWorkspaceApi(host, file, (rest) => readLiveWorkspace(rest));
  if (!live.securables.has(choice.peopleCatalog.toLowerCase())) {
    throw new BtcFakeError('USAGE', `The workspace has no catalog ${quotedValue(choice.peopleCatalog, 80)}`, {
      remedy: 'Name the catalog with the personal schemas: --people-catalog NAME. The login has to see it.',
    });
  }
  const { workspace, notices } = withoutMistakes(description, workspaceFrom(live, choice));
  const after = withWorkspace(before, writtenWorkspace(workspace));
  parseDescription(after, file);
  await replaceFile(choice.importBlocks, importBlocks(workspace), 'Name another file with --import-blocks.');
  if (isNewFile) await writeLakehouseFile(after, file);
  else await replaceLakehouseFile(file, before, after);
  return { isNewFile, notices: [...notices, ...live.vanished.map((name) => `${name} went away while it was read`)] };
}

/** A workspace can hold what a description refuses, such as a grant without effect: it is left out with a notice. */
function withoutMistakes(description: Description, { workspace, notices }: Imported): Imported {
  const left = [...notices];
  for (let current = workspace; ; ) {
    const [problem] = workspaceProblems({ ...description, workspace: current });
    if (problem === undefined) return { workspace: current, notices: left };
    const next = without(current, problem.path.slice(1));
    // What is still wrong the check of the whole file reports, with lines.
    if (next === undefined) return { workspace: current, notices: left };
    left.push(`${problem.what}: it is left out`);
    current = next;
  }
}

/** A workspace without a privilege, a grant, a schema or a person; undefined where nothing can be left out. */
function without(workspace: Workspace, [part, key, group, index]: readonly (string | number)[]): Workspace | undefined {
  if (part === 'people') {
    const { [String(key)]: _left, ...people } = workspace.people;
    return { ...workspace, people };
  }
  if (part === 'shared_catalogs' && group === 'schemas') {
    const catalog = workspace.shared_catalogs[String(key)];
    const schemas = catalog?.schemas.filter((_, at) => at !== index) ?? [];
    return { ...workspace, shared_catalogs: { ...workspace.shared_catalogs, [String(key)]: { schemas } } };
  }
  if (part !== 'grants') return undefined;
  const grants = workspace.grants.flatMap((grant, at) => {
    if (at !== key) return [grant];
    const kept = group === 'privileges' ? grant.privileges.filter((_, one) => one !== index) : [];
    const on = group === 'on' ? grant.on.filter((_, one) => one !== index) : grant.on;
    const privileges = group === 'on' ? grant.privileges : kept;
    return privileges.length === 0 || on.length === 0 ? [] : [{ ...grant, on, privileges }];
  });
  return { ...workspace, grants };
}
