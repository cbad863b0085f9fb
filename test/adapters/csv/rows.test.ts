// Proves that records and line numbers are right for any text, and that what is no CSV is refused at its line.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CsvRow, readCsvRows } from '../../../src/adapters/csv/rows.ts';
import { allOf } from '../../support/all-of.ts';
import { failureOf } from '../../support/failure-of.ts';
import { openFilesUnder, temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const folder = temporaryFolder('csv-rows');
/** How much the system hands over at once. */
const CHUNK_BYTES = 64 * 1024;

function fileWith(content: string | Buffer, name = 'rows.csv'): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

async function read(content: string | Buffer, onBytes?: (chunk: Buffer) => void): Promise<CsvRow[]> {
  const source = { path: fileWith(content), invalidCode: 'CATALOG_INVALID' as const };
  return allOf(readCsvRows(onBytes ? { ...source, onBytes } : source));
}

const refusalOf = (content: string | Buffer) => failureOf(read(content));

/** Fields of any kind of character that matters to CSV, as they stand in the file and as they mean. */
const field = fc
  .tuple(
    fc.string({
      unit: fc.constantFrom('a', '7', ',', '"', '\n', '\r\n', '\r', ' ', 'é', '漢', '😀', '#'),
      maxLength: 6,
    }),
    fc.boolean(),
  )
  .map(([value, quoted]) => {
    const bare = /^[a7é漢😀#]*$/u.test(value) && !quoted;
    return { value, written: bare ? value : `"${value.replaceAll('"', '""')}"` };
  });

test('any fields are read as they were written, each record with the line that it starts on', async () => {
  const row = fc.array(field, { minLength: 1, maxLength: 4 });
  const rows = fc.array(row, { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.boolean(),
      async (table, eol, bom, final) => {
        const texts = table.map((fields) => fields.map(({ written }) => written).join(','));
        const content = `${bom ? '\uFEFF' : ''}${texts.join(eol)}${final && texts.length > 0 ? eol : ''}`;
        const expected: CsvRow[] = [];
        let line = 1;
        for (const [i, fields] of table.entries()) {
          const isBlank = texts[i] === '';
          expected.push({ line, fields: isBlank ? [] : fields.map(({ value }) => value) });
          line += `${texts[i]}${eol}`.split(/\r\n|\r|\n/).length - 1;
        }
        // A last line that is empty and has no line end is no line.
        if (!final && texts.at(-1) === '') expected.pop();
        expect(await read(content)).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});

test('records are the same wherever the file is cut into the pieces in which it is read', async () => {
  const tail = 'é"",\r\n"\n"",\u{1F600}",x\r\n\r\n"a""b","",\r\n,"\r\n"\r\nz';
  const rest = '"'.concat(tail);
  const whole = await read(`,${rest}`);
  const parsed = whole.map(({ fields }) => fields);
  for (let before = 0; before <= Buffer.byteLength(rest) + 1; before += 1) {
    const padding = 'p'.repeat(CHUNK_BYTES - before);
    const [first, ...others] = (await read(`${padding},${rest}`)).map(({ fields }) => fields);
    expect([['', ...first!.slice(1)], ...others]).toEqual(parsed);
  }
});

test('blank lines are records without text, and are counted', async () => {
  expect(await read('a,b\n\n  \n1,2\r\n\r\n3,4')).toEqual([
    { line: 1, fields: ['a', 'b'] },
    { line: 2, fields: [] },
    { line: 3, fields: [] },
    { line: 4, fields: ['1', '2'] },
    { line: 5, fields: [] },
    { line: 6, fields: ['3', '4'] },
  ]);
});

test('an empty file has no records', async () => {
  expect(await read('')).toEqual([]);
});

test('a caller that asks for the bytes gets all of them, also the byte-order mark and line ends', async () => {
  const content = Buffer.from(`\uFEFFid\r\n${'"é\n",\r\n'.repeat(40_000)}`);
  const hash = createHash('sha256');
  await read(content, (chunk) => hash.update(chunk));
  expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
});

test.each([
  ['after a good row', 2, Buffer.from('a,b\n1,\xff\n', 'latin1')],
  ['a character cut at the end of the file', 2, Buffer.from('a,b\n1,é').subarray(0, -1)],
  ['a character cut at the end of a line', 3, Buffer.from('a,b\r\n1,2\r\n1,\xc3\r\n3,4\r\n', 'latin1')],
  ['lines that end with CR, and one in quotes', 4, Buffer.from('a,b\r1,"2\r3"\r\xff,4\r', 'latin1')],
  [
    'far behind, in another piece of the file',
    90_001,
    Buffer.concat([Buffer.from('a,é\n'.repeat(90_000)), Buffer.of(0xff)]),
  ],
  ['in UTF-16', 1, Buffer.from('\uFEFFa,b\n', 'utf16le')],
])('bytes that are not UTF-8 are refused, with their line: %s', async (_what, line, content) => {
  const error = await refusalOf(content);
  expect(error.code).toBe('CATALOG_INVALID');
  expect(error.message).toBe(`rows.csv:${line}: there are bytes that are not UTF-8`);
  expect(error.remedy).toBe('Save the file as UTF-8.');
});

test.each([
  ['a quote that is never closed', 'a,b\n1,2\n\n3,"x\n4,5\n', 'rows.csv:4: a quoted field is never closed'],
  [
    'text behind a closing quote',
    'a,b\n"1\n1",2\n3,"x"y\n',
    'rows.csv:4: something stands behind the closing quote of a field',
  ],
  [
    'the same with CRLF, blanks and doubled quotes before it',
    'a,"b"\r\n\r\n"1\r\n""1""" , 2" "\r\n 3,"x" y\r\n',
    'rows.csv:5: something stands behind the closing quote of a field',
  ],
])('%s is refused at the line that its record starts on', async (_what, content, message) => {
  const error = await refusalOf(content);
  expect({ code: error.code, message: error.message }).toEqual({ code: 'CATALOG_INVALID', message });
});

test.each([
  ['a file that is not there', 'missing.csv', 'there is no such file'],
  ['a folder', 'folder.csv', 'it is a folder'],
  ['a path through a file', 'file.csv/rows.csv', 'it cannot be read (ENOTDIR)'],
])('%s is unreadable', async (_what, name, reason) => {
  mkdirSync(join(folder.path, 'folder.csv'), { recursive: true });
  fileWith('', 'file.csv');
  const path = join(folder.path, name);
  const error = await failureOf(allOf(readCsvRows({ path, invalidCode: 'CATALOG_INVALID' })));
  expect({ code: error.code, message: error.message }).toEqual({
    code: 'FILE_UNREADABLE',
    message: `${path}: ${reason}`,
  });
});

test('the file is closed when it is read, when it is wrong, and when the reader has seen enough', async () => {
  const path = fileWith('a,b\n'.repeat(100_000));
  const source = { path, invalidCode: 'CATALOG_INVALID' as const };
  for await (const { line } of readCsvRows(source)) {
    expect(openFilesUnder(path).length).toBe(process.platform === 'linux' ? 1 : 0);
    if (line === 3) break;
  }
  await waitUntil('the file is closed behind a reader who left', () => openFilesUnder(path).length === 0);
  await expect(
    (async () => {
      for await (const _row of readCsvRows(source)) throw new Error('enough');
    })(),
  ).rejects.toThrow('enough');
  await waitUntil('the file is closed behind a reader who failed', () => openFilesUnder(path).length === 0);
  await allOf(readCsvRows(source));
  await waitUntil('the file is closed at its end', () => openFilesUnder(path).length === 0);
  await refusalOf(`"x"y\n${'a,b\n'.repeat(100_000)}`);
  await waitUntil('the file is closed behind an error', () => openFilesUnder(path).length === 0);
});

test('a field of half a megabyte is read whole, also when megabytes of rows stand before it', async () => {
  const huge = 'line of a long text\n'.repeat(26_000);
  const rows = await read(`id,text\n${`0,${'x'.repeat(100)}\n`.repeat(25_000)}1,"${huge}"\n2,x\n`);
  expect(rows.at(-2)).toEqual({ line: 25_002, fields: ['1', huge] });
  expect(rows.at(-1)).toEqual({ line: 51_003, fields: ['2', 'x'] });
});

test('a quote that is not closed for megabytes is refused at its line, without looking through the whole file', async () => {
  const error = await refusalOf(`id,text\n\n1,"open\n${'2,closed\n'.repeat(4_000_000)}`);
  expect({ code: error.code, message: error.message }).toEqual({
    code: 'CATALOG_INVALID',
    message: 'rows.csv:3: the record is longer than 1 MiB',
  });
}, 10_000);
