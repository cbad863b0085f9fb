/** Control characters, and those that change the direction in which the text behind them is shown. */
const HARMFUL = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/**
 * A text that somebody else wrote and that is kept for display: on one line, and without control or bidirectional
 * characters, which could make a terminal or a page show something else (contract section 1, "Columns").
 */
export function displayText(text: string): string {
  return text
    .replace(HARMFUL, (character) => (/\s/.test(character) ? ' ' : ''))
    .replace(/\s+/g, ' ')
    .trim();
}
