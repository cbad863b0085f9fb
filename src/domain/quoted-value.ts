const SHOWN_CHARACTERS = 40;

/** A value from a file as an error message shows it: in quotes, on one line, and not the whole of a huge one. */
export function quotedValue(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}
