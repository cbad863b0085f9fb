import { relative } from 'node:path';
import { expect } from '@jest/globals';
import fc from 'fast-check';

const FUZZ_MS = 1_000 * Number(process.env.FUZZ_SECONDS || 1.5);
const FEWEST_RUNS = 2;
const ONE_RUN_MS = 10_000;

/**
 * Holds a property for as many inputs as there is time for: a second or two, or FUZZ_SECONDS. A failure says what the
 * smallest input is that breaks it, and the command that repeats it.
 */
export async function fuzz<T>(anyInput: fc.Arbitrary<T>, holds: (input: T) => Promise<void> | void): Promise<void> {
  const { FUZZ_SEED, FUZZ_PATH } = process.env;
  const found = await fc.check(
    fc.asyncProperty(anyInput, async (input) => holds(input)),
    {
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: FUZZ_MS,
      timeout: ONE_RUN_MS,
      ...(FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) }),
      ...(FUZZ_PATH === undefined ? {} : { path: FUZZ_PATH }),
    },
  );
  if (found.failed && found.counterexample !== null) {
    const { testPath, currentTestName } = expect.getState();
    const file = relative(process.cwd(), testPath ?? '');
    const repeat = `FUZZ_SEED=${found.seed} FUZZ_PATH=${found.counterexamplePath} npm run -s jest -- ${file} -t '${currentTestName}'`;
    throw new Error(`${fc.stringify(found.counterexample)}\nRepeat it with: ${repeat}`, { cause: found.errorInstance });
  }
  // Otherwise the time was over, which is as it should be.
  expect(found.numRuns).toBeGreaterThanOrEqual(FEWEST_RUNS);
}

const HOSTILE = [
  '"',
  '""',
  ',',
  '\n',
  '\r',
  '\r\n',
  '\0',
  '\uFEFF',
  '#',
  ' ',
  '\t',
  "'",
  '\\',
  'é',
  '😀',
  '__proto__',
  '0',
  '-1',
];

type Edit = (bytes: Buffer) => Buffer;

const place = fc.double({ min: 0, max: 1, noNaN: true });
const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(place, fc.integer({ min: 0, max: 255 })).map(([at, byte]) => replaced(at, 1, Buffer.of(byte))),
  fc.tuple(place, fc.integer({ min: 1, max: 200 })).map(([at, count]) => replaced(at, count, Buffer.alloc(0))),
  fc.tuple(place, fc.constantFrom(...HOSTILE)).map(([at, text]) => replaced(at, 0, Buffer.from(text))),
  fc.tuple(place, place, fc.integer({ min: 1, max: 200 })).map(
    ([at, from, count]): Edit =>
      (bytes) => {
        const begin = Math.floor(from * bytes.length);
        return replaced(at, 0, bytes.subarray(begin, begin + count))(bytes);
      },
  ),
  place.map(
    (at): Edit =>
      (bytes) =>
        bytes.subarray(0, Math.floor(at * bytes.length)),
  ),
  fc.constant<Edit>((bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')),
);

function replaced(at: number, count: number, by: Buffer): Edit {
  return (bytes) => {
    const begin = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, begin), by, bytes.subarray(begin + count)]);
  };
}

/** Real files with up to six edits: bytes changed, cut out, put in, doubled, the end cut off, other line ends. */
export function mutated(...originals: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...originals), fc.array(anyEdit, { maxLength: 6 }))
    .map(([original, edits]) => edits.reduce((bytes, edit) => edit(bytes), original));
}

/** What a program may say of its input: one line without control characters, and no stack trace. */
export function expectPlain(message: string): void {
  expect(message).not.toMatch(/[\p{Cc}\u2028\u2029]|^\s*at /u);
  expect(message.length).toBeLessThan(2_000);
}
