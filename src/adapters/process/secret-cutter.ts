const CUT = '[secret]';

/**
 * A secret of fewer characters cannot be told from ordinary text: `a` stands in every sentence, and `30` is the level
 * of a line.
 */
const LEAST_CHARACTERS = 4;

/** What stands between quotation marks in every line of JSON: cut, it would leave no JSON. */
const PUNCTUATION = /^[\s,:{}[\]"\\]*$/;

/**
 * Makes a function that cuts secrets out of a text: as they are, as JSON, or as JSON within JSON, the longest form
 * first.
 * - A secret of fewer than 4 characters is cut out only as a value by itself: between quotation marks, behind `=`, or
 *   before the `@` of an address.
 */
export function secretCutter(secrets: readonly string[]): (text: string) => string {
  const long = formsOf(secrets.filter(({ length }) => length >= LEAST_CHARACTERS));
  const short = formsOf(secrets.filter((secret) => secret.length < LEAST_CHARACTERS && !PUNCTUATION.test(secret)));
  const cutLong = (text: string) => long.reduce((cut, form) => cut.replaceAll(form, CUT), text);
  if (short.length === 0) return cutLong;
  const values = standingAlone(short);
  return (text) => cutLong(text).replace(values, CUT);
}

/** Every way in which secrets are written, the longest first. */
function formsOf(secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => [secret, asJson(secret), asJson(asJson(secret))]);
  return [...new Set(forms)].filter((form) => form !== '').sort((a, b) => b.length - a.length);
}

/**
 * Where one of these is a value by itself. A number of JSON, such as `:30,`, is none: without it the line is no JSON
 * any more.
 */
function standingAlone(forms: readonly string[]): RegExp {
  const any = `(?:${forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|')})`;
  const quoted = `(?<=["'\`])${any}(?=\\\\*["'\`])`;
  const inAddress = `(?<=[:/])${any}(?=@)`;
  const assigned = `(?<==)${any}(?![\\p{L}\\p{N}])`;
  return new RegExp([quoted, inAddress, assigned].join('|'), 'gu');
}

function asJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
