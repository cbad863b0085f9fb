import { requireRecommender } from '../../../config/load.ts';
import type { Settings } from '../../../config/settings.ts';
import { createRecommender } from '../../adapters/recommender/client.ts';
import type { RunStore } from '../../adapters/run-store/store.ts';
import { BtcFakeError, type ErrorCode } from '../../domain/errors.ts';
import type { ContentId, EmployeeId, RunId } from '../../domain/ids.ts';
import { type NamedContent, namesFrom } from '../../domain/simulation/employee-decision.ts';
import type { KnownCatalogs } from '../live/known-catalogs.ts';
import { boundedSettings, CHECK_LIMIT_MS } from './connection-round.ts';

/** What came of one call to the recommender. */
export interface RecommenderTestCall {
  readonly employeeId: EmployeeId;
  /** The status of the answer, or the code of what came in its place; undefined when no call was made. */
  readonly outcome: number | ErrorCode | undefined;
  readonly tookMs: number;
  readonly recommendations: readonly NamedContent[];
  /** The run whose catalog files the titles are from. */
  readonly titlesFrom: RunId | undefined;
  readonly error: BtcFakeError | undefined;
}

/** Runs that are looked at for catalog files. */
const LOOKED_AT = 5;

/**
 * Calls the recommender once for one employee, as a job would. Never rejects for what the recommender does.
 * @throws BtcFakeError CONFIG_INVALID when there is no recommender.
 */
export async function tryRecommenderFor(
  employeeId: EmployeeId,
  settings: Settings,
  store: RunStore,
  catalogs: KnownCatalogs,
): Promise<RecommenderTestCall> {
  let outcome: number | ErrorCode | undefined;
  let tookMs = 0;
  let ids: readonly ContentId[] = [];
  let error: BtcFakeError | undefined;
  const recommender = createRecommender({
    ...requireRecommender(boundedSettings(settings, CHECK_LIMIT_MS)),
    sockets: 1,
    onCall: (seconds, what) => {
      tookMs = seconds * 1000;
      outcome = what;
    },
  });
  try {
    ids = await recommender.recommend(employeeId);
  } catch (failure) {
    if (!(failure instanceof BtcFakeError)) throw failure;
    error = failure;
  } finally {
    recommender.close();
  }
  // Titles are a nicety: without Redis there are none.
  const known = await newestCatalogs(store, catalogs).catch(() => undefined);
  const named = namesFrom(known?.catalogs ?? { StandAloneContent: [], CourseCatalog: [] });
  return { employeeId, outcome, tookMs, recommendations: ids.map(named), titlesFrom: known?.runId, error };
}

async function newestCatalogs(store: RunStore, known: KnownCatalogs) {
  const run = (await store.listRuns(LOOKED_AT)).find(({ catalogs }) => catalogs !== undefined);
  return run && { runId: run.plan.id, catalogs: await known.of(run) };
}
