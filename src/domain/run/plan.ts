import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import type { RunId } from '../ids.ts';
import { type BusinessWeek, businessWeek } from '../simulation/business-week.ts';
import { hashedInteger } from '../simulation/seeded-draw.ts';

/** How the date in a feed's name is written. */
export const FEED_DATE_FORMATS = ['yyyy_M_d', 'yy_MM_dd'] as const;
export type FeedDateFormat = (typeof FEED_DATE_FORMATS)[number];

/** What is fixed about a run from its first moment, and what all of its bytes follow from besides the inputs. */
export interface RunPlan {
  readonly id: RunId;
  readonly seed: string;
  /** The simulated instant: epoch milliseconds, a whole second. */
  readonly asOf: number;
  /** IANA name of the business time zone. */
  readonly timeZone: string;
  readonly feedDateFormat: FeedDateFormat;
}

/** The names of the files that a run writes. */
export interface FeedNames {
  readonly completions: string;
  readonly nonCompleted: string;
  readonly userCompletion: string;
  readonly summary: string;
  readonly manifest: string;
}

/** The business week of a run (contract section 2). */
export function weekOf(plan: RunPlan): BusinessWeek {
  return businessWeek(plan.asOf, plan.timeZone);
}

/** The names of a run's files (contract section 5): the date is `asOf` in the business time zone. */
export function feedNames(plan: RunPlan): FeedNames {
  const date = format(new TZDate(plan.asOf, plan.timeZone), plan.feedDateFormat);
  const tail = `${date}_1_${runToken(plan.id)}`;
  return {
    completions: `ContentUserCompletion_V2_${tail}.csv`,
    nonCompleted: `Non_Completed_Assignments_V2_${tail}.csv`,
    userCompletion: `UserCompletion_v2_${tail}.csv`,
    summary: `Run_${tail}.summary.txt`,
    manifest: `Run_${tail}.manifest.json`,
  };
}

/** The first 6 hexadecimal characters of the SHA-256 of the run id: `RAND` in the names of its files. */
export function runToken(id: RunId): string {
  return hashedInteger(id).toString(16).padStart(12, '0').slice(0, 6);
}
