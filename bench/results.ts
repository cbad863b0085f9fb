import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resultsMarkdown } from './results-markdown.ts';
import { plotSvg } from './results-plot.ts';
import type { BenchResults } from './section.ts';

/** The figures that others hold against a bar: the medians of all ratios, by name, `queueOverheadRatio` first. */
export function headline({ sections }: BenchResults): Record<string, number> {
  const ratios = Object.values(sections).flatMap(({ ratios }) => ratios);
  return Object.fromEntries(ratios.map(({ name, value }) => [name, rounded(value.median)]));
}

/** Results as `results.json` has them. */
export function resultsJson(results: BenchResults): string {
  const tidy = (_key: string, value: unknown) => (typeof value === 'number' ? rounded(value) : value);
  return `${JSON.stringify({ ...headline(results), ...results }, tidy, 2)}\n`;
}

/** Writes `results.json`, `results.md` and `results.svg` into a folder. */
export async function writeResults(folder: string, results: BenchResults): Promise<void> {
  await mkdir(folder, { recursive: true });
  const groups = Object.values(results.sections).flatMap(({ plots }) => plots);
  await writeFile(join(folder, 'results.json'), resultsJson(results));
  await writeFile(join(folder, 'results.md'), resultsMarkdown(results));
  await writeFile(join(folder, 'results.svg'), plotSvg(groups));
}

/**
 * The results of a folder with those of some sections laid over them, in the order of `names`. Sections that were
 * measured on another machine are dropped: nobody could tell them apart.
 */
export async function mergedResults(
  folder: string,
  fresh: BenchResults,
  names: readonly string[],
): Promise<BenchResults> {
  const known = await readResults(folder);
  const same = known !== undefined && JSON.stringify(known.machine) === JSON.stringify(fresh.machine);
  const all = { ...(same ? known.sections : {}), ...fresh.sections };
  const sections = Object.fromEntries(names.flatMap((name) => (all[name] ? [[name, all[name]] as const] : [])));
  return { machine: fresh.machine, sections };
}

async function readResults(folder: string): Promise<BenchResults | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as BenchResults;
  } catch {
    return undefined;
  }
}

/** Four significant digits: there is no more in a measurement. */
function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}
