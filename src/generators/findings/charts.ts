/** Text as HTML shows it. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A number for people. */
export function shown(number: number): string {
  if (Number.isInteger(number)) return number.toLocaleString('en-US');
  const size = Math.abs(number);
  return size >= 0.01 && size < 1e7 ? String(Number(number.toPrecision(5))) : number.toExponential(2);
}

const WIDTH = 260;
const ROW = 16;

/** Values by how often they occur, as horizontal bars. */
export function valueBars(values: readonly { readonly value: unknown; readonly count: number }[]): string {
  const most = Math.max(1, ...values.map(({ count }) => count));
  const rows = values.map(({ value, count }, index) => {
    const y = index * ROW;
    const width = Math.max(1, Math.round((count / most) * 110));
    const text = String(value);
    const short = text.length > 16 ? `${text.slice(0, 15)}…` : text;
    return `<text x="108" y="${y + 12}" text-anchor="end">${escaped(short)}</text><rect x="114" y="${y + 3}" width="${width}" height="10"><title>${escaped(text)}: ${shown(count)}</title></rect><text x="${118 + width}" y="${y + 12}" class="small">${shown(count)}</text>`;
  });
  return svg(values.length * ROW, rows.join(''), 'The most frequent values');
}

/** Where the values of a column lie: least to greatest as a line, the middle half as a box, the median as a stroke. */
export function boxPlot(quantiles: Readonly<Record<string, number>>, least: number, greatest: number): string {
  const { p05 = least, p25 = least, p50 = least, p75 = greatest, p95 = greatest } = quantiles;
  const span = greatest - least || 1;
  const at = (value: number) => Math.round(6 + ((value - least) / span) * (WIDTH - 12));
  const shapes = [
    `<line x1="${at(least)}" x2="${at(greatest)}" y1="14" y2="14" class="thin"/>`,
    `<line x1="${at(p05)}" x2="${at(p95)}" y1="14" y2="14" class="thick"/>`,
    `<rect x="${at(p25)}" y="5" width="${Math.max(1, at(p75) - at(p25))}" height="18"><title>half of the values: ${shown(p25)} to ${shown(p75)}</title></rect>`,
    `<line x1="${at(p50)}" x2="${at(p50)}" y1="3" y2="25" class="median"><title>median ${shown(p50)}</title></line>`,
    `<text x="2" y="38" class="small">${shown(least)}</text><text x="${WIDTH - 2}" y="38" text-anchor="end" class="small">${shown(greatest)}</text>`,
  ];
  return svg(42, shapes.join(''), 'Distribution');
}

/** How many of each hundred values are there. */
export function filledBar(missingPercentage: number): string {
  const filled = Math.round(100 - missingPercentage);
  return `<span class="bar" title="${missingPercentage} % missing"><span style="width:${filled}%"></span></span>`;
}

/** Columns by their quality, the worst first. */
export function qualityBars(columns: readonly { readonly name: string; readonly score: number }[]): string {
  const rows = columns.map(({ name, score }, index) => {
    const y = index * ROW;
    const short = name.length > 24 ? `${name.slice(0, 23)}…` : name;
    const tone = score >= 80 ? 'good' : score >= 50 ? 'fair' : 'poor';
    return `<text x="178" y="${y + 12}" text-anchor="end">${escaped(short)}</text><rect x="184" y="${y + 3}" width="${Math.max(1, score * 2)}" height="10" class="${tone}"/><text x="${190 + Math.max(1, score * 2)}" y="${y + 12}" class="small">${shown(score)}</text>`;
  });
  return svg(columns.length * ROW, rows.join(''), 'Quality by column', 430);
}

function svg(height: number, content: string, label: string, width = WIDTH): string {
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${content}</svg>`;
}
