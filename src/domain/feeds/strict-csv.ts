/** What one record of a feed turned out to be. */
export type StrictRecord =
  | { readonly kind: 'record'; readonly fields: readonly string[] }
  /** The text ends inside a quoted field: the record may continue behind a line break. */
  | { readonly kind: 'open'; readonly field: number }
  | { readonly kind: 'malformed'; readonly reason: string };

const QUOTE = '"';

/**
 * Reads one record as feeds are written (contract section 5): every field in quotes, a quote inside a field doubled,
 * a comma and nothing else in between. `text` is the record without its line end.
 */
export function parseStrictRecord(text: string): StrictRecord {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const number = fields.length + 1;
    if (text[at] !== QUOTE) return malformed(`field ${number} is not in quotes`);
    let end = text.indexOf(QUOTE, at + 1);
    let doubled = false;
    while (end >= 0 && text[end + 1] === QUOTE) {
      doubled = true;
      end = text.indexOf(QUOTE, end + 2);
    }
    if (end < 0) return { kind: 'open', field: number };
    const field = text.slice(at + 1, end);
    fields.push(doubled ? field.replaceAll('""', QUOTE) : field);
    if (end + 1 === text.length) return { kind: 'record', fields };
    if (text[end + 1] !== ',') {
      return malformed(`something stands behind the closing quote of field ${number} (a quote in a field is doubled)`);
    }
    at = end + 2;
  }
}

function malformed(reason: string): StrictRecord {
  return { kind: 'malformed', reason };
}
