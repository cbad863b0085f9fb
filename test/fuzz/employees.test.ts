// Proves that every row of an employees file is read, ignored as the contract says, or named as wrong with its line,
// whatever the file holds; held against another reader of CSV.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { takeEmployees } from '../../src/adapters/disk/employees-file.ts';
import { BtcFakeError } from '../../src/domain/errors.ts';
import type { Employee } from '../../src/domain/simulation/employees.ts';
import { expectPlain, fuzz, mutated } from '../support/fuzz.ts';
import { type PlainRecord, readPlainCsv } from '../support/plain-csv.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const SAMPLES = ['docs/samples/input/employees.csv', 'test/fixtures/small-run/employees.csv', 'input/employees.csv'];
const home = temporaryFolder('fuzz-employees');

async function read(bytes: Buffer) {
  const path = join(home.path, 'employees.csv');
  writeFileSync(path, bytes);
  const employees: Employee[] = [];
  const input = await takeEmployees({ path, skipInvalid: true }, (batch) => void employees.push(...batch));
  return { employees, input };
}

const isBlank = ({ fields }: PlainRecord) => fields.every((field) => field.trim() === '');
const isComment = ({ fields }: PlainRecord) => fields[0]!.trimStart().startsWith('#');

/** Holds what was read against the other reader: as many rows, and each of them in the one list or in the other. */
function expectEveryRow(text: string, { employees, input }: Awaited<ReturnType<typeof read>>): void {
  const records = readPlainCsv(text);
  expect(records).toBeDefined();
  const rows = records!.filter((record) => !isBlank(record));
  const [header, ...below] = rows.slice(rows.findIndex((record) => !isComment(record)));
  const key = header!.fields.map((name) => name.replace(/[\s_]/g, '').toLowerCase());
  const idAt = key.indexOf('employeeid');
  const counted = below.filter(({ fields }) => !(fields[idAt]?.trim() ?? '').startsWith('#'));
  expect(employees.length + input.invalid.count).toBe(counted.length);
  const lines = new Set(counted.map(({ line }) => line));
  for (const reason of input.invalid.first) {
    expectPlain(reason);
    expect(lines.has(Number(/^employees\.csv:(\d+): /.exec(reason)![1]))).toBe(true);
  }
  expect(new Set(employees.map(({ id }) => id)).size).toBe(employees.length);
}

async function expectReadOrRefused(bytes: Buffer, compare = true): Promise<void> {
  try {
    const outcome = await read(bytes);
    if (compare) expectEveryRow(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), outcome);
  } catch (error) {
    if (!(error instanceof BtcFakeError)) throw error;
    expect(error.code).toBe('EMPLOYEES_INVALID');
    expectPlain(error.message);
    expect(error.remedy).toBeTruthy();
  }
}

test('any bytes are read or refused', () =>
  fuzz(
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    (bytes) => expectReadOrRefused(bytes, false),
  ));

const originals = SAMPLES.map((name) => readFileSync(join(ROOT, name), 'utf8'));

test('a real file with edits is read row by row or refused', () =>
  fuzz(mutated(...originals.map((text) => Buffer.from(text.replaceAll(/^#.*\n/gm, '')))), (bytes) =>
    // What is behind a # is nobody's business, a lone quote neither; the other reader does not know that.
    expectReadOrRefused(bytes, !bytes.includes('#')),
  ));

test('a real file with edits and comments is read or refused', () =>
  fuzz(mutated(...originals.map((text) => Buffer.from(text))), (bytes) => expectReadOrRefused(bytes, false)));

const anyField = fc.oneof(
  fc.integer({ min: -2, max: 40 }).map(String),
  fc.constantFrom(
    '',
    ' ',
    'a',
    'B',
    'f',
    'x',
    '007',
    '1,915',
    '__proto__',
    'constructor',
    '😀',
    '9'.repeat(15),
    '9'.repeat(16),
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const anyRow = fc.tuple(anyField, fc.constantFrom('a', 'b', 'f', 'A', '', 'g'), fc.array(anyField, { maxLength: 2 }));

test('rows of any fields, quoted, are each an employee or wrong, on the line that they start on', () =>
  fuzz(
    fc.tuple(fc.array(anyRow, { maxLength: 30 }), fc.constantFrom('\n', '\r\n', '\r'), fc.boolean()),
    async ([rows, lineEnd, hasMark]) => {
      const quoted = rows.map(([id, type, more]) =>
        [id.replaceAll('#', ''), type, ...more].map((field) => `"${field.replaceAll('"', '""')}"`).join(','),
      );
      const text = ['employee_id,employee_edu_type', ...quoted].join(lineEnd);
      const bytes = Buffer.from((hasMark ? '\uFEFF' : '') + text);
      expectEveryRow(bytes.toString(), await read(bytes));
    },
  ));
