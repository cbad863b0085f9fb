import type { RunStore } from '../../adapters/run-store/store.ts';
import type { Catalogs } from '../../domain/catalog/content.ts';
import type { RunId } from '../../domain/ids.ts';
import { RecentMap } from '../../domain/recent-map.ts';
import type { RunRecord } from '../../domain/run/record.ts';

/** Catalogs can be megabytes, so those of few runs are kept. */
const RUNS_KEPT = 3;

/** The catalogs of runs, read once: from the moment that a run has them they stand. */
export class KnownCatalogs {
  readonly #store: RunStore;
  readonly #known = new RecentMap<RunId, Promise<Catalogs>>(RUNS_KEPT);

  constructor(store: RunStore) {
    this.#store = store;
  }

  /** Both catalogs of a run; empty before it has them. */
  of({ plan: { id }, catalogs }: RunRecord): Promise<Catalogs> {
    if (!catalogs) return Promise.resolve({ StandAloneContent: [], CourseCatalog: [] });
    const known = this.#known.get(id);
    if (known) return known;
    const reading = this.#store.readCatalogs(id);
    this.#known.set(id, reading);
    reading.catch(() => this.#known.delete(id));
    return reading;
  }
}
