/** A way to write days or instants. */
export interface DateFormat {
  /** Spark's pattern. */
  readonly pattern: string;
  /** DuckDB's. */
  readonly strptime: string;
  readonly matches: RegExp;
  readonly hasTime: boolean;
}

const TIME = '([01]?\\d|2[0-3]):[0-5]\\d';
const DAY = '(0?[1-9]|[12]\\d|3[01])';
const MONTH = '(0?[1-9]|1[0-2])';
const SHORT_MONTH = '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)';

/** Days in every order of their parts. */
const DAYS = [
  { pattern: 'yyyy-MM-dd', strptime: '%Y-%m-%d', day: `\\d{4}-${MONTH}-${DAY}` },
  { pattern: 'yyyy/MM/dd', strptime: '%Y/%m/%d', day: `\\d{4}/${MONTH}/${DAY}` },
  { pattern: 'dd/MM/yyyy', strptime: '%d/%m/%Y', day: `${DAY}/${MONTH}/\\d{4}` },
  { pattern: 'MM/dd/yyyy', strptime: '%m/%d/%Y', day: `${MONTH}/${DAY}/\\d{4}` },
  { pattern: 'dd.MM.yyyy', strptime: '%d.%m.%Y', day: `${DAY}\\.${MONTH}\\.\\d{4}` },
  { pattern: 'dd-MM-yyyy', strptime: '%d-%m-%Y', day: `${DAY}-${MONTH}-\\d{4}` },
  { pattern: 'dd-MMM-yyyy', strptime: '%d-%b-%Y', day: `${DAY}-${SHORT_MONTH}-\\d{4}` },
  { pattern: 'dd MMM yyyy', strptime: '%d %b %Y', day: `${DAY} ${SHORT_MONTH} \\d{4}` },
  { pattern: 'MMM dd, yyyy', strptime: '%b %d, %Y', day: `${SHORT_MONTH} ${DAY}, \\d{4}` },
];

const TIMES = [
  { pattern: '', strptime: '', time: '' },
  { pattern: ' HH:mm', strptime: ' %H:%M', time: ` ${TIME}` },
  { pattern: ' HH:mm:ss', strptime: ' %H:%M:%S', time: ` ${TIME}:[0-5]\\d` },
  { pattern: ' HH:mm:ss.SSS', strptime: ' %H:%M:%S.%g', time: ` ${TIME}:[0-5]\\d\\.\\d{3}` },
  { pattern: ' HH:mm:ss.SSSSSS', strptime: ' %H:%M:%S.%f', time: ` ${TIME}:[0-5]\\d\\.\\d{6}` },
  { pattern: "'T'HH:mm:ss", strptime: 'T%H:%M:%S', time: `T${TIME}:[0-5]\\d` },
  { pattern: "'T'HH:mm:ssXXX", strptime: 'T%H:%M:%S%z', time: `T${TIME}:[0-5]\\d(Z|[+-]\\d\\d:\\d\\d)` },
  {
    pattern: "'T'HH:mm:ss.SSSXXX",
    strptime: 'T%H:%M:%S.%g%z',
    time: `T${TIME}:[0-5]\\d\\.\\d{3}(Z|[+-]\\d\\d:\\d\\d)`,
  },
];

/** Every format that is looked for. */
export const DATE_FORMATS: readonly DateFormat[] = DAYS.flatMap((day) =>
  TIMES.map(({ pattern, strptime, time }) => ({
    pattern: `${day.pattern}${pattern}`,
    strptime: `${day.strptime}${strptime}`,
    matches: new RegExp(`^${day.day}${time}$`, 'i'),
    hasTime: pattern !== '',
  })),
);

/** The formats with day and month the other way round: which of them is meant one value alone may not tell. */
export function twinOf(pattern: string): string | undefined {
  if (pattern.startsWith('dd/MM/')) return pattern.replace('dd/MM/', 'MM/dd/');
  return pattern.startsWith('MM/dd/') ? pattern.replace('MM/dd/', 'dd/MM/') : undefined;
}
