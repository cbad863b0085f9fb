import type { CatalogContent } from '../../domain/catalog/content.ts';
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
import { NUMBER, type RecordReader, recordReader, unreadable } from '../redis/stored-record.ts';
import { CONTENTS, RUN_FIELDS, SOURCE } from './record-schemas.ts';

/** Of the run's hash as this version writes it. A version that older processes could misread gets the next number. */
export const RECORD_VERSION = 1;
/** What a hash without a version is: 0.1.0 wrote none, and the same fields. */
const FIRST_VERSION = '1';

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
  return { ...jsonFields({ version: RECORD_VERSION, ...run, ...given }), ...frozenFields(frozen) };
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

/** How each field is read. */
const READ = Object.fromEntries(
  Object.entries(RUN_FIELDS).map(([name, schema]) => [name, recordReader<unknown>('a run', schema)]),
) as Record<keyof typeof RUN_FIELDS, RecordReader<unknown>>;
const readInstant = recordReader<number>('a run', NUMBER);
const readSource = recordReader<unknown>('a source of a run', SOURCE);

/** Reads one list of a catalog's contents. */
export const readContents = recordReader<CatalogContent[]>('the contents of a catalog', CONTENTS);

/** The fields of the run's hash, read. @param key of the hash, for an error. @throws BtcFakeError REDIS_RECORD. */
export function decodeRun(fields: Record<string, string>, key: string): RunRecord {
  const version = Number(fields.version ?? FIRST_VERSION);
  if (!(version <= RECORD_VERSION)) {
    throw unreadable('a run', key, `its version is ${fields.version}, and this process knows ${RECORD_VERSION}`);
  }
  const json = <T>(name: keyof typeof READ): T | undefined =>
    decodeOptional(fields[name], (text) => READ[name](text, `${key} ${name}`) as T);
  const needed = <T>(name: keyof typeof READ): T => {
    const value = json<T>(name);
    if (value === undefined) throw unreadable('a run', key, `it has no ${name}`);
    return value;
  };
  const stages = (prefix: string) =>
    Object.fromEntries(
      STAGES.flatMap((stage) => {
        const text = fields[prefix + stage];
        return text === undefined ? [] : [[stage, readInstant(text, `${key} ${prefix}${stage}`)]];
      }),
    );
  const optional = {
    slot: json<number>('slot'),
    catalogs: json<CatalogFacts>('catalogs'),
    assignments: json<AssignmentFacts>('assignments'),
    sources: fields.sources === undefined ? undefined : sourcesIn(fields, key),
    outputDir: json<string>('outputDir'),
    manifest: json<Manifest>('manifest'),
    written: json<RunRecord['written']>('written'),
    finishedAt: json<number>('finishedAt'),
    publishedAt: json<number>('publishedAt'),
    landedAt: json<number>('landedAt'),
    cancelled: json<Cancellation>('cancelled'),
  };
  const happened = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    plan: needed<RunPlan>('plan'),
    createdAt: needed<number>('createdAt'),
    publish: needed<boolean>('publish'),
    // 0.1.0 knew no landing.
    landing: json<boolean>('landing') ?? false,
    employees: needed<EmployeesInput>('employees'),
    population: needed<FrozenPopulation>('population'),
    fannedOut: json<number>('fannedOut') ?? 0,
    without: json<FailedEmployee[]>('without') ?? [],
    stageStartedAt: stages('started:'),
    stageFinishedAt: stages('finished:'),
    ...Object.fromEntries(happened),
  };
}

function sourcesIn(fields: Record<string, string>, key: string): FrozenSources {
  const named = SOURCE_NAMES.map((name) => {
    const field = SOURCE_FIELD + name;
    return [name, decodeOptional(fields[field], (text) => readSource(text, `${key} ${field}`))] as const;
  });
  return Object.fromEntries(named.filter(([, source]) => source !== undefined));
}
