/** A record of a CSV text: the line that it starts on, from 1, and its fields. */
export interface PlainRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Reads CSV as RFC 4180 says, a character at a time, and knows nothing else; undefined when a quoted field does not end
 * properly. It is slow and has no limits: something to hold a real reader against.
 */
export function readPlainCsv(text: string): PlainRecord[] | undefined {
  const records: PlainRecord[] = [];
  const characters = [...text.replace(/^\uFEFF/, ''), '\n'];
  let fields: string[] = [];
  let field = '';
  let state: 'start' | 'bare' | 'quoted' | 'closed' = 'start';
  let line = 1;
  let recordLine = 1;
  const endField = () => {
    fields.push(field);
    field = '';
    state = 'start';
  };
  for (let i = 0; i < characters.length; i += 1) {
    const character = characters[i]!;
    const isCrLf = character === '\r' && characters[i + 1] === '\n';
    if (character === '\n' || (character === '\r' && !isCrLf)) line += 1;
    if (state === 'quoted') {
      if (i === characters.length - 1) return undefined;
      if (character !== '"') field += character;
      else if (characters[i + 1] !== '"') state = 'closed';
      else {
        field += '"';
        i += 1;
      }
    } else if (character === '\n' || character === '\r') {
      if (isCrLf) continue;
      const isLast = i === characters.length - 1;
      if (!(isLast && fields.length === 0 && field === '' && state === 'start')) {
        endField();
        records.push({ line: recordLine, fields });
      }
      fields = [];
      recordLine = line;
    } else if (character === ',') endField();
    else if (state === 'closed') {
      if (/\S/.test(character)) return undefined;
    } else if (character === '"' && field.trim() === '' && state !== 'bare') {
      field = '';
      state = 'quoted';
    } else {
      field += character;
      if (/\S/.test(character)) state = 'bare';
    }
  }
  return records;
}
