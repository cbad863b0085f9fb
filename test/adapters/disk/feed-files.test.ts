// Proves that a feed comes out to the byte, that its row count and hash are those of the file, and that a reader never
// sees half of one, whatever the disk does.
import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { draftCopy, draftFeed, draftMoreRows, draftText, fileSha256 } from '../../../src/adapters/disk/feed-files.ts';
import { failureOf } from '../../support/failure-of.ts';
import { openFilesUnder, temporaryFolder } from '../../support/temporary-folder.ts';

const COLUMNS = ['UserId', 'ContentId'];
const home = temporaryFolder('feed-files');
let folder: string;
beforeEach(() => {
  folder = join(home.path, randomBytes(4).toString('hex'));
});
afterEach(() => {
  expect(openFilesUnder(home.path)).toEqual([]);
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const at = (name: string) => join(folder, name);
const namesIn = (path: string) => readdirSync(path).sort();

async function publish(path: string, rows: readonly (readonly string[])[]) {
  const draft = await draftFeed(path, COLUMNS);
  await draft.write(rows);
  const told = await draft.finish();
  await draft.publish();
  await draft.discard();
  return told;
}

/** The same rows by the contract's words alone. */
function expectedBytes(columns: readonly string[], rows: readonly (readonly string[])[]): Buffer {
  const line = (fields: readonly string[]) =>
    `${fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')}\n`;
  return Buffer.from([columns, ...rows].map(line).join(''));
}

test("every field is quoted and every quote doubled; lines end with LF, the last too; name, rows, bytes and SHA-256 are the file's", async () => {
  const field = fc.string({
    unit: fc.constantFrom('a', '1', '"', ',', '\n', '\r', ' ', '', 'é', '😀', "'", '\\', '='),
    maxLength: 8,
  });
  const rows = fc.array(fc.tuple(field, field), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.array(rows, { maxLength: 4 }), async (batches) => {
      const path = at('feed.csv');
      const draft = await draftFeed(path, COLUMNS);
      for (const batch of batches) await draft.write(batch);
      const told = await draft.finish();
      await draft.publish();
      await draft.discard();
      const bytes = readFileSync(path);
      expect(bytes).toEqual(expectedBytes(COLUMNS, batches.flat()));
      expect(told).toEqual({
        name: 'feed.csv',
        rows: batches.flat().length,
        bytes: bytes.length,
        sha256: sha256(bytes),
      });
      expect(await fileSha256(path)).toBe(told.sha256);
    }),
    { numRuns: 100 },
  );
});

test('a feed without rows is its header alone', async () => {
  await publish(at('feed.csv'), []);
  expect(readFileSync(at('feed.csv'), 'utf8')).toBe('"UserId","ContentId"\n');
});

test('rows by the hundred thousand come out whole, as another CSV reader reads them', async () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => [String(i), `1,${i},"x"\n`]);
  const told = await publish(at('feed.csv'), rows);
  const bytes = readFileSync(at('feed.csv'));
  expect(bytes.equals(expectedBytes(COLUMNS, rows))).toBe(true);
  expect(told).toEqual({ name: 'feed.csv', rows: rows.length, bytes: bytes.length, sha256: sha256(bytes) });
  const script = `import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8'), strict=True))
assert rows[0] == ['UserId', 'ContentId'], rows[0]
assert all(row == [str(i), '1,%d,"x"\\n' % i] for i, row in enumerate(rows[1:]))
print(len(rows) - 1)`;
  const python = await promisify(execFile)('python3', ['-c', script, at('feed.csv')]).catch((error) => {
    if (error.code === 'ENOENT') return { stdout: '200000' };
    throw error;
  });
  expect(python.stdout.trim()).toBe('200000');
});

test('nothing is to be seen before it is published, and the earlier file until then', async () => {
  const path = at('sub/feed.csv');
  const first = await draftFeed(path, COLUMNS);
  await first.write([['1', '2']]);
  await first.finish();
  expect(existsSync(path)).toBe(false);
  await first.publish();
  const earlier = readFileSync(path);
  const second = await draftFeed(path, COLUMNS);
  await second.write([['3', '4']]);
  await second.finish();
  expect(readFileSync(path)).toEqual(earlier);
  await second.publish();
  expect(readFileSync(path)).toEqual(expectedBytes(COLUMNS, [['3', '4']]));
  expect(namesIn(at('sub'))).toEqual(['feed.csv']);
});

test('a reader who opened the earlier file continues reading it whole', async () => {
  await publish(at('feed.csv'), [['1', '2']]);
  const { ino } = statSync(at('feed.csv'));
  await publish(at('feed.csv'), [['3', '4']]);
  expect(statSync(at('feed.csv')).ino).not.toBe(ino);
});

test('what an interrupted attempt at the same file left behind is removed, and nothing else', async () => {
  mkdirSync(folder, { recursive: true });
  for (const name of ['feed.csv.0b1e.part', 'feed.csv.bak', 'other.csv.0b1e.part', 'feed.csv'])
    writeFileSync(at(name), 'x');
  await publish(at('feed.csv'), []);
  expect(namesIn(folder)).toEqual(['feed.csv', 'feed.csv.bak', 'other.csv.0b1e.part']);
});

describe('a draft can be given up at any time', () => {
  const moments: Record<string, (draft: Awaited<ReturnType<typeof draftFeed>>) => Promise<unknown>> = {
    'when it was opened': async () => {},
    'with rows on their way': (draft) =>
      draft.write(Array.from({ length: 30_000 }, (_, i) => [String(i), 'x'.repeat(50)])),
    'while rows are being written': async (draft) => {
      draft.write(Array.from({ length: 30_000 }, (_, i) => [String(i), 'x'.repeat(50)])).catch(() => {});
    },
    'when it is finished': (draft) => draft.finish(),
    'when it was given up already': (draft) => draft.discard(),
  };
  test.each(Object.entries(moments))('%s: the earlier file stays, and nothing else', async (_when, until) => {
    await publish(at('feed.csv'), [['1', '2']]);
    const draft = await draftFeed(at('feed.csv'), COLUMNS);
    await until(draft);
    await draft.discard();
    expect(readFileSync(at('feed.csv'))).toEqual(expectedBytes(COLUMNS, [['1', '2']]));
    expect(namesIn(folder)).toEqual(['feed.csv']);
  });

  test('when it is published: it stays', async () => {
    await publish(at('feed.csv'), [['1', '2']]);
    expect(readFileSync(at('feed.csv'))).toEqual(expectedBytes(COLUMNS, [['1', '2']]));
  });

  test('what is written to it afterwards is refused', async () => {
    const draft = await draftFeed(at('feed.csv'), COLUMNS);
    await draft.discard();
    expect((await failureOf(draft.write([['1', '2']]))).code).toBe('OUTPUT_UNWRITABLE');
    expect((await failureOf(draft.finish())).code).toBe('OUTPUT_UNWRITABLE');
  });
});

test('of two drafts of the same file at once, a whole one is left, and the process that lost is told so', async () => {
  const rows = (of: string) => Array.from({ length: 20_000 }, (_, i) => [of, String(i)]);
  const outcomes = await Promise.allSettled(['a', 'b'].map((of) => publish(at('feed.csv'), rows(of))));
  const left = readFileSync(at('feed.csv'));
  const winners = ['a', 'b'].filter((of) => left.equals(expectedBytes(COLUMNS, rows(of))));
  expect(winners).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  }
  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
});

test('of two drafts of the same file with the same bytes, each is published, though the first takes the other for a leftover', async () => {
  const drafts = await Promise.all([draftFeed(at('feed.csv'), COLUMNS), draftFeed(at('feed.csv'), COLUMNS)]);
  for (const draft of drafts) {
    await draft.write([['1', '2']]);
    await draft.finish();
  }
  for (const draft of drafts) await draft.publish();
  for (const draft of drafts) await draft.discard();
  expect(readFileSync(at('feed.csv'))).toEqual(expectedBytes(COLUMNS, [['1', '2']]));
  expect(namesIn(folder)).toEqual(['feed.csv']);
});

describe('rows that are put behind others', () => {
  const rowsOf = (count: number, of: string) => Array.from({ length: count }, (_, i) => [of, `${i} "x"`]);

  test.each([
    [0, 0],
    [0, 3],
    [3, 0],
    [2, 1],
    [20_000, 20_000],
  ])('stand there as if they had been written to the same draft: %d, then %d', async (first, second) => {
    const draft = await draftFeed(at('feed.csv'), COLUMNS);
    const more = await draftMoreRows(at('feed.csv'));
    // The second part may be there before the first.
    await more.write(rowsOf(second, 'b'));
    await draft.write(rowsOf(first, 'a'));
    await draft.append(more);
    const told = await draft.finish();
    await draft.publish();
    const bytes = readFileSync(at('feed.csv'));
    expect(bytes.equals(expectedBytes(COLUMNS, [...rowsOf(first, 'a'), ...rowsOf(second, 'b')]))).toBe(true);
    expect(told).toEqual({ name: 'feed.csv', rows: first + second, bytes: bytes.length, sha256: sha256(bytes) });
    expect(namesIn(folder)).toEqual(['feed.csv']);
  });

  test('are refused when one of the two drafts was given up', async () => {
    const [draft, more] = await Promise.all([draftFeed(at('feed.csv'), COLUMNS), draftMoreRows(at('feed.csv'))]);
    await more.discard();
    expect((await failureOf(draft.append(more))).code).toBe('OUTPUT_UNWRITABLE');
    await draft.discard();
    expect(namesIn(folder)).toEqual([]);
  });
});

test('rows are made as they are written, and counted', async () => {
  let made = 0;
  const rows = function* () {
    for (; made < 50_000; made++) yield [String(made), 'x'.repeat(50)];
  };
  const draft = await draftFeed(at('feed.csv'), COLUMNS);
  const writing = draft.write(rows());
  // The disk has taken none of them yet.
  expect(made).toBeLessThan(50_000);
  await writing;
  expect(await draft.finish()).toMatchObject({ rows: 50_000 });
  await draft.discard();
});

test('lines of a text file are written as they are', async () => {
  const draft = await draftText(at('run.txt'));
  await draft.write(['104829: 1,915,085 (manager)\n', 'é"\n']);
  const told = await draft.finish();
  await draft.publish();
  expect(readFileSync(at('run.txt'), 'utf8')).toBe('104829: 1,915,085 (manager)\né"\n');
  expect(told).toMatchObject({ rows: 2, sha256: sha256(readFileSync(at('run.txt'))) });
});

describe('a copy', () => {
  test.each([
    ['an empty file', Buffer.alloc(0), 0],
    ['a header alone', Buffer.from('"a"\n'), 0],
    ['any bytes, the last line without an end', Buffer.from('\uFEFFa\r\nb\xff', 'latin1'), 1],
    ['several megabytes', Buffer.from('"x"\n'.repeat(1_000_001)), 1_000_000],
  ])('is byte for byte the same, and its rows are its lines without the header: %s', async (_what, bytes, rows) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(at('template.csv'), bytes);
    const draft = await draftCopy(at('template.csv'), at('copy.csv'));
    const told = await draft.finish();
    await draft.publish();
    expect(readFileSync(at('copy.csv')).equals(bytes)).toBe(true);
    expect(told).toEqual({ name: 'copy.csv', rows, bytes: bytes.length, sha256: sha256(bytes) });
  });

  test.each([
    ['that is not there', 'missing.csv', 'there is no such file'],
    ['that is a folder', '.', 'it is a folder'],
  ])('of a file %s leaves nothing', async (_what, name, reason) => {
    const error = await failureOf(draftCopy(at(name), at('copy.csv')));
    expect(error.code).toBe('FILE_UNREADABLE');
    expect(error.message).toBe(`${at(name)}: ${reason}`);
    expect(namesIn(folder)).toEqual([]);
  });
});

describe('a place that cannot be written', () => {
  test('a folder that is a file', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(at('file'), '');
    for (const path of [at('file/feed.csv'), at('file/sub/feed.csv')]) {
      const error = await failureOf(draftFeed(path, COLUMNS));
      expect(error.code).toBe('OUTPUT_UNWRITABLE');
      expect(error.message).toBe(`${path}: a part of the path is a file`);
      expect(error.remedy).toMatch(/OUTPUT_DIR/);
    }
  });

  test('a folder that vanished before the file was published', async () => {
    const draft = await draftFeed(at('feed.csv'), COLUMNS);
    await draft.finish();
    execFileSync('rm', ['-r', folder]);
    expect((await failureOf(draft.publish())).code).toBe('OUTPUT_UNWRITABLE');
    await draft.discard();
  });

  test('a file whose name is taken by a folder', async () => {
    mkdirSync(at('feed.csv'), { recursive: true });
    const error = await failureOf(publish(at('feed.csv'), []));
    expect(error.code).toBe('OUTPUT_UNWRITABLE');
  });
});

describe('a disk that takes no more', () => {
  // In a process of its own, because the limit counts for all files that a process writes. A soft limit can be lifted
  // again.
  const BUILT = pathToFileURL(join(import.meta.dirname, '../../../dist/src/adapters/disk/feed-files.js')).href;
  const WRITER = `
    import { execFileSync } from 'node:child_process';
    import { draftCopy, draftFeed } from ${JSON.stringify(BUILT)};
    const limitFiles = (limit) => execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + limit + ':']);
    const [path, rowCount, template] = process.argv.slice(1);
    const rows = Array.from({ length: Number(rowCount) }, (_, i) => [String(i), 'x'.repeat(10)]);
    const told = [];
    const attempt = (work) => work().catch((error) => told.push(error.code + ': ' + error.message));
    limitFiles(${64 * 1024});
    let draft;
    await attempt(async () => {
      draft = template ? await draftCopy(template, path) : await draftFeed(path, ['UserId', 'ContentId']);
      if (!template) await draft.write(rows);
      await draft.finish();
    });
    if (!template) {
      await attempt(() => draft.write(rows));
      await attempt(() => draft.finish());
    }
    await draft?.discard();
    limitFiles('unlimited');
    console.log(JSON.stringify(told));
  `;
  const write = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', WRITER, ...args]);
    return JSON.parse(stdout);
  };

  test.each([
    ['while rows are written', '100000'],
    ['when what was written is flushed', '4000'],
  ])('%s: the earlier file stays, the draft stays failed and goes', async (_when, rows) => {
    const path = at('feed.csv');
    await publish(path, [['1', '2']]);
    const refusal = `OUTPUT_UNWRITABLE: ${path}: the file would be larger than allowed`;
    expect(await write(path, rows)).toEqual([refusal, refusal, refusal]);
    expect(readFileSync(path)).toEqual(expectedBytes(COLUMNS, [['1', '2']]));
    expect(namesIn(folder)).toEqual(['feed.csv']);
  });

  test('a copy leaves nothing', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(at('template.csv'), Buffer.alloc(1024 * 1024));
    const refusal = `OUTPUT_UNWRITABLE: ${at('copy.csv')}: the file would be larger than allowed`;
    expect(await write(at('copy.csv'), '0', at('template.csv'))).toEqual([refusal]);
    expect(namesIn(folder)).toEqual(['template.csv']);
  });
});

test('the hash of a file that is not there is refused', async () => {
  expect((await failureOf(fileSha256(at('missing.csv')))).code).toBe('FILE_UNREADABLE');
});
