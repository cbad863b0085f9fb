/** Markup that is safe to put into a page as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What can stand between the braces of `html`: markup stays, text is escaped, nothing becomes nothing. */
export type Fill = Html | string | number | undefined | null | false | readonly Fill[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it must stand in markup, between tags and in quoted attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}

/** Makes markup of a template; whatever is filled in is escaped unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...fills: readonly Fill[]): Html {
  return new Html(strings.map((text, i) => (i === 0 ? text : markupOf(fills[i - 1]) + text)).join(''));
}

function markupOf(fill: Fill): string {
  if (fill instanceof Html) return fill.text;
  if (fill === undefined || fill === null || fill === false) return '';
  if (typeof fill === 'object') return fill.map(markupOf).join('');
  return escaped(String(fill));
}
