import { execFile } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { redisPrograms } from '../src/adapters/embedded-redis/program.ts';

const GIGABYTE = 1024 ** 3;

/** What figures depend on, of the machine that they were measured on. */
export interface Machine {
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly node: string;
  readonly redis: string;
}

/** This machine. */
export async function thisMachine(): Promise<Machine> {
  return {
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / GIGABYTE),
    node: process.versions.node,
    redis: await redisVersion(),
  };
}

async function redisVersion(): Promise<string> {
  for (const program of redisPrograms(process.cwd())) {
    const { stdout } = await promisify(execFile)(program, ['--version']).catch(() => ({ stdout: '' }));
    const version = /v=(\S+)/.exec(stdout)?.[1];
    if (version !== undefined) return version;
  }
  return 'unknown';
}
