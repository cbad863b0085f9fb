import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import { type Html, html } from './html.ts';

/**
 * An instant as people of the business time zone read it, with UTC for whoever points at it.
 * @param instant epoch milliseconds, or an ISO text with its zone.
 */
export function localTime(instant: number | string, timeZone: string): Html {
  const at = new TZDate(typeof instant === 'number' ? instant : Date.parse(instant), timeZone);
  const utc = new Date(at.getTime()).toISOString().slice(0, 19);
  const local = format(at, 'yyyy-MM-dd HH:mm:ss');
  return html`<time datetime="${utc}Z" title="${utc.replace('T', ' ')} UTC">${local}</time>`;
}
