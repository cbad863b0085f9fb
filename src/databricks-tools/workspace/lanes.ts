/** Calls of a workspace at the same time. */
const LANES = 8;

/** Does the same for each item, eight at a time. @returns the results in the order of the items. */
export async function inLanes<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as Item);
    }
  };
  const lanes = Array.from({ length: Math.min(LANES, items.length) }, lane);
  try {
    await Promise.all(lanes);
  } catch (error) {
    next = items.length;
    await Promise.allSettled(lanes);
    throw error;
  }
  return results;
}
