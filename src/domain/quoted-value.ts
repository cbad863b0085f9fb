const SHOWN_CHARACTERS = 40;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/**
 * A text that somebody else wrote, on one line: what cannot be printed, or would change how the rest is shown, is
 * escaped.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escapeCharacter);
}

/** A value from outside as an error message shows it: in quotes, on one line, and not the whole of a huge one. */
export function quotedValue(text: string, shown = SHOWN_CHARACTERS): string {
  return printable(JSON.stringify(text.length > shown ? `${text.slice(0, shown)}…` : text));
}

function escapeCharacter(character: string): string {
  const quoted = JSON.stringify(character).slice(1, -1);
  if (quoted !== character) return quoted;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
