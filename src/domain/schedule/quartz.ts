import { CronExpressionParser } from 'cron-parser';

/** A cron expression as Databricks takes it, with what Quartz reads in another way. */
export interface QuartzSchedule {
  /** Six fields, seconds first. */
  readonly expression: string;
  /** What was written in another way and why, one sentence each. */
  readonly differences: readonly string[];
}

/** Why Databricks cannot follow a cron expression: one phrase. */
export interface QuartzRefusal {
  readonly refusal: string;
}

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** What both dialects read in the same way, but for the numbers of days of the week. */
const SAME_IN_BOTH =
  /^(\*|\d+|[A-Za-z]{3})(-(\d+|[A-Za-z]{3}))?(\/\d+)?(,(\*|\d+|[A-Za-z]{3})(-(\d+|[A-Za-z]{3}))?(\/\d+)?)*$/;

/**
 * Translates a cron expression of five fields (SCHEDULE_CRON) for the Jobs API. Quartz puts seconds first, counts days
 * of the week from 1 = Sunday, wants `?` in one of the two day fields, and cannot express "or" between them.
 */
export function quartzSchedule(cron: string): QuartzSchedule | QuartzRefusal {
  const fields = cron.trim().split(/\s+/);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields;
  if (fields.length !== 5) {
    const why = fields.length === 6 ? '; leave out the seconds, they are added' : '';
    return {
      refusal: `it has ${fields.length} fields instead of minute, hour, day of month, month, day of week${why}`,
    };
  }
  const values = parse(fields.join(' '));
  if (values === undefined) return { refusal: 'it names times that do not exist' };
  const isAnyDayOfMonth = dayOfMonth === '*' || dayOfMonth === '?';
  const isAnyDayOfWeek = dayOfWeek === '*' || dayOfWeek === '?';
  for (const field of [minute, hour, month, ...(isAnyDayOfMonth ? [] : [dayOfMonth])]) {
    if (!SAME_IN_BOTH.test(field)) return { refusal: `Quartz does not read "${field}" as cron does` };
  }
  if (!isAnyDayOfMonth && !isAnyDayOfWeek)
    return { refusal: 'Quartz cannot combine a day of the month with a day of the week; give one of them' };
  if (isAnyDayOfWeek) {
    const day = isAnyDayOfMonth ? '*' : dayOfMonth;
    return {
      expression: `0 ${minute} ${hour} ${day} ${month} ?`,
      differences: ['Quartz has seconds in front, and ? for the day of the week, since every one of them is meant.'],
    };
  }
  if (!SAME_IN_BOTH.test(dayOfWeek)) return { refusal: `Quartz does not read "${dayOfWeek}" as cron does` };
  const names = DAYS.filter((_, day) => values.includes(day) || (day === 0 && values.includes(7))).join(',');
  return {
    expression: `0 ${minute} ${hour} ? ${month} ${names}`,
    differences: [
      'Quartz has seconds in front, and ? for the day of the month, since every one of them is meant.',
      `Quartz counts days of the week from 1 = Sunday, cron from 0 = Sunday: ${dayOfWeek} is written as ${names}.`,
    ],
  };
}

/**
 * The days of the week that a readable expression of five fields means (0 and 7 are Sunday); undefined when it means no
 * time.
 */
function parse(cron: string): readonly number[] | undefined {
  try {
    const expression = CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: new Date(0) });
    expression.next();
    return expression.fields.dayOfWeek.values.map(Number);
  } catch {
    return undefined;
  }
}
