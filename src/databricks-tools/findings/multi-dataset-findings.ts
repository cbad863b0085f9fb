import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { unreadable } from '../../adapters/csv/rows.ts';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import type { DatasetFindings } from '../../domain/findings/dataset.ts';
import { type MergedColumn, mergedColumns } from '../../domain/findings/merged-columns.ts';
import type { MultiFindings } from '../../domain/findings/multi-dataset.ts';
import { parseDatasetFindings, type ReadDataset } from '../../domain/findings/parse-dataset.ts';
import { multiFindings, parseMultiFindings } from '../../domain/findings/parse-multi.ts';
import { invalidFindings, readWritten } from '../../domain/findings/read-written.ts';
import { type RecommendationRegistry, recommendationRegistry } from '../../domain/findings/registry.ts';

/** Findings over all datasets with the findings of each, checked as a whole. */
export class MultiDatasetFindings {
  /** What `multi_dataset_findings.yaml` says, with the datasets' short forms among the recommendations. */
  readonly findings: MultiFindings;
  /** The findings of every dataset that is not excluded, by name, in the order of the file. */
  readonly datasets: ReadonlyMap<string, DatasetFindings>;
  /** What of the files is not used, as `FILE: what`. */
  readonly notices: readonly string[];

  private constructor(
    findings: MultiFindings,
    datasets: ReadonlyMap<string, DatasetFindings>,
    notices: readonly string[],
  ) {
    this.findings = findings;
    this.datasets = datasets;
    this.notices = notices;
  }

  /**
   * Reads `multi_dataset_findings.yaml` and every file that it names, but not those of excluded datasets. Files in the
   * shape of earlier tools load too.
   * @throws BtcFakeError FINDINGS_INVALID (`lines`: what is wrong in all files, as `FILE:LINE: what`), FILE_UNREADABLE.
   */
  static async load(path: string): Promise<MultiDatasetFindings> {
    const parsed = parseMultiFindings(await readFindingsText(path), path);
    const datasets = new Map<string, DatasetFindings>();
    const notices = parsed.notices.map((notice) => `${path}: ${notice}`);
    const lines: string[] = [];
    for (const [name, { findings_path: own, excluded }] of Object.entries(parsed.findings.datasets)) {
      if (excluded) continue;
      const file = isAbsolute(own) ? own : join(dirname(path), own);
      const line = parsed.written.lineOf(['datasets', name, 'findings_path']);
      try {
        const read = parseDatasetFindings(await readFindingsText(file, `${path}:${line}`), file, name);
        if (read.findings.name !== name) lines.push(`${path}:${line}: ${file} is about ${read.findings.name}`);
        datasets.set(name, { ...read.findings, name });
        notices.push(...read.notices.map((notice) => `${file}: ${notice}`));
      } catch (error) {
        if (!(error instanceof BtcFakeError) || error.code !== 'FINDINGS_INVALID') throw error;
        lines.push(...error.lines);
      }
    }
    if (lines.length > 0) throw severalInvalid(path, lines);
    return new MultiDatasetFindings(multiFindings(parsed, datasets), datasets, notices);
  }

  /** Every recommendation, by layer, source and step, in the order in which they apply. */
  toRecommendationRegistry(): RecommendationRegistry {
    return recommendationRegistry(this.findings, this.datasets);
  }

  /** The columns of the table that the silver layer makes, by name. */
  mergedColumns(): ReadonlyMap<string, MergedColumn> {
    return mergedColumns(this.findings, this.datasets);
  }
}

/**
 * Reads the findings of one dataset.
 * @throws BtcFakeError FINDINGS_INVALID, whose `lines` hold everything that is wrong; FILE_UNREADABLE.
 */
export async function loadFindings(path: string): Promise<ReadDataset> {
  return parseDatasetFindings(await readFindingsText(path), path, nameOf(path));
}

/** What a file of findings has, whether it is about one dataset or about all. */
export interface FindingsOutline {
  /** Names of the datasets that are not excluded. */
  readonly datasets: readonly string[];
  /** How many recommendations there are, in all files. */
  readonly recommendations: number;
  readonly notices: readonly string[];
}

/** Loads findings of either kind: those over all datasets have `datasets`. @throws as the two loaders do. */
export async function loadAnyFindings(path: string): Promise<FindingsOutline> {
  if (!('datasets' in readWritten(await readFindingsText(path), path).value)) {
    const { findings, notices } = await loadFindings(path);
    return {
      datasets: [findings.name],
      recommendations: findings.recommendations.length + findings.short_gold.length,
      notices: notices.map((notice) => `${path}: ${notice}`),
    };
  }
  const { findings, datasets, notices } = await MultiDatasetFindings.load(path);
  const bronze = [...datasets.values()].reduce((sum, { recommendations }) => sum + recommendations.length, 0);
  return {
    datasets: [...datasets.keys()],
    recommendations: bronze + findings.recommendations.length,
    notices,
  };
}

/** `orders` of `findings/orders_findings.yaml`. */
function nameOf(path: string): string {
  return basename(path).replace(/(_findings)?\.(ya?ml|json)$/i, '') || 'dataset';
}

/** @param from the line that names the file, if one does. */
async function readFindingsText(path: string, from?: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw unreadable(path, systemCode(error), error);
    throw new BtcFakeError('FILE_UNREADABLE', `${path}: there is no such file${from ? ` (named at ${from})` : ''}`, {
      remedy: 'Write one with: btc-fake databricks explore SOURCE',
      cause: error,
    });
  }
}

function severalInvalid(path: string, lines: readonly string[]): BtcFakeError {
  const { remedy } = invalidFindings(path, [{ line: 1, what: '' }]);
  return new BtcFakeError(
    'FINDINGS_INVALID',
    `${lines.length === 1 ? 'One error' : `${lines.length} errors`} in the findings that ${path} names`,
    { lines, ...(remedy === undefined ? {} : { remedy }) },
  );
}
