import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Command, CommanderError } from 'commander';
import { checkCommand } from '../../../src/cli/commands/check.ts';

// What this file proves: what a person and a machine get from `btc-fake check`, on which stream, and with which exit
// code.

let folder: string;
beforeAll(async () => {
  folder = relative(process.cwd(), await mkdtemp(join(tmpdir(), 'btc-fake-check-')));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command as main.ts does. Standard error must stay empty. */
async function btcFake(...args: readonly string[]) {
  let code: number | undefined;
  let output = '';
  const program = new Command('btc-fake').exitOverride().configureOutput({ writeErr: () => {} });
  checkCommand(program, (result) => {
    code = result;
  });
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  const stdout = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  const stderr = jest.spyOn(process.stderr, 'write');
  try {
    await program.parseAsync(args, { from: 'user' });
    expect(stderr).not.toHaveBeenCalled();
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
  return { code, lines: output.split('\n').slice(0, -1) };
}

async function put(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** An employees file with some rows that are right and some that are wrong. */
function employees(right: number, wrong: number): string {
  const rows = [
    ...Array.from({ length: right }, (_, i) => `${i + 1},a\n`),
    ...Array.from({ length: wrong }, (_, i) => `${i + 1},a\n`),
  ];
  return `employee_id,employee_edu_type\n${rows.join('')}`;
}

describe('btc-fake check', () => {
  test('says how many rows are right, of each file, and exits 0', async () => {
    const many = await put('employees.csv', employees(12_345, 0));
    const one = await put('employees-1.csv', employees(1, 0));
    expect(await btcFake('check', many, one)).toEqual({
      code: 0,
      lines: [`${many}: 12,345 rows are right (employees)`, `${one}: 1 row is right (employees)`],
    });
  });

  test('names the file as it was typed, and the line, and exits 1', async () => {
    const path = `./${await put('employees.csv', employees(3, 2))}`;
    expect(await btcFake('check', path)).toEqual({
      code: 1,
      lines: [
        `${path}:5: employee_id 1 was seen before`,
        `${path}:6: employee_id 2 was seen before`,
        `${path}: 2 problems in 5 rows (employees)`,
      ],
    });
  });

  test('shows the first 20 of each file, or as many as --limit says, or --all', async () => {
    const path = await put('employees.csv', employees(30, 25));
    const { lines } = await btcFake('check', path, path);
    const half = lines.slice(0, 21);
    expect(lines).toEqual([...half, ...half]);
    expect(half[19]).toBe(`${path}:51: employee_id 20 was seen before`);
    expect(half[20]).toBe(
      `${path}: 25 problems in 55 rows (employees); the first 20 are shown (--all shows every one)`,
    );
    expect((await btcFake('check', path, '--limit', '1')).lines).toEqual([
      half[0],
      `${path}: 25 problems in 55 rows (employees); the first is shown (--all shows every one)`,
    ]);
    const all = await btcFake('check', '--all', path);
    expect(all.lines).toHaveLength(26);
    expect(all.lines[25]).toBe(`${path}: 25 problems in 55 rows (employees)`);
  });

  test('continues behind a file that is not there or not known', async () => {
    const unknown = await put('notes.csv', 'a,b\n');
    const known = await put('employees.csv', employees(2, 0));
    const missing = join(folder, 'nothing.csv');
    expect(await btcFake('check', missing, unknown, known)).toEqual({
      code: 1,
      lines: [
        `${missing}: there is no such file`,
        `${unknown}: neither its name nor its header says that it is a ContentUserCompletion, Non_Completed_Assignments, CourseCatalog, StandAloneContent or employees file`,
        `${known}: 2 rows are right (employees)`,
      ],
    });
  });

  test('says clearly that it does not check a placeholder, and that is no error', async () => {
    const path = await put('UserCompletion_v2_2025_10_28_1_ab12cd.csv', 'x');
    expect(await btcFake('check', path)).toEqual({
      code: 0,
      lines: [
        `${path}: not checked; a UserCompletion file is a placeholder, a copy of your template, and the contract has no rules for its rows`,
      ],
    });
  });

  test('gives a machine one JSON array, with the first problems of each file', async () => {
    const wrong = await put('employees.csv', employees(3, 2));
    const missing = join(folder, 'nothing.csv');
    const { code, lines } = await btcFake('check', '--json', '--limit', '1', wrong, missing);
    expect(code).toBe(1);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toEqual([
      {
        file: wrong,
        kind: 'employees',
        checked: true,
        rows: 5,
        manifest: null,
        errors: 2,
        first: [{ line: 5, problem: 'employee_id 1 was seen before' }],
      },
      {
        file: missing,
        kind: null,
        checked: false,
        rows: 0,
        manifest: null,
        errors: 1,
        first: [{ line: null, problem: 'there is no such file' }],
      },
    ]);
    const right = await put('employees.csv', employees(3, 0));
    expect((await btcFake('check', right, '--json')).code).toBe(0);
  });

  test.each([
    ['no file', []],
    ['a limit of nothing', ['--limit', '0', 'a.csv']],
    ['a limit and --all', ['--limit', '5', '--all', 'a.csv']],
    ['an unknown option', ['--strict', 'a.csv']],
  ])('%s is wrong usage', async (_what, args) => {
    await expect(btcFake('check', ...args)).rejects.toBeInstanceOf(CommanderError);
  });
});
