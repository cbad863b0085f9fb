import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import { formatInstant } from '../../domain/feeds/rows.ts';
import { localSlot } from '../../domain/schedule/slot.ts';
import { type Html, html } from './html.ts';

/**
 * An instant as people of a time zone read it, with its offset from UTC; UTC itself is told to who points at it. The
 * page's script adds the reader's own time where that is another.
 * @param instant epoch milliseconds, or an ISO text with its zone.
 */
export function localTime(instant: number | string, timeZone: string): Html {
  const at = new TZDate(typeof instant === 'number' ? instant : Date.parse(instant), timeZone);
  const utc = new Date(at.getTime()).toISOString().slice(0, 19);
  const [local, offset] = [format(at, 'yyyy-MM-dd HH:mm:ss'), format(at, 'xxx')];
  const zone = offset === '+00:00' ? 'UTC' : offset;
  return html`<time datetime="${utc}Z" title="${utc.replace('T', ' ')} UTC">${local} <span class="zone">${zone}</span></time>`;
}

/** A slot as people of a time zone read it: `Mon 2026-11-23 06:00 +01:00`. @param slot epoch milliseconds. */
export function slotTime(slot: number, timeZone: string): Html {
  return html`<time datetime="${formatInstant(slot)}">${localSlot(slot, timeZone)}</time>`;
}
