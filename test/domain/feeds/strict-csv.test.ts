import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseStrictRecord } from '../../../src/domain/feeds/strict-csv.ts';

// What this file proves: contract section 5, "every field quoted, a quote inside a field doubled", and nothing else.

const written = (fields: readonly string[]) => fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');
const textWithQuotes = fc.string({ unit: fc.constantFrom('"', ',', 'a', '\n', '\r', ' ', 'é'), maxLength: 6 });

describe('a record of a feed', () => {
  test('is read back as it was written, whatever its fields hold', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), textWithQuotes), { minLength: 1, maxLength: 8 }), (fields) => {
        expect(parseStrictRecord(written(fields))).toEqual({ kind: 'record', fields });
      }),
    );
  });

  test('is read only if writing it again gives the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', ',', 'a'), maxLength: 12 }), (text) => {
        const record = parseStrictRecord(text);
        if (record.kind === 'record') expect(written(record.fields)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test('that ends inside a field may continue, and text that went wrong before cannot', () => {
    fc.assert(
      fc.property(textWithQuotes, fc.array(textWithQuotes, { minLength: 1, maxLength: 3 }), (tail, fields) => {
        const open = `${written(fields)},"${tail.replaceAll('"', '""')}`;
        expect(parseStrictRecord(open)).toEqual({ kind: 'open', field: fields.length + 1 });
        expect(parseStrictRecord(`${open}"`).kind).toBe('record');
      }),
    );
  });

  const behind = (n: number) =>
    `something stands behind the closing quote of field ${n} (a quote in a field is doubled)`;

  test.each([
    ['', 'field 1 is not in quotes'],
    ['104829,"b"', 'field 1 is not in quotes'],
    ['"a",b', 'field 2 is not in quotes'],
    ['"a",', 'field 2 is not in quotes'],
    ['"a", "b"', 'field 2 is not in quotes'],
    ['"a" ,"b"', behind(1)],
    ['"a","b"c"', behind(2)],
    ['"a""","b"\r', behind(2)],
    ['"a";"b"', behind(1)],
  ])('%j is none: %s', (text, reason) => {
    expect(parseStrictRecord(text)).toEqual({ kind: 'malformed', reason });
  });
});
