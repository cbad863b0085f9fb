import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testEnvironment: '<rootDir>/test/support/jest-environment.js',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // Minutes of faults at random have a command of their own.
  // So have tests that need Python and Java.
  testPathIgnorePatterns: [
    ...(process.env.SOAK_MINUTES ? [] : ['/test/faults/soak\\.test\\.ts$']),
    ...(process.env.SPARK_PYTHON ? [] : ['/test/databricks-spark/']),
    ...(process.env.MOTO_PYTHON ? [] : ['/test/databricks-stores/']),
  ],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023' }, module: { type: 'es6' }, sourceMaps: 'inline' }],
  },
  reporters: ['default'],
  // Much of a test is waiting for servers and other processes, so three share even two cores well.
  maxWorkers: Math.max(3, Math.floor(availableParallelism() / 2)),
  testTimeout: 30_000 + 1_000 * Number(process.env.FUZZ_SECONDS || 0),
};
