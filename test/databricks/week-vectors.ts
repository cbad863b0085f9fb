import { requestId } from '../../src/domain/feeds/rows.ts';
import { businessWeek, localInstant } from '../../src/domain/simulation/business-week.ts';
import { seededDraw } from '../../src/domain/simulation/seeded-draw.ts';
import { content, employee, HOUR, pick } from './vector-cases.ts';

/** The cases of draws. */
export function draws(): object[] {
  return Array.from({ length: 400 }, (_, i) => {
    const seed = ['weekly-1', 'Grüße', 'a b/c', '😀'][i % 4]!;
    const id = pick(`draw ${i}`, 999_999_999_999_999) + 1;
    const purpose = (['assign', 'complete', 'time'] as const)[i % 3]!;
    const day = i % 5 === 0 ? '' : `2025-10-${10 + (i % 20)}`;
    const drawn = seededDraw(seed, employee(id))(purpose, i % 40) * 2 ** 48;
    return { seed, id, purpose, n: i % 40, drawn, day, requestId: requestId(content(id), day) };
  });
}

/** The cases of weeks. */
export function weeks(zones: readonly string[]): object[] {
  const cases: object[] = [];
  const add = (zone: string, asOf: number) => cases.push({ zone, asOf, week: businessWeek(asOf, zone) });
  for (const zone of zones) {
    for (let i = 0; i < 3; i++) add(zone, Date.UTC(2000, 0, 1) + pick(`${zone} ${i}`, 24 * 365 * 86_400) * 1000);
    const { startsAt, dueAt } = businessWeek(Date.UTC(2024, 2, 31, 12), zone);
    for (const at of [startsAt - 1000, startsAt, dueAt, dueAt + 1000]) add(zone, at);
  }
  // Hours around clock changes, one of which skips a whole day.
  const changes = [
    ['Europe/Berlin', '2024-03-31'],
    ['Europe/Berlin', '2024-10-27'],
    ['America/New_York', '2024-11-03'],
    ['Australia/Lord_Howe', '2024-04-07'],
    ['Pacific/Apia', '2011-12-30'],
    ['Africa/Cairo', '2024-04-26'],
    ['Asia/Beirut', '2023-03-26'],
  ] as const;
  for (const [zone, date] of changes) {
    for (let hour = -30; hour <= 30; hour += 2) add(zone, Date.parse(`${date}T00:00:00Z`) + hour * HOUR);
    for (const time of ['00:00:00', '00:01:00', '01:30:00', '01:45:00', '02:30:00', '23:59:59'])
      cases.push({ zone, date, time, instant: localInstant(date, time, zone) });
  }
  for (const text of ['1970-01-01T00:00:00Z', '9990-12-31T23:59:59Z']) add('UTC', Date.parse(text));
  return cases;
}
