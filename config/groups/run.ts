import { oneOf, TIME_ZONE, wholeNumber } from '../formats.ts';
import { withDefault } from '../setting.ts';

const DAYS = wholeNumber('a number of days', 1, 3650);

/** Days, names of files, how long a run is kept. */
export const RUN = {
  BUSINESS_TIMEZONE: withDefault(
    TIME_ZONE,
    'UTC',
    'Time zone that decides days and weeks (files are written in UTC).',
    'America/Los_Angeles',
  ),
  FEED_DATE_FORMAT: withDefault(oneOf('yyyy_M_d', 'yy_MM_dd'), 'yyyy_M_d', 'How dates stand in names of feed files.'),
  RUN_RETENTION_DAYS: withDefault(DAYS, '30', "Days after which a finished run's data expire from Redis."),
};
