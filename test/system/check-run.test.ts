import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// What this file proves: `btc-fake check` finds a run's own files right, and whatever was changed in them since: the
// manifest beside them says what the run wrote.

let place: Workspace;
let before: ReadonlyMap<string, string>;
let names: Record<'completions' | 'open' | 'placeholder' | 'summary' | 'manifest', string>;

beforeAll(async () => {
  place = await makeWorkspace();
  expect((await place.run(['demo', '--employees', '40'])).code).toBe(0);
  const files = (await readdir(place.path('generated_files'))).sort();
  const [completions, open, manifest, summary, placeholder] = files as [string, string, string, string, string];
  names = { completions, open, placeholder, summary, manifest };
  before = new Map(
    await Promise.all(files.map(async (name) => [name, await readFile(generated(name), 'utf8')] as const)),
  );
});
beforeEach(async () => {
  for (const [name, text] of before) await writeFile(generated(name), text);
});
afterAll(() => place.remove());

const generated = (name: string) => place.path('generated_files', name);

/** What is said of all files of the run, or of these, without the folder. */
async function check(...files: string[]) {
  const all = files.length > 0 ? files : [...before.keys()];
  const { code, stdout } = await place.run(['check', ...all.map((name) => `generated_files/${name}`)]);
  return { code, lines: stdout.replaceAll('generated_files/', '').trimEnd().split('\n') };
}

test('all files of a run, in one go, are right', async () => {
  const rows = (name: string) => before.get(name)!.split('\n').length - 2;
  expect(await check()).toEqual({
    code: 0,
    lines: [
      `${names.completions}: ${rows(names.completions)} rows are right, as the run wrote them (ContentUserCompletion)`,
      `${names.open}: ${rows(names.open)} rows are right, as the run wrote them (Non_Completed_Assignments)`,
      `${names.manifest}: 4 files are there, as the run wrote them (manifest)`,
      `${names.summary}: it is as the run wrote it (summary)`,
      `${names.placeholder}: it is as the run wrote it (UserCompletion)`,
    ],
  });
});

test('all rows of one employee deleted: told by SHA-256, rows and the employee, also without the manifest among the files', async () => {
  const lines = before.get(names.completions)!.split('\n');
  const id = /^"(\d+)"/.exec(lines[1]!)![1]!;
  const kept = lines.filter((line) => !line.startsWith(`"${id}",`));
  await writeFile(generated(names.completions), kept.join('\n'));
  for (const files of [[], [names.completions]]) {
    const { code, lines: said } = await check(...files);
    expect(code).toBe(1);
    const removed = lines.length - kept.length;
    expect(said.filter((line) => line.startsWith(`${names.completions}: `))).toEqual([
      expect.stringMatching(
        /: it is not what the run wrote: its SHA-256 is [0-9a-f]{12}…, in Run_\S+ it is [0-9a-f]{12}…$/,
      ),
      `${names.completions}: it has ${kept.length - 2} rows, the run wrote ${lines.length - 2}`,
      `${names.completions}: employee ${id} has 0 completions here, and ${removed} in the summary`,
      `${names.completions}: 3 problems in ${kept.length - 2} rows (ContentUserCompletion)`,
    ]);
  }
});

test('a changed byte in any of them is found, by the manifest alone too', async () => {
  for (const name of [names.open, names.summary, names.placeholder]) {
    await appendFile(generated(name), ' ');
    expect((await check(name)).lines.join('\n')).toContain('it is not what the run wrote');
    expect((await check(names.manifest)).lines[0]).toContain(
      `${names.manifest}: ${name}: it is not what the run wrote`,
    );
    await writeFile(generated(name), before.get(name)!);
  }
});

test("a missing file, and a file that is not the run's, are named", async () => {
  await rm(generated(names.open));
  expect(await check(names.manifest)).toMatchObject({
    code: 1,
    lines: [`${names.manifest}: ${names.open} is not beside it, and the run wrote it`, expect.any(String)],
  });
  await writeFile(generated(names.manifest), '{"outputs":[]}');
  expect((await check(names.summary)).lines[0]).toBe(
    `${names.summary}: ${names.manifest} does not name it among the files that the run wrote`,
  );
  await writeFile(generated(names.manifest), '"UserId"\n');
  expect(await check(names.manifest)).toMatchObject({
    code: 1,
    lines: [expect.stringContaining('this is no manifest of a run'), expect.any(String)],
  });
});
