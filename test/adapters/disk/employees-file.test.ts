// Proves that an employees file gives its people in order, in bounded batches, or says where each bad row is.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readEmployees, takeEmployees } from '../../../src/adapters/disk/employees-file.ts';
import { POPULATION_CHUNK } from '../../../src/adapters/run-store/record-codec.ts';
import type { Employee } from '../../../src/domain/simulation/employees.ts';
import { failureOf } from '../../support/failure-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder('employees');

function fileWith(content: string): string {
  const path = join(folder.path, 'employees.csv');
  writeFileSync(path, content);
  return path;
}

async function read(content: string, skipInvalid = false) {
  const people: Employee[] = [];
  const batches: number[] = [];
  const input = await takeEmployees({ path: fileWith(content), skipInvalid }, (batch) => {
    people.push(...batch);
    batches.push(batch.length);
  });
  return { input, people: people.map(({ id, type }) => `${id}${type}`), batches };
}

test('a comment may hold whatever it likes, and rows keep their lines', async () => {
  const comments = '# see "a", "b" c\n#"never closed\n#\n';
  const { people } = await read(`${comments}employee_id,employee_edu_type,note\n${comments}1,a,"two\n# lines"\n2,b,\n`);
  expect(people).toEqual(['1a', '2b']);
  const error = await failureOf(read(`${comments}employee_id,employee_edu_type\n${comments}1,x\n`));
  expect(error.lines).toEqual(['employees.csv:8: employee_edu_type "x" is not a, b or f']);
  const broken = await failureOf(read(`${comments}employee_id,employee_edu_type\n${comments}"1"2,a\n`));
  expect(broken.message).toBe('employees.csv:8: something stands behind the closing quote of a field');
});

test('people come in file order with comments, blank lines, further columns, CRLF and a byte-order mark around them', async () => {
  const { input, people } = await read(
    '\uFEFF# somebody\r\n\r\nName, Employee ID ,EMPLOYEE_EDU_TYPE\r\n"Lovelace, Ada",104829,A\r\n,,\r\nx,#104830,z\r\nBob,000104831,"b"\r\n,7,f',
  );
  expect(people).toEqual(['104829a', '104831b', '7f']);
  expect(input).toEqual({
    name: 'employees.csv',
    sha256: createHash('sha256')
      .update(readFileSync(join(folder.path, 'employees.csv')))
      .digest('hex'),
    employees: 3,
    invalid: { count: 0, first: [] },
  });
});

test('every kind of bad row is named with its line, the first 20 spelled out and all counted', async () => {
  const good = 'employee_id,employee_edu_type\n1,a\n';
  const bad = ',a\n0,a\n1.5,b\n1,b\n2,x\n3\n"4\n4",f\n1234567890123456,a\n';
  const error = await failureOf(read(`${good}${bad}${'x,a\n'.repeat(40)}`));
  expect(error.code).toBe('EMPLOYEES_INVALID');
  expect(error.message).toBe('employees.csv: 48 rows are wrong');
  expect(error.remedy).toMatch(/--skip-invalid-employees/);
  expect(error.lines.slice(0, 9)).toEqual([
    'employees.csv:3: no employee_id',
    'employees.csv:4: employee_id "0" is not a positive integer of at most 15 digits',
    'employees.csv:5: employee_id "1.5" is not a positive integer of at most 15 digits',
    'employees.csv:6: employee_id 1 was seen before',
    'employees.csv:7: employee_edu_type "x" is not a, b or f',
    'employees.csv:8: too few columns (1)',
    expect.stringMatching(/^employees\.csv:9: employee_id .* is not a positive integer of at most 15 digits$/),
    'employees.csv:11: employee_id "1234567890123456" is not a positive integer of at most 15 digits',
    'employees.csv:12: employee_id "x" is not a positive integer of at most 15 digits',
  ]);
  expect(error.lines).toHaveLength(20);
});

test('one bad row is one row', async () => {
  const error = await failureOf(read('employee_id,employee_edu_type\nx,a\n'));
  expect(error.message).toBe('employees.csv: 1 row is wrong');
});

test('asked to, it continues without bad rows and tells of them', async () => {
  const { input, people } = await read('employee_id,employee_type\n1,a\nx,a\n2,b\n1,f\n', true);
  expect(people).toEqual(['1a', '2b']);
  expect(input).toMatchObject({
    employees: 2,
    invalid: {
      count: 2,
      first: [
        'employees.csv:3: employee_id "x" is not a positive integer of at most 15 digits',
        'employees.csv:5: employee_id 1 was seen before',
      ],
    },
  });
});

test.each([
  ['is empty', '', 'employees.csv: the file is empty'],
  ['holds only comments', '# none\n\n', 'employees.csv: the file is empty'],
  [
    'lacks both columns',
    '\nid,type\n1,a\n',
    'employees.csv:2: the header has no column employee_id and no column employee_edu_type (it has: id, type)',
  ],
  ['has an open quote', 'employee_id,employee_edu_type\n1,"a\n', 'employees.csv:2: a quoted field is never closed'],
])('a file that %s is refused, also when bad rows may be skipped', async (_what, content, message) => {
  for (const skipInvalid of [false, true]) {
    const error = await failureOf(read(content, skipInvalid));
    expect({ code: error.code, message: error.message }).toEqual({ code: 'EMPLOYEES_INVALID', message });
  }
});

test('batches are whole chunks of the population, the last one excepted, also when rows are skipped', async () => {
  const rows = Array.from({ length: 2 * POPULATION_CHUNK + 1 }, (_, i) => `${i + 1},${'abf'[i % 3]}\nbad,a\n`);
  const { batches } = await read(`employee_id,employee_edu_type\n${rows.join('')}`, true);
  expect(batches).toEqual([POPULATION_CHUNK, POPULATION_CHUNK, 1]);
});

test('one batch is waited for before the next is read', async () => {
  const path = fileWith(
    `employee_id,employee_edu_type\n${Array.from({ length: 3000 }, (_, i) => `${i + 1},a\n`).join('')}`,
  );
  let atOnce = 0;
  await takeEmployees({ path, skipInvalid: false }, async () => {
    atOnce += 1;
    expect(atOnce).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce -= 1;
  });
});

test('what the receiver of a batch throws reaches the caller', async () => {
  const path = fileWith('employee_id,employee_edu_type\n1,a\n');
  const onBatch = () => Promise.reject(new Error('no space'));
  await expect(takeEmployees({ path, skipInvalid: false }, onBatch)).rejects.toThrow('no space');
});

test('a reader that has enough stops, and what is wrong further down is not met', async () => {
  const good = Array.from({ length: POPULATION_CHUNK * 2 }, (_, i) => `${i + 1},a\n`).join('');
  const path = fileWith(`employee_id,employee_edu_type\n${good}wrong\n`);
  const seen: number[] = [];
  for await (const batch of readEmployees({ path, skipInvalid: false })) {
    seen.push(batch.length);
    break;
  }
  expect(seen).toEqual([POPULATION_CHUNK]);
});
