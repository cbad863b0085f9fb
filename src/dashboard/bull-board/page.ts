import { markupAtBasePath } from '../access/base-path.ts';
import { html } from '../page/html.ts';
import { SECTIONS } from '../page/layout.ts';

/**
 * The one style that Bull Board's script puts into the page, for the colours of Redis's sign: it and no other is
 * allowed.
 */
const REDIS_SIGN = "'sha256-r2N1TB/gHbBtBZFKg7ejmq1acVSREzucTAEw6ga4hoU='";

/**
 * What Bull Board's page may load: its own scripts, styles, pictures and data, and the worker that colours JSON.
 * `base-uri` is for the `<base>` that its addresses hang on.
 */
export const BOARD_CSP = {
  useDefaults: false,
  directives: {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'", REDIS_SIGN],
    'img-src': ["'self'", 'data:'],
    'connect-src': ["'self'"],
    'worker-src': ["'self'"],
    'form-action': ["'none'"],
    'base-uri': ["'self'"],
    'frame-ancestors': ["'none'"],
  },
};

const FROM_ELSEWHERE = /<link[^>]*href="https?:[^>]*>/g;
const PLACEHOLDER = /(<div id="root">)[\s\S]*?<\/style>\s*(<\/div>)/;

const END_OF_HEAD = '</head>';

/** The way back: the dashboard's other parts, above what Bull Board draws. */
const OTHER_PARTS = html`<nav class="btc-fake" aria-label="Parts of the dashboard">
<a href="/" class="brand">← BTC Fake</a>${SECTIONS.map(({ path, title }) => html`<a href="${path}">${title}</a>`)}
</nav>`.text;

/**
 * Bull Board's page without what it would load from another host (a font), without the inline style of its placeholder,
 * and with a way back to the other parts of the dashboard.
 * @param basePath see `base-path.ts`.
 */
export function asDashboardPage(page: string, basePath: string): string {
  const changed = page
    .replace(FROM_ELSEWHERE, '')
    .replace(PLACEHOLDER, `${OTHER_PARTS}$1Loading…$2`)
    .replace(END_OF_HEAD, `<link rel="stylesheet" href="/assets/bull-board.css">${END_OF_HEAD}`);
  return markupAtBasePath(basePath, changed);
}
