import { types } from 'node:util';
import { TestEnvironment as NodeEnvironment } from 'jest-environment-node';
import { startCoverage } from './in-process-coverage.js';
import { LeakCheck } from './leak-check.js';

/**
 * The environment of every test file: Node's, and a socket, server, child process or worker that is left fails the
 * file. With COVERAGE_DIR it records which lines ran, also in child processes, but not for the many of the faults.
 */
export default class TestFileEnvironment extends NodeEnvironment {
  #leaks = new LeakCheck();
  #coverageDir;
  #stopCoverage;

  constructor(config, context) {
    // Set before the tests get their copy of the environment, so that every process they start inherits it.
    process.env.JEST_FILE_ID = `${process.pid}-${Date.now()}-${Math.random()}`;
    const isMeasured = process.env.COVERAGE_DIR && !context.testPath.includes('/test/faults/');
    if (isMeasured) process.env.NODE_V8_COVERAGE = process.env.COVERAGE_DIR;
    else delete process.env.NODE_V8_COVERAGE;
    super(config, context);
    this.#coverageDir = isMeasured ? process.env.COVERAGE_DIR : undefined;
  }

  async setup() {
    await super.setup();
    acceptNativeErrors(this.global.Error);
    this.#leaks.begin(process.env.JEST_FILE_ID);
    if (this.#coverageDir) this.#stopCoverage = await startCoverage(this.#coverageDir);
  }

  async teardown() {
    await this.#stopCoverage?.();
    const left = await this.#leaks.end();
    await super.teardown();
    if (left.length > 0) throw new Error(`This test file left behind:\n${left.map((line) => `  ${line}`).join('\n')}`);
  }
}

/**
 * Tests run in a realm of their own, so that an error of node:fs is not `instanceof Error` there, which it is when the
 * same code runs for real.
 */
function acceptNativeErrors(SandboxError) {
  Object.defineProperty(SandboxError, Symbol.hasInstance, {
    value(candidate) {
      const isInstance = Function.prototype[Symbol.hasInstance].call(this, candidate);
      return isInstance || (this === SandboxError && types.isNativeError(candidate));
    },
  });
}
