import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCatalogFile } from '../../src/adapters/disk/catalog-files.ts';
import { takeEmployees } from '../../src/adapters/disk/employees-file.ts';
import { CATALOG_KINDS, type CatalogKind } from '../../src/domain/catalog/file-name.ts';
import { BtcFakeError } from '../../src/domain/errors.ts';
import { pick } from './vector-cases.ts';

type FileKind = 'employees' | CatalogKind;

const RANDOM_FILES = 700;
const EMPLOYEES_HEADER = 'employee_id,employee_edu_type\n';
const CATALOG_HEADER = 'ContentId,Title,Daily_Dose_BA,CreateDate\n';

/** Pieces that files are put together from, in no order: what parsers of CSV disagree about. */
const PIECES = [
  ...['"', '"', '""', ',', ',', ',', '\n', '\n', '\r\n', '\r', ' ', '\t', '#', '\u00a0', '\u2028', '\ufeff', ';', '\0'],
  ...[
    '1',
    '2',
    'a',
    'b',
    'f',
    '1,a\n',
    '22,b\n',
    '"3","f"\r\n',
    '# it is "5\n',
    '\n#4,a\n',
    'é',
    '😀',
    '"x\ny"',
    ' "7" ,a\n',
  ],
  ...['1,001,', '"1,001",T,TRUE,2025-10-01\n', '1002,"a\r\nb",no,3/4/2025\n', '  ,x,y,z\n', ' , \n', '-', 'x'],
];
const BAD_BYTES = ['c3', 'ff', 'e282', 'eda080', 'f09f98'];

/** Whole files, chosen for a rule each. */
const WHOLE = [
  '',
  '\ufeff',
  '\n\n',
  EMPLOYEES_HEADER,
  CATALOG_HEADER,
  '\ufeff\ufeffemployee_id,employee_edu_type\n1,a',
  `# note "\n${EMPLOYEES_HEADER}1,a\n`,
  `${EMPLOYEES_HEADER}1,a\n2,"b\n3,f\n`,
  `${EMPLOYEES_HEADER}1,a\n2,"b"x\n3,f\n`,
  `${EMPLOYEES_HEADER}1,5"\n# a "quoted\n2,b\n`,
  `${EMPLOYEES_HEADER}${Array.from({ length: 30 }, (_, i) => `x${i},a\n`).join('')}`,
  `${EMPLOYEES_HEADER}1,a\n1,b\n`,
  'employee_id;employee_edu_type\n1;a\n',
  'sep=,\nemployee_id,employee_edu_type\n1,a\n',
  'sep=;\nemployee_id;employee_edu_type\n',
  '"employee_id,employee_edu_type"\n"1,a"\n',
  'name\n1\n"open',
  'PK\u0003\u0004rest',
  '<!DOCTYPE html><html></html>',
  '-----BEGIN PGP MESSAGE-----',
  'a\tb\n1\t2\n',
  `${CATALOG_HEADER}x,y,TRUE,\n`,
  `${CATALOG_HEADER}1,"T ""q""",TRUE,45958\n1,again,,\n2,B,maybe,28/10/2025\n,,,\n3\n`,
  `CourseId,"Title"\n1001,"a" b\n`,
];

/**
 * The cases of whole files, as bytes: what is read from each, or the code, the words and the lines with which it is
 * refused.
 */
export async function files(): Promise<object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'btc-fake-vectors-'));
  try {
    const bytes = [
      ...WHOLE.map((text) => Buffer.from(text)),
      ...UTF_16,
      ...Array.from({ length: RANDOM_FILES }, randomFile),
    ];
    const cases: object[] = [];
    for (const [i, file] of bytes.entries()) {
      const kinds: readonly FileKind[] = i < WHOLE.length + UTF_16.length ? ['employees', ...CATALOG_KINDS] : [];
      const kind: FileKind = pick(`kind ${i}`, 2) === 0 ? 'employees' : 'StandAloneContent';
      for (const read of kinds.length > 0 ? kinds : [kind])
        cases.push({ file: file.toString('base64'), read, ...(await outcomeOf(join(folder, `${i}.csv`), file, read)) });
    }
    return cases;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const UTF_16 = [Buffer.from(`\ufeff${EMPLOYEES_HEADER}`, 'utf16le'), Buffer.from(EMPLOYEES_HEADER, 'utf16le')];

function randomFile(_: unknown, i: number): Buffer {
  const count = 2 + pick(`count ${i}`, 14);
  const pieces = Array.from({ length: count }, (_piece, n) =>
    Buffer.from(PIECES[pick(`piece ${i} ${n}`, PIECES.length)]!),
  );
  if (pick(`bytes ${i}`, 12) === 0) {
    const bad = Buffer.from(BAD_BYTES[pick(`bad ${i}`, BAD_BYTES.length)]!, 'hex');
    pieces.splice(pick(`where ${i}`, pieces.length), 0, bad);
  }
  const header = [EMPLOYEES_HEADER, CATALOG_HEADER, 'Employee Type, EMPLOYEE_ID\r\n', ''][pick(`header ${i}`, 4)]!;
  const file = Buffer.concat([Buffer.from(header), ...pieces]);
  // Between CR and LF the reader of the queue takes an emptied comment for nothing, and counts one line too few.
  return Buffer.from(file.toString('latin1').replaceAll(/\r(?=#)/g, ' '), 'latin1');
}

async function outcomeOf(path: string, file: Buffer, kind: FileKind): Promise<object> {
  await writeFile(path, file);
  const named = { name: path.slice(path.lastIndexOf('/') + 1) };
  try {
    return { ...named, value: kind === 'employees' ? await employeesOf(path) : await catalogOf(path, kind) };
  } catch (error) {
    if (!(error instanceof BtcFakeError)) throw error;
    return { ...named, code: error.code, message: error.message, lines: error.lines ?? [] };
  }
}

async function employeesOf(path: string): Promise<object> {
  const employees: unknown[] = [];
  const onBatch = (batch: readonly { id: number; type: string }[]) => {
    employees.push(...batch.map(({ id, type }) => [id, type]));
  };
  await takeEmployees({ path, skipInvalid: false }, onBatch);
  return employees;
}

async function catalogOf(path: string, kind: CatalogKind): Promise<object> {
  const { contents, faults } = await readCatalogFile(path, { kind, timeZone: 'UTC', dateFormats: [] });
  return { contents, faults: Object.fromEntries(faults) };
}
