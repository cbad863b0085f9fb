import { type Html, html } from './html.ts';

/** One bar: a run. */
export interface Bar {
  /** Short, below the bar; shown for some of them. */
  readonly label: string;
  readonly href: string;
  /** What the bar says, in words. */
  readonly text: string;
  /** What is stacked, from below; null while it is not known. */
  readonly values: readonly number[] | null;
}

/** What is drawn. */
export interface BarChart {
  /** For the ids within the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly bars: readonly Bar[];
  /**
   * The stacked parts, from below; more than one gets a legend. Each has a pattern of its own, so colour is not needed.
   */
  readonly parts: readonly { readonly name: string; readonly pattern: 'plain' | 'hatched' | 'alarming' }[];
  /** A value on the axis, as people read it. */
  readonly format: (value: number) => string;
  /** The top of the axis for the greatest value. */
  readonly topOf?: (greatest: number) => number;
}

const WIDTH = 440;
const HEIGHT = 190;
const LEFT = 62;
const RIGHT = 4;
const TOP = 10;
const BOTTOM = 26;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;
/** Fewer bars than this do not get wider. */
const FEWEST_SLOTS = 8;
const MOST_LABELS = 5;
const TICKS = [0, 0.5, 1];

/**
 * A bar chart as inline SVG, styled by classes alone; each bar leads to its run, for a mouse: keyboards have the table.
 */
export function barChart(chart: BarChart): Html {
  const { id, title, description, bars, parts, format, topOf = niceTop } = chart;
  const top = topOf(Math.max(0, ...bars.map(({ values }) => sum(values ?? []))));
  const slot = PLOT_WIDTH / Math.max(bars.length, FEWEST_SLOTS);
  const labelEvery = Math.ceil(bars.length / MOST_LABELS);
  return html`${parts.length > 1 && legend(chart)}
<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-labelledby="${id}-name ${id}-about">
<title id="${id}-name">${title}</title><desc id="${id}-about">${description}</desc>
${hatch(id)}
${TICKS.map((share) => tick(TOP + PLOT_HEIGHT * (1 - share), format(top * share)))}
${bars.map((bar, i) => drawBar(chart, bar, LEFT + i * slot, slot, top))}
${bars.map(
  ({ label }, i) =>
    i % labelEvery === 0 &&
    html`<text class="label" x="${px(LEFT + (i + 0.5) * slot)}" y="${HEIGHT - 8}" text-anchor="middle">${label}</text>`,
)}
</svg>`;
}

function tick(y: number, text: string): Html {
  return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y)}" y2="${px(y)}"/><text class="label" x="${LEFT - 6}" y="${px(y + 4)}" text-anchor="end">${text}</text>
`;
}

function drawBar({ id, parts }: BarChart, { href, text, values }: Bar, x: number, slot: number, top: number): Html {
  const width = slot * 0.72;
  const left = x + (slot - width) / 2;
  let base = TOP + PLOT_HEIGHT;
  const drawn = (values ?? []).map((value, i) => {
    const height = (value / top) * PLOT_HEIGHT;
    base -= height;
    return value > 0 && box(`bar ${parts[i]!.pattern}`, id, left, base, width, height);
  });
  const unknown = html`<text class="label" x="${px(x + slot / 2)}" y="${TOP + PLOT_HEIGHT - 4}" text-anchor="middle">?</text>`;
  return html`<a href="${href}" tabindex="-1" aria-label="${text}"><title>${text}</title><rect class="hit" x="${px(x)}" y="${TOP}" width="${px(slot)}" height="${PLOT_HEIGHT}"/>${values === null ? unknown : drawn}</a>
`;
}

function box(className: string, id: string, x: number, y: number, width: number, height: number): Html {
  const fill = className.endsWith('hatched') && html` fill="url(#${id}-hatch)"`;
  return html`<rect class="${className}" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}"${fill}/>`;
}

function legend({ id, parts }: BarChart): Html {
  return html`<ul class="legend">${parts.map(
    ({ name, pattern }) =>
      html`<li><svg class="chart swatch" viewBox="0 0 16 16" aria-hidden="true">${hatch(`${id}-${pattern}`)}${box(`bar ${pattern}`, `${id}-${pattern}`, 0.5, 0.5, 15, 15)}</svg> ${name}</li>`,
  )}</ul>`;
}

/** A style sheet cannot name a pattern of the page, so the pattern is named where it is used. */
function hatch(id: string): Html {
  return html`<defs><pattern id="${id}-hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="stroke" x1="0" y1="0" x2="0" y2="5"/></pattern></defs>`;
}

/**
 * The next number that is easy to read: 1, 2, 4, 6 or 8 times a power of ten, and at least 2, so that half of it is
 * whole.
 */
export function niceTop(greatest: number): number {
  if (greatest <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(greatest));
  return [1, 2, 4, 6, 8, 10].map((factor) => factor * power).find((top) => top >= greatest)!;
}

const STEPS_MS = [1, 2, 4, 10, 20, 30, 60, 120, 240, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400].map(
  (seconds) => seconds * 1000,
);

/** The same for milliseconds: a round number of seconds, minutes or hours. */
export function niceTopOfDuration(greatestMs: number): number {
  return STEPS_MS.find((step) => step >= greatestMs) ?? Math.ceil(greatestMs / 172_800_000) * 172_800_000;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
