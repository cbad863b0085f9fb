import type { CatalogContent } from '../catalog/content.ts';
import type { ContentId } from '../ids.ts';

/** What the manager can give, derived once a run from the newest StandAloneContent file. */
export interface ManagerChoice {
  /** The Daily Dose contents of this week, at most 3, in the order in which they are assigned. */
  readonly dailyDose: readonly ContentId[];
  /** Every content that is flagged as Daily Dose: having one of them open or completed makes ineligible. */
  readonly dailyDoseContents: ReadonlySet<ContentId>;
  /** Every content that is not Daily Dose, ascending: the random one comes from here. */
  readonly others: readonly ContentId[];
}

export const DAILY_DOSE_COUNT = 3;

/** The manager's choice from the contents of the newest StandAloneContent file (contract section 3, items 1 and 3). */
export function managerChoice(contents: Iterable<CatalogContent>): ManagerChoice {
  const dailyDose: CatalogContent[] = [];
  const others: ContentId[] = [];
  for (const content of contents) {
    if (content.dailyDose) dailyDose.push(content);
    else others.push(content.id);
  }
  dailyDose.sort(
    (a, b) => (b.createdAt ?? Number.NEGATIVE_INFINITY) - (a.createdAt ?? Number.NEGATIVE_INFINITY) || b.id - a.id,
  );
  return {
    dailyDose: dailyDose.slice(0, DAILY_DOSE_COUNT).map(({ id }) => id),
    dailyDoseContents: new Set(dailyDose.map(({ id }) => id)),
    others: others.sort((a, b) => a - b),
  };
}
