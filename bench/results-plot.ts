import type { BarGroup } from './section.ts';
import { figure } from './spread.ts';

const WIDTH = 720;
const LABEL_WIDTH = 250;
const VALUE_WIDTH = 150;
const BAR_WIDTH = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
const BAR_HEIGHT = 18;
const BAR_STEP = 24;
const TITLE_HEIGHT = 34;
const GROUP_GAP = 14;

/** Light and dark as the reader has it; a baseline is also hatched by its outline, so that colour is not needed. */
const STYLE = `text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.muted{fill:#59636e}
.ours{fill:#0969da}.baseline{fill:#d1d9e0;stroke:#59636e}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.muted{fill:#9198a1}.ours{fill:#4493f8}.baseline{fill:#3d444d;stroke:#9198a1}}`;

/** Groups of bars, one below the other, as an SVG file that needs nothing else. */
export function plotSvg(groups: readonly BarGroup[]): string {
  let y = 0;
  const drawn = groups.map((group) => {
    const text = drawGroup(group, y);
    y += TITLE_HEIGHT + group.bars.length * BAR_STEP + GROUP_GAP;
    return text;
  });
  const height = Math.max(y, 1);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>What the benchmark found</title>
<style>${STYLE}</style>
${drawn.join('\n')}
</svg>
`;
}

function drawGroup({ title, unit, logarithmic = false, bars }: BarGroup, top: number): string {
  const lengthOf = scale(
    bars.map(({ value }) => value),
    logarithmic,
  );
  const note = logarithmic ? ' (logarithmic)' : '';
  const head = `<text class="title" x="0" y="${top + 20}">${escaped(title)}<tspan class="muted">${note}</tspan></text>`;
  const lines = bars.map(({ label, value, baseline = false }, i) => {
    const y = top + TITLE_HEIGHT + i * BAR_STEP;
    const length = Math.round(lengthOf(value) * 10) / 10;
    const middle = y + BAR_HEIGHT - 5;
    return (
      `<text class="muted" x="${LABEL_WIDTH - 8}" y="${middle}" text-anchor="end">${escaped(label)}</text>` +
      `<rect class="${baseline ? 'baseline' : 'ours'}" x="${LABEL_WIDTH}" y="${y}" width="${length}" height="${BAR_HEIGHT}"/>` +
      `<text x="${LABEL_WIDTH + length + 6}" y="${middle}">${escaped(`${figure(value)} ${unit}`)}</text>`
    );
  });
  return [head, ...lines].join('\n');
}

/** From a value to the length of its bar. A logarithmic scale begins at the power of ten below the smallest value. */
function scale(values: readonly number[], logarithmic: boolean): (value: number) => number {
  const greatest = Math.max(...values);
  if (!logarithmic) return (value) => (BAR_WIDTH * value) / greatest;
  const begin = Math.floor(Math.log10(Math.min(...values))) - 0.1;
  return (value) => (BAR_WIDTH * (Math.log10(value) - begin)) / (Math.log10(greatest) - begin);
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
