import { type Fill, type Html, html } from './html.ts';

/** The parts of the dashboard, in the order of its navigation. */
export const SECTIONS = [
  { path: '/', title: 'Runs' },
  { path: '/start', title: 'Start a run' },
  { path: '/schedule', title: 'Schedule' },
  { path: '/charts', title: 'Charts' },
  { path: '/queues', title: 'Queues' },
  { path: '/connections', title: 'Connections' },
  { path: '/configuration', title: 'Configuration' },
] as const;

export type SectionPath = (typeof SECTIONS)[number]['path'];

/** A page of the dashboard. */
export interface Page {
  readonly title: string;
  /** Which part it belongs to; marked in the navigation. */
  readonly section?: SectionPath;
  readonly body: Fill;
}

/** The whole document of a page. It loads nothing but the dashboard's own style, script and icon. */
export function layout({ title, section, body }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · BTC Fake</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/dashboard.css">
<script src="/assets/dashboard.js" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<a class="brand" href="/"><img src="/assets/icon.svg" alt="" width="24" height="24">BTC Fake</a>
<nav aria-label="Parts of the dashboard">${SECTIONS.map((part) => link(part, part.path === section))}</nav>
</header>
<main id="content" tabindex="-1">
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`.text;
}

function link({ path, title }: (typeof SECTIONS)[number], isHere: boolean): Html {
  return html`<a href="${path}"${isHere && html` aria-current="page"`}>${title}</a>`;
}
