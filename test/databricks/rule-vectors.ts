import { catalogDates, catalogNames, catalogs } from './catalog-vectors.ts';
import { decisions, names } from './employee-vectors.ts';
import { employeeRows, ids, recommendations, retryAfter, statuses, urls } from './input-vectors.ts';
import { catalogChoices, failedEmployees, instants, seeds, summaryTails } from './run-vectors.ts';
import { draws, weeks } from './week-vectors.ts';

/**
 * What both languages must give: a file's cases, each an object with the input and what comes out. Numbers stay below
 * 2^53.
 */
export type Vectors = Readonly<Record<string, readonly object[]>>;

/** All cases, by the name of their file. @param zones the IANA names to take. */
export function ruleVectors(zones: readonly string[]): Vectors {
  return {
    draws: draws(),
    weeks: weeks(zones),
    employees: decisions(),
    names: names(),
    'catalog-names': catalogNames(),
    'catalog-dates': catalogDates(),
    catalogs: catalogs(),
    ids: ids(),
    'employee-rows': employeeRows(),
    recommendations: recommendations(),
    urls: urls(),
    'retry-after': retryAfter(),
    statuses: statuses(),
    instants: instants(),
    seeds: seeds(),
    'catalog-choices': catalogChoices(),
    'summary-tails': summaryTails(),
    'failed-employees': failedEmployees(),
  };
}
