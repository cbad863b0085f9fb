import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { seededDraw } from '../../src/domain/simulation/seeded-draw.ts';
import type { RunningBtcFake } from './btc-fake.ts';
import { employeeId } from './domain-values.ts';
import type { FaultFixture } from './fault-fixture.ts';
import { type Answer, fails } from './faulty-recommender.ts';
import type { FaultPlace, FaultySftpServer } from './faulty-sftp-server.ts';
import type { FaultEffect, WarehouseCall } from './warehouse/faults.ts';
import type { Warehouse } from './warehouse/warehouse.ts';

/** Numbers in [0, 1) that follow from a seed, one after the other. */
export type Chance = () => number;

export function seededChance(seed: string): Chance {
  const draw = seededDraw(seed, employeeId(1));
  let drawn = 0;
  return () => draw('time', drawn++);
}

/**
 * What is done to a run, by name. Each ends by itself; what it breaks it also repairs, but for processes that it ends.
 */
export type Chaos = Readonly<Record<string, () => Promise<void>>>;

/** The faults that a fixture's run can meet while `workers` work on it; those that end are replaced, with `env`. */
export function chaosOf(
  fixture: FaultFixture,
  workers: RunningBtcFake[],
  env: Record<string, string>,
  chance: Chance,
): Chaos {
  const anyIndex = () => Math.floor(chance() * workers.length);
  const replace = async (index: number, signal: NodeJS.Signals) => {
    workers[index]!.signal(signal);
    await workers[index]!.ended;
    workers[index] = await startWorker(fixture, env);
  };
  const for_ = async (ms: number, begin: () => void, end: () => void) => {
    begin();
    await delay(ms);
    end();
  };
  const proxied = (faults: Parameters<FaultFixture['proxy']['misbehave']>[0]) =>
    for_(
      50 + chance() * 300,
      () => fixture.proxy.misbehave(faults),
      () => fixture.proxy.misbehave(),
    );
  return {
    'a worker is killed': () => replace(anyIndex(), 'SIGKILL'),
    'a worker is told to stop': () => replace(anyIndex(), 'SIGTERM'),
    'a worker stands still': () => {
      const worker = workers[anyIndex()]!;
      return for_(
        300 + chance() * 700,
        () => worker.signal('SIGSTOP'),
        () => worker.signal('SIGCONT'),
      );
    },
    'Redis is killed': async () => {
      await fixture.redis.kill();
      await delay(chance() * 300);
      await fixture.redis.restart();
    },
    'Redis hangs': () => for_(chance() * 700, fixture.redis.suspend, fixture.redis.resume),
    'Redis is slow': () => proxied({ latencyMs: 5 + chance() * 30 }),
    'the connections to Redis are cut': async () => fixture.proxy.cut(),
    'Redis refuses connections': () => proxied({ refuse: true }).finally(fixture.proxy.cut),
    'answers of Redis are lost': () => proxied({ loseReplies: true }),
    'Redis loses what passes': () => proxied({ blackHole: true }).finally(fixture.proxy.cut),
  };
}

/** Faults that wait for a step to come by, by name. Laid before a run begins; all are taken away at once. */
export interface Ambushes {
  readonly byName: Readonly<Record<string, () => void>>;
  clear(): void;
}

/**
 * What the vendor's server, the warehouse and the disk of a run can do. The disk of workers that start `onDisk` is full
 * while `diskFlag` exists.
 */
export function ambushesOf(vendor: FaultySftpServer, warehouse: Warehouse, diskFlag: string, chance: Chance): Ambushes {
  const oneOf = <T>(all: readonly T[]): T => all[Math.floor(chance() * all.length)]!;
  const place = () => oneOf<FaultPlace>(['login', 'channel', 'READDIR', 'OPEN', 'READ', 'CLOSE']);
  return {
    byName: {
      "the vendor's server drops connections": () => Object.assign(vendor.faults, { dropAt: place() }),
      "the vendor's server falls silent": () => Object.assign(vendor.faults, { silentAt: place() }),
      'catalog files are cut short': () => Object.assign(vendor.faults, { endOfFileAt: Math.floor(chance() * 500) }),
      'the warehouse fails': () =>
        warehouse.faults.add({
          ...oneOf<FaultEffect>([
            { kind: 'drop' },
            { kind: 'cut' },
            { kind: 'truncate' },
            { kind: 'hang' },
            UNAVAILABLE,
          ]),
          on: oneOf<WarehouseCall>(['OpenSession', 'ExecuteStatement', 'FetchResults']),
          times: 1 + Math.floor(chance() * 3),
        }),
      'the disk is full': () => writeFileSync(diskFlag, ''),
    },
    clear: () => {
      vendor.faults = {};
      warehouse.faults.clear();
      rmSync(diskFlag, { force: true });
    },
  };
}

const UNAVAILABLE: FaultEffect = { kind: 'status', status: 503 };
const FULL_DISK = pathToFileURL(join(import.meta.dirname, 'full-disk.mjs')).href;

/** The environment of a worker whose disk is full while a file exists. */
export function onDisk(diskFlag: string): Record<string, string> {
  return {
    NODE_OPTIONS: `--import ${FULL_DISK}`,
    FULL_DISK_AT: 'write',
    FULL_DISK_IN: 'generated_files',
    FULL_DISK_WHILE: diskFlag,
  };
}

/**
 * Starts a worker of a fixture that is broken, and waits until it works. Like a supervisor, starts it again when it
 * finds no Redis; from then on it lives until somebody ends it.
 */
export async function startWorker(fixture: FaultFixture, env: Record<string, string>): Promise<RunningBtcFake> {
  for (;;) {
    const worker = fixture.start(['worker'], env, 24 * 3600 * 1000);
    const isUp = await worker.waitForStderr('Working; stop with').then(
      () => true,
      () => false,
    );
    if (isUp) return worker;
    await worker.kill();
  }
}

/** What a recommender that is under stress does with a call: mostly it answers. */
export function stressedAnswer(chance: Chance): Answer | undefined {
  const answers: readonly (Answer | undefined)[] = [
    fails(500),
    fails(503),
    fails(429, { 'retry-after': '1' }),
    { kind: 'reset' },
    { kind: 'cut-body' },
    { kind: 'silence' },
  ];
  return answers[Math.floor(chance() * 120)];
}
