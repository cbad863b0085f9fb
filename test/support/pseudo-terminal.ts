import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import xterm from '@xterm/headless';
import { inheritedEnvironment, MAIN } from './btc-fake.ts';

/** How a command looked on a terminal. */
export interface TerminalSession {
  readonly code: number | null;
  /** The lines that stand on the terminal at the end, also lines that have scrolled away; a wrapped line is one. */
  readonly lines: readonly string[];
  /** Everything that ever stood on the last line that was written, without repeats, in order. */
  readonly lastLines: readonly string[];
}

export const SCRIPT = '/usr/bin/script';

/** util-linux's own `script` (that of other systems takes other options), on a system that has pseudo-terminals. */
export const lendsTerminals =
  process.platform === 'linux' && existsSync(SCRIPT) && spawnSync(SCRIPT, ['-qec', 'true', '/dev/null']).status === 0;

const ROWS = 24;
const ESCAPE = String.fromCharCode(27);
/** Before what takes the cursor to the first column, as a progress bar does for each of its states. */
const TO_FIRST_COLUMN = new RegExp(`(?=\\r|${ESCAPE}\\[1G)`);

/**
 * Runs a command on a terminal of this many columns, which util-linux's `script` lends it and a real emulator
 * (xterm.js) reads. Only where `lendsTerminals`.
 */
export async function onTerminal(
  args: readonly string[],
  { columns, cwd, env = {} }: { columns: number; cwd: string; env?: Readonly<Record<string, string>> },
): Promise<TerminalSession> {
  const quoted = [process.execPath, MAIN, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const command = `stty cols ${columns} rows ${ROWS} && ${quoted}`;
  const child = spawn(SCRIPT, ['-qefc', command, '/dev/null'], {
    cwd,
    env: { ...inheritedEnvironment(), TERM: 'xterm-256color', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const terminal = new xterm.Terminal({ cols: columns, rows: ROWS, scrollback: 10_000, allowProposedApi: true });
  const lastLines: string[] = [];
  const look = () => {
    const { baseY, cursorY } = terminal.buffer.active;
    const line = terminal.buffer.active.getLine(baseY + cursorY)?.translateToString(true) ?? '';
    if (line !== lastLines.at(-1)) lastLines.push(line);
  };
  let drawn = Promise.resolve();
  child.stdout.on('data', (chunk: Buffer) => {
    // Piece by piece, as a person would see it: a chunk can hold several states of the last line.
    for (const piece of chunk.toString('latin1').split(TO_FIRST_COLUMN)) {
      const write = () => new Promise<void>((done) => terminal.write(Buffer.from(piece, 'latin1'), done));
      drawn = drawn.then(write).then(look);
    }
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  await drawn;
  const { active } = terminal.buffer;
  const lines: string[] = [];
  for (let i = 0; i < active.length; i++) {
    const row = active.getLine(i)!;
    const text = row.translateToString(true);
    if (row.isWrapped) lines.push(lines.pop()! + text);
    else lines.push(text);
  }
  terminal.dispose();
  return { code, lines: lines.slice(0, lines.findLastIndex((line) => line !== '') + 1), lastLines };
}
