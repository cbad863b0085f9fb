import type { EmployeesInput, FailedEmployee, Manifest } from '../../domain/run/manifest.ts';
import type { RunPlan } from '../../domain/run/plan.ts';
import type {
  AssignmentFacts,
  Cancellation,
  CatalogFacts,
  Frozen,
  FrozenPopulation,
  NewRun,
  RunRecord,
} from '../../domain/run/record.ts';
import { type FrozenSources, SOURCE_NAMES } from '../../domain/run/sources.ts';
import { STAGES } from '../../domain/run/stages.ts';

/** How many employees stand in one chunk of the population. */
export const POPULATION_CHUNK = 1000;

/** The fields of the run's hash, written. */
export function jsonFields(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([field, value]) => [field, JSON.stringify(value)]));
}

/** The fields of the hash of a run that is made. */
export function newRunFields({ sources, outputDir, ...run }: NewRun): Record<string, string> {
  const frozen = { ...(sources ? { sources } : {}), ...(outputDir === undefined ? {} : { outputDir }) };
  // A folder that somebody asked for stays, whatever becomes of the stages.
  const given = outputDir === undefined ? {} : { outputGiven: true };
  return { ...jsonFields({ ...run, ...given }), ...frozenFields(frozen) };
}

/** What is settled, as fields of the run's hash: one for each source, so that each is settled by itself. */
export function frozenFields({ sources, outputDir }: Frozen): Record<string, string> {
  const named = Object.entries(sources ?? {}).map(([name, source]) => [SOURCE_FIELD + name, source]);
  const fields = { ...Object.fromEntries(named), ...(outputDir === undefined ? {} : { outputDir }) };
  return jsonFields({ ...(sources ? { sources: true } : {}), ...fields });
}

const SOURCE_FIELD = 'source:';

/** Decodes a value that may be missing. */
export function decodeOptional<T>(text: string | null | undefined, decode: (text: string) => T): T | undefined {
  return text === null || text === undefined ? undefined : decode(text);
}

/** The fields of the run's hash, read. */
export function decodeRun(fields: Record<string, string>): RunRecord {
  const json = <T>(name: string): T | undefined => decodeOptional(fields[name], (text) => JSON.parse(text) as T);
  const stages = (prefix: string) =>
    Object.fromEntries(
      STAGES.filter((stage) => fields[prefix + stage] !== undefined).map((stage) => [
        stage,
        Number(fields[prefix + stage]),
      ]),
    );
  const optional = {
    slot: json<number>('slot'),
    catalogs: json<CatalogFacts>('catalogs'),
    assignments: json<AssignmentFacts>('assignments'),
    sources: fields.sources === undefined ? undefined : sourcesIn(json),
    outputDir: json<string>('outputDir'),
    manifest: json<Manifest>('manifest'),
    written: json<RunRecord['written']>('written'),
    finishedAt: json<number>('finishedAt'),
    publishedAt: json<number>('publishedAt'),
    cancelled: json<Cancellation>('cancelled'),
  };
  const happened = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    plan: json<RunPlan>('plan')!,
    createdAt: json<number>('createdAt')!,
    publish: json<boolean>('publish')!,
    employees: json<EmployeesInput>('employees')!,
    population: json<FrozenPopulation>('population')!,
    fannedOut: json<number>('fannedOut') ?? 0,
    without: json<FailedEmployee[]>('without') ?? [],
    stageStartedAt: stages('started:'),
    stageFinishedAt: stages('finished:'),
    ...Object.fromEntries(happened),
  };
}

function sourcesIn(json: (name: string) => unknown): FrozenSources {
  const named = SOURCE_NAMES.map((name) => [name, json(SOURCE_FIELD + name)] as const);
  return Object.fromEntries(named.filter(([, source]) => source !== undefined));
}
