/** The one style that Bull Board's script puts into the page, for the colours of Redis's sign: it and no other is allowed. */
const REDIS_SIGN = "'sha256-r2N1TB/gHbBtBZFKg7ejmq1acVSREzucTAEw6ga4hoU='";

/**
 * What Bull Board's page may load: its own scripts, styles, pictures and data, and the worker that colours JSON. `base-uri` is for
 * the `<base>` that its addresses hang on.
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

/** Bull Board's page without what it would load from another host (a font), and without the inline style of its placeholder. */
export function withoutOutside(page: string): string {
  return page.replace(FROM_ELSEWHERE, '').replace(PLACEHOLDER, '$1Loading…$2');
}
