import type { RecommenderClient } from '../../src/adapters/recommender/client.ts';

/** What a run can make its calls with. */
export const CLIENTS: readonly RecommenderClient[] = ['got', 'undici'];

/** As the end of a figure's name: `OfGot`. */
export function ofClient(client: RecommenderClient): string {
  return `Of${client[0]!.toUpperCase()}${client.slice(1)}`;
}
