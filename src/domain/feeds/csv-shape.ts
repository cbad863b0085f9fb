import { printable } from '../quoted-value.ts';

/** What a file is that is no CSV with commas in UTF-8, and what to do with it. */
export interface ForeignShape {
  /** In words that stand behind the file's name. */
  readonly what: string;
  readonly remedy: string;
}

const SHOWN_CHARACTERS = 300;
const SAVE = 'Save it as CSV with commas, in UTF-8 (in Excel: "CSV UTF-8", with a comma as the list separator).';

/** How files of other formats begin: their bytes in hexadecimal. */
const BYTES: readonly (readonly [start: RegExp, what: string, remedy: string])[] = [
  [/^504b0304/, 'it is a ZIP archive or an Excel workbook (.xlsx), not CSV', SAVE],
  [/^d0cf11e0/, 'it is an Excel workbook (.xls), not CSV', SAVE],
  [/^1f8b/, 'it is compressed with gzip', 'Unpack it.'],
  [/^(?:fffe|feff|00(?!00)..00|(?!00)..00(?!00)..00)/, 'it is in UTF-16, not in UTF-8', SAVE],
];
/** The same as text. */
const TEXTS: typeof BYTES = [
  [/^-----BEGIN PGP/, 'it is encrypted with PGP', 'Decrypt it.'],
  [/^\s*<(?:!doctype|html|\?xml)/i, 'it is an HTML or XML page, not CSV', 'Look at what the page says.'],
];
const SEPARATORS: readonly (readonly [separator: string, name: string])[] = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'vertical bars'],
];

/**
 * Says from its first bytes what an unreadable file is: another format or separator, lines quoted as a whole, Excel's
 * `sep=,`; and names the columns that it finds. Undefined when the bytes look like CSV with commas.
 */
export function foreignShape(beginning: Uint8Array): ForeignShape | undefined {
  const hex = Array.from(beginning.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const text = new TextDecoder().decode(beginning);
  const format = BYTES.find(([start]) => start.test(hex)) ?? TEXTS.find(([start]) => start.test(text));
  if (format !== undefined) return { what: format[1], remedy: format[2] };
  const lines = text.split(/\r\n|\n|\r/);
  const first = lines.findIndex((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  const line = lines[first]?.trim() ?? '';
  if (/^"?sep=.?"?,*$/i.test(line)) {
    const below = lines[first + 1] ?? '';
    const other = separated(below);
    const columns = other?.columns ?? piecesOf(below, ',');
    const what = `line ${first + 1} is ${quoted(line)}, which only Excel knows; the columns stand below it (${named(columns)})`;
    return { what, remedy: other === undefined ? 'Remove that line.' : `Remove that line. ${SAVE}` };
  }
  const [, inside] = /^"((?:[^"]|"")*)"$/.exec(line) ?? [];
  const inner = inside?.replaceAll('""', '"') ?? '';
  const whole = separated(inner)?.columns ?? piecesOf(inner, ',');
  if (whole.length > 1) {
    const what = `each line is in quotes as a whole and counts as one field (in the quotes: ${named(whole)})`;
    return { what, remedy: 'Write each field in quotes of its own, or none.' };
  }
  const other = separated(line);
  if (other === undefined) return undefined;
  return {
    what: `it is separated by ${other.name}, not by commas (its columns: ${named(other.columns)})`,
    remedy: SAVE,
  };
}

/** The columns of a line that is separated by something else than commas. */
function separated(line: string): { readonly name: string; readonly columns: readonly string[] } | undefined {
  const found = SEPARATORS.map(([separator, name]) => ({ name, columns: piecesOf(line, separator) }));
  const best = found.reduce((a, b) => (b.columns.length > a.columns.length ? b : a));
  return best.columns.length > piecesOf(line, ',').length ? best : undefined;
}

/** The pieces between separators that do not stand in quotes, without their own quotes. */
function piecesOf(line: string, separator: string): string[] {
  const pieces = [''];
  let inQuotes = false;
  for (const character of line) {
    if (character === '"') inQuotes = !inQuotes;
    else if (character === separator && !inQuotes) pieces.push('');
    else pieces[pieces.length - 1] += character;
  }
  return pieces.map((piece) => piece.trim());
}

function named(columns: readonly string[]): string {
  return printable(columns.filter(Boolean).join(', ').slice(0, SHOWN_CHARACTERS)) || 'none';
}

function quoted(text: string): string {
  return printable(`"${text.replaceAll('"', '')}"`);
}
