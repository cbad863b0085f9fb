import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot, packageVersion } from '../../adapters/disk/package-root.ts';
import type { Description, Target } from '../../domain/description/description.ts';
import { bundleText, wheelInVolume } from '../../generators/job/bundle.ts';
import { exportReadme } from '../../generators/job/export-readme.ts';
import { jobSettings } from '../../generators/job/settings.ts';
import { JOB_TASKS, NOTEBOOK_MODULES } from '../../generators/job/tasks.ts';
import { jupyterNotebook, type NotebookCell, notebookCells, sourceNotebook } from '../../generators/notebook-cells.ts';
import { wheel, wheelName } from './wheel.ts';

/** Bytes of files by their path below the folder of an export, with `/`. */
export type ExportedFiles = ReadonlyMap<string, Buffer>;

/** What is exported. */
export interface ExportChoice {
  readonly description: Description;
  /** The target of `workflow.json`, and the default of the bundle. */
  readonly target: Target;
  readonly format: 'py' | 'ipynb';
  /** Whether the modules come as a wheel instead of files beside the notebooks. */
  readonly asWheel: boolean;
}

/** All files of an export but its manifest, in the order of their paths. The same choice gives the same bytes. */
export async function exportedFiles({ description, target, format, asWheel }: ExportChoice): Promise<ExportedFiles> {
  const version = packageVersion();
  const modules = await moduleFiles();
  const wheelFile = asWheel ? wheelName(version) : undefined;
  const wheelPath = wheelFile === undefined ? undefined : wheelInVolume(wheelFile, (name) => target[name]);
  const files = new Map<string, Buffer>();
  const add = (path: string, text: string) => files.set(path, Buffer.from(text));
  const install = [
    ...(wheelPath === undefined ? [] : wheelCells(wheelPath)),
    // One notebook serves all targets of a bundle.
    ...(description.targets.some(({ simulation }) => simulation.catalogs_by_sftp) ? [await sftpClientCell()] : []),
  ];
  for (const { notebook } of JOB_TASKS) {
    const source = await readFile(join(packageRoot(), 'databricks', `${notebook}.py`), 'utf8');
    const cells = [...install, ...notebookCells(source)];
    if (format === 'ipynb') add(`${notebook}.ipynb`, jupyterNotebook(cells));
    else add(`${notebook}.py`, install.length === 0 ? source : sourceNotebook(cells));
  }
  if (wheelFile === undefined) for (const [path, bytes] of modules) files.set(path, bytes);
  else files.set(wheelFile, await wheel(modules, version));
  const settings = jobSettings(description, target, {
    version,
    notebookPath: (notebook) => `${target.workspace_folder}/${target.name}/${notebook}`,
    ...(wheelPath === undefined ? {} : { wheelPath }),
  });
  add('workflow.json', `${JSON.stringify(settings, null, 2)}\n`);
  add('databricks.yml', bundleText({ description, byDefault: target, ending: format, wheel: wheelFile, version }));
  add('README.md', exportReadme(description, target, format, wheelFile));
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The cells that install the wheel before anything is imported. Serverless compute takes no libraries from the job. */
function wheelCells(path: string): NotebookCell[] {
  return [
    {
      kind: 'code',
      text: `dbutils.widgets.text("wheel", ${JSON.stringify(path)})\nwheel = dbutils.widgets.get("wheel")`,
    },
    { kind: 'magic', text: '%pip install --quiet $wheel' },
  ];
}

/** The cell that installs the SFTP client, in the version that the tests run with. */
async function sftpClientCell(): Promise<NotebookCell> {
  const lock = await readFile(join(packageRoot(), 'databricks', 'requirements-spark-4.0.txt'), 'utf8');
  const [requirement = 'paramiko'] = /^paramiko==[\w.]+/m.exec(lock) ?? [];
  return { kind: 'magic', text: `%pip install --quiet ${requirement}` };
}

/** The modules that notebooks import, by path below `databricks/`; compiled files and tests are not among them. */
async function moduleFiles(): Promise<ExportedFiles> {
  const root = join(packageRoot(), 'databricks');
  const files = new Map<string, Buffer>();
  for (const module of NOTEBOOK_MODULES) {
    if (module.endsWith('.py')) {
      files.set(module, await readFile(join(root, module)));
      continue;
    }
    const names = await readdir(join(root, module), { recursive: true });
    for (const name of names.map((path) => path.replaceAll('\\', '/')).sort()) {
      if (/\.py$|(^|\/)py\.typed$/.test(name)) files.set(`${module}/${name}`, await readFile(join(root, module, name)));
    }
  }
  return files;
}
