import { type Html, html } from './html.ts';

/** The number of a page in an address, from 1; what is none is the first. */
export function pageFrom(text: unknown): number {
  return /^[1-9]\d{0,5}$/.test(String(text)) ? Number(text) : 1;
}

/** Links to the pages before and after; nothing when there is only one. */
export function pageLinks(path: string, page: number, hasOlder: boolean): Html {
  if (page === 1 && !hasOlder) return html``;
  return html`<nav class="pages" aria-label="Pages">
${page > 1 && html`<a href="${path}${page > 2 && `?page=${page - 1}`}" rel="prev">Newer</a>`}
<span>Page ${page}</span>
${hasOlder && html`<a href="${path}?page=${page + 1}" rel="next">Older</a>`}
</nav>`;
}
