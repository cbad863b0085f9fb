import { afterEach, expect, test } from '@jest/globals';
import { lendsTerminals, onTerminal } from '../support/pseudo-terminal.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// What this file proves: what a run shows on a real terminal, whatever its width: each stage on a line of its own, one
// bar that fits, and nothing written over anything.

let place: Workspace | undefined;
afterEach(() => place?.remove());

if (lendsTerminals) {
  test.each([60, 80, 120])('at %d columns every stage has its line, and the bar fits and goes', async (columns) => {
    place = await makeWorkspace();
    const { code, lines, lastLines } = await onTerminal(['demo', '--employees', '1500'], {
      columns,
      cwd: place.folder,
    });
    expect(code).toBe(0);
    const times = lines.filter((line) => /^ *\d+\.\d s /.test(line)).map((line) => line.replace(/^ *\d+\.\d s /, ''));
    expect(times).toEqual([
      'Starting the run',
      'Fetching the catalog files',
      'Making the assignments',
      'Simulating the employees',
      expect.stringMatching(/^ {2}1,500 of 1,500 employees, 0 failed, [\d,]+\/s, none left$/),
      'Writing the files',
    ]);
    // Nothing of the bar is left, nor of anything that it was written over.
    expect(lines.filter((line) => /[█░]|of 1,500 ·/.test(line))).toEqual([]);
    const bars = lastLines.filter((line) => line.includes(' of 1,500 · '));
    expect(bars.length).toBeGreaterThan(1);
    for (const bar of bars) {
      expect(bar).toMatch(/^ {9}([█░]{8,24} )?[\d,]+ of 1,500 · 0 failed · ([\d,.]+|\?)\/s · .+ left$/);
      expect(bar.length).toBeLessThan(columns);
    }
  });
}
