import { setTimeout as delay } from 'node:timers/promises';
import { seededDraw } from '../../src/domain/seeded-draw.ts';
import type { RunningBtcFake } from './btc-fake.ts';
import { employeeId } from './domain-values.ts';
import type { FaultRoom } from './fault-room.ts';
import { type Answer, fails } from './faulty-recommender.ts';

/** Numbers in [0, 1) that follow from a seed, one after the other. */
export type Chance = () => number;

export function seededChance(seed: string): Chance {
  const draw = seededDraw(seed, employeeId(1));
  let drawn = 0;
  return () => draw('time', drawn++);
}

/** What is done to a run, by name. Each ends by itself; what it breaks it also mends, but for processes that it ends. */
export type Chaos = Readonly<Record<string, () => Promise<void>>>;

/** The faults that a room's run can meet while `workers` work on it; those that end are replaced. */
export function chaosOf(room: FaultRoom, workers: RunningBtcFake[], chance: Chance): Chaos {
  const anyIndex = () => Math.floor(chance() * workers.length);
  const replace = async (index: number, signal: NodeJS.Signals) => {
    workers[index]!.signal(signal);
    await workers[index]!.ended;
    workers[index] = startWorker(room);
  };
  const for_ = async (ms: number, begin: () => void, end: () => void) => {
    begin();
    await delay(ms);
    end();
  };
  const proxied = (faults: Parameters<FaultRoom['proxy']['misbehave']>[0]) =>
    for_(
      50 + chance() * 300,
      () => room.proxy.misbehave(faults),
      () => room.proxy.misbehave(),
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
      await room.redis.kill();
      await delay(chance() * 300);
      await room.redis.restart();
    },
    'Redis hangs': () => for_(chance() * 700, room.redis.suspend, room.redis.resume),
    'Redis is slow': () => proxied({ latencyMs: 5 + chance() * 30 }),
    'the connections to Redis are cut': async () => room.proxy.cut(),
    'Redis refuses connections': () => proxied({ refuse: true }).finally(room.proxy.cut),
    'answers of Redis are lost': () => proxied({ loseReplies: true }),
    'Redis loses what passes': () => proxied({ blackHole: true }).finally(room.proxy.cut),
  };
}

/** Starts a worker of a room that is broken; it lives until somebody ends it. */
export function startWorker(room: FaultRoom): RunningBtcFake {
  return room.start(['worker'], {}, 24 * 3600 * 1000);
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
