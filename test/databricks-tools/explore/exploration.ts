import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explore } from '../../../src/databricks-tools/explore/explore.ts';
import type { ExploreOptions } from '../../../src/databricks-tools/explore/explore-dataset.ts';
import { MultiDatasetFindings } from '../../../src/databricks-tools/findings/multi-dataset-findings.ts';
import type { DatasetFindings } from '../../../src/domain/findings/dataset.ts';

/** An exploration, as its files say it. */
export interface Exploration {
  readonly loaded: MultiDatasetFindings;
  /** The findings of the only dataset, or of the named one. */
  dataset(name?: string): DatasetFindings;
  readonly notices: readonly string[];
  /** The text of every file that was written, by its name. */
  readonly texts: Readonly<Record<string, string>>;
}

/** Explores files with these contents, and loads what was written. @param folder where a new folder is made. */
export async function explored(
  folder: string,
  files: Readonly<Record<string, string | Buffer>>,
  options: Partial<ExploreOptions> = {},
): Promise<Exploration> {
  const home = await mkdtemp(join(folder, 'explore-'));
  const paths: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(home, name), content);
    paths.push(join(home, name));
  }
  return exploredPaths(home, paths, options);
}

/** The same for sources that are there. */
export async function exploredPaths(
  home: string,
  sources: readonly string[],
  options: Partial<ExploreOptions> = {},
): Promise<Exploration> {
  const report = await explore(sources, join(home, 'findings'), { keepValues: true, ...options }, () => {});
  const multi = report.files.find((path) => path.endsWith('multi_dataset_findings.yaml'))!;
  const loaded = await MultiDatasetFindings.load(multi);
  const texts = await Promise.all(
    report.files.map(async (path) => [path.slice(home.length + '/findings/'.length), await readFile(path, 'utf8')]),
  );
  return {
    loaded,
    dataset: (name) => {
      const [only] = loaded.datasets.values();
      const found = name === undefined ? only : loaded.datasets.get(name);
      if (found === undefined) throw new Error(`there is no dataset ${name}`);
      return found;
    },
    notices: report.notices,
    texts: Object.fromEntries(texts),
  };
}

/** CSV of these rows: every text in quotes, null as nothing. */
export function csvOf(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null) =>
    typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : String(value ?? '');
  return [header.map(cell), ...rows.map((row) => row.map(cell))].map((row) => `${row.join(',')}\n`).join('');
}
