/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023' }, module: { type: 'es6' } }] },
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', 'config/**/*.ts'],
  testTimeout: 30_000,
};
