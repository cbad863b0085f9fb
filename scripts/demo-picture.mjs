/**
 * Runs `npm run demo` on a terminal of its own (util-linux's `script`) and draws what it prints: `node
 * scripts/demo-picture.mjs [FILE]` (docs/images/demo.svg). Where lines are left out, the picture says how many.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COLUMNS = 104;
const EMPLOYEES_SHOWN = 6;

const CELL = { width: 8.4, height: 19 };
const PADDING = 18;
const TITLE_BAR = 34;
const COLOURS = {
  window: '#1b1f27',
  bar: '#2a303c',
  text: '#d5dae3',
  dim: '#8b94a5',
  bold: '#ffffff',
  prompt: '#7bd88f',
};
const FONT = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';

const ESC = String.fromCharCode(27);
/** A control sequence (its parameters and its command), a saved or restored cursor, or a character. */
const TOKENS = new RegExp(`${ESC}\\[([\\d;?]*)([A-Za-z])|${ESC}[78]|[^${ESC}]`, 'gsu');

/** A picture shows neighbouring blanks as one. */
const NO_BREAK_SPACE = String.fromCharCode(160);

const target = process.argv[2] ?? join(ROOT, 'docs', 'images', 'demo.svg');
const prompt = [
  { text: '$ ', style: 'prompt' },
  { text: 'npm run demo', style: 'bold' },
];
const lines = [prompt, ...leaveOut(screenOf(runDemo()))].flatMap(wrap);
writeFileSync(target, draw(lines));
process.stderr.write(`${target}: ${lines.length} lines\n`);

/** What the demo writes to a terminal, control sequences included; npm's own two lines are not asked for. */
function runDemo() {
  // Set up before, so that the picture does not show what is done only once.
  spawnSync(process.execPath, ['scripts/setup.mjs'], { cwd: ROOT, stdio: 'inherit' });
  const command = `stty cols ${COLUMNS} rows 50; npm run --silent demo 2>&1`;
  const env = { ...process.env, TERM: 'xterm-256color' };
  delete env.NO_COLOR;
  const { status, stdout, stderr } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
  });
  if (status === 0) return stdout;
  throw new Error(`The demo ended with ${status}: ${stdout}${stderr}`);
}

/** The lines that a terminal shows after these characters: each a list of `{ text, style }`. */
function screenOf(output) {
  const lines = [];
  let cells = [];
  let column = 0;
  let style = 'text';
  for (const [token, parameters, command] of output.matchAll(TOKENS)) {
    if (command === 'G') column = Number(parameters || 1) - 1;
    else if (command === 'K') cells.length = Math.min(cells.length, column);
    else if (command === 'm') style = { 1: 'bold', 2: 'dim' }[parameters] ?? 'text';
    else if (token === '\r') column = 0;
    else if (token === '\n') {
      lines.push(spansOf(cells));
      cells = [];
      column = 0;
    } else if (!token.startsWith(ESC)) {
      cells[column] = { character: token, style };
      column += 1;
    }
  }
  return lines;
}

/** Neighbours of one style, joined. */
function spansOf(cells) {
  const spans = [];
  for (const { character, style } of Array.from(cells, (cell) => cell ?? { character: ' ', style: 'text' })) {
    if (spans.at(-1)?.style === style) spans.at(-1).text += character;
    else spans.push({ text: character, style });
  }
  return spans;
}

/** Shows the first employees only, and says how many more there are. */
function leaveOut(all) {
  const isEmployee = (line) => /^\d+: /.test(line[0]?.text ?? '');
  const first = all.findIndex(isEmployee);
  const count = all.filter(isEmployee).length;
  const note = [{ text: `  ⋮ ${count - EMPLOYEES_SHOWN} more employees`, style: 'dim' }];
  return [...all.slice(0, first + EMPLOYEES_SHOWN), note, ...all.slice(first + count)];
}

/** Breaks a line at the terminal's right edge. */
function wrap(line) {
  const cells = line.flatMap(({ text, style }) => Array.from(text, (character) => ({ character, style })));
  const rows = [];
  for (let at = 0; at === 0 || at < cells.length; at += COLUMNS) rows.push(spansOf(cells.slice(at, at + COLUMNS)));
  return rows;
}

/** The picture: a terminal window with colours of its own, to read the same on a light and on a dark page. */
function draw(rows) {
  const width = Math.ceil(COLUMNS * CELL.width + 2 * PADDING);
  const height = TITLE_BAR + rows.length * CELL.height + 2 * PADDING - 6;
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, i) => `<circle cx="${20 + i * 20}" cy="17" r="6" fill="${fill}"/>`,
  );
  const texts = rows.flatMap((row, r) => {
    const y = TITLE_BAR + PADDING + 10 + r * CELL.height;
    let column = 0;
    return row.map((span) => {
      const text = drawSpan(span, column, y);
      column += Array.from(span.text).length;
      return text;
    });
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="What npm run demo prints in a terminal">
<rect width="${width}" height="${height}" rx="10" fill="${COLOURS.window}" stroke="${COLOURS.bar}"/>
<path d="M0 ${TITLE_BAR}V10a10 10 0 0 1 10-10H${width - 10}a10 10 0 0 1 10 10V${TITLE_BAR}z" fill="${COLOURS.bar}"/>
${dots.join('')}
<g font-family='${FONT}' font-size="14">
${texts.filter((text) => text !== '').join('\n')}
</g>
</svg>
`;
}

/** `textLength` keeps the columns in line whatever font the reader has. */
function drawSpan({ text, style }, column, y) {
  const lead = text.length - text.trimStart().length;
  const shown = text.trim();
  if (shown === '') return '';
  const x = (PADDING + (column + lead) * CELL.width).toFixed(1);
  const length = (Array.from(shown).length * CELL.width).toFixed(1);
  const weight = style === 'bold' ? ' font-weight="600"' : '';
  return `<text x="${x}" y="${y}" fill="${COLOURS[style]}"${weight} textLength="${length}">${escapeXml(shown)}</text>`;
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(' ', NO_BREAK_SPACE);
}
