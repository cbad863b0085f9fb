import { CRON, oneOf, TIME_ZONE, wholeNumber } from '../formats.ts';
import { optional, withDefault } from '../setting.ts';

/** The weekly run. */
export const SCHEDULE = {
  SCHEDULE_CRON: withDefault(
    CRON,
    '0 6 * * 1',
    'When the scheduled run starts: minute, hour, day of month, month, day of week. At least once a week.',
  ),
  SCHEDULE_TIMEZONE: optional(
    TIME_ZONE,
    'America/Los_Angeles',
    'Time zone of SCHEDULE_CRON. Not set, BUSINESS_TIMEZONE counts.',
  ),
  SCHEDULE_CATCH_UP_HOURS: withDefault(
    wholeNumber('a number of hours', 0, 168),
    '24',
    'How late a missed scheduled run is still started once; 0 never does.',
  ),
  SCHEDULE_OVERLAP: withDefault(
    oneOf('start', 'skip'),
    'start',
    'What the next scheduled run does while an earlier run has not ended: start all the same, or skip its turn.',
  ),
};
