import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { BtcFakeError } from '../../domain/errors.ts';
import { markupAtBasePath } from '../access/base-path.ts';
import type { Html } from '../page/html.ts';

/** What a page shows that changes, by the id of its element; `ended` when nothing of it will change any more. */
export interface LiveParts {
  readonly parts: ReadonlyMap<string, Html>;
  readonly ended: boolean;
}

/** Somebody who looks at a page, and what was sent to them. */
interface Listener {
  readonly stream: Readable;
  readonly sent: Map<string, string>;
}

interface Channel {
  readonly listeners: Set<Listener>;
  readonly compute: () => Promise<LiveParts>;
  timer: NodeJS.Timeout | undefined;
}

const EVERY_MS = 1_000;
/** A proxy closes a connection on which nothing happens; a comment is enough. */
const HEARTBEAT_MS = 15_000;
const MOST_LISTENERS = 200;

/** The part of a page that says whether it is kept up to date. */
export const LIVE_NOTE = 'live-note';
const OUTAGE = 'Redis does not answer. This page continues by itself when it does.';

/**
 * Keeps pages up to date by server-sent events, one for each part that has changed. Viewers of one thing share one
 * computation a second. A slow viewer gets fewer events, always the newest: nothing piles up.
 */
export class LiveProgress {
  readonly #everyMs: number;
  readonly #basePath: string;
  readonly #channels = new Map<string, Channel>();
  #listeners = 0;
  #closed = false;
  #heartbeat: NodeJS.Timeout | undefined;

  /**
   * @param everyMs how often a channel is computed at the most.
   * @param basePath what the addresses in the parts begin with in a browser; see `base-path.ts`.
   */
  constructor(app: FastifyInstance, { everyMs = EVERY_MS, basePath = '' } = {}) {
    this.#everyMs = everyMs;
    this.#basePath = basePath;
    app.addHook('preClose', async () => this.close());
  }

  /** How many connections are open. */
  get listeners(): number {
    return this.#listeners;
  }

  /**
   * Answers a request with the events of a channel, until the client goes away or `compute` says that it has ended.
   * @param compute is called once a second for all listeners of the channel; RUN_NOT_FOUND ends it.
   */
  serve(reply: FastifyReply, name: string, compute: () => Promise<LiveParts>): FastifyReply {
    if (this.#closed || this.#listeners >= MOST_LISTENERS) return reply.code(503).send();
    const listener: Listener = { stream: new Readable({ read() {} }), sent: new Map() };
    const channel = this.#channels.get(name) ?? { listeners: new Set(), compute, timer: undefined };
    this.#channels.set(name, channel);
    channel.listeners.add(listener);
    this.#listeners += 1;
    this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
    listener.stream.once('close', () => this.#leave(name, channel, listener));
    // Proxies must not keep it back.
    reply.type('text/event-stream').header('cache-control', 'no-store').header('x-accel-buffering', 'no');
    listener.stream.push('retry: 2000\n\n');
    // Who comes to a channel that is under way gets the whole of it with the next turn.
    if (channel.listeners.size === 1) void this.#turn(name, channel);
    return reply.send(listener.stream);
  }

  /** Ends all connections. */
  close(): void {
    this.#closed = true;
    for (const channel of this.#channels.values()) for (const { stream } of channel.listeners) stream.push(null);
    for (const { timer } of this.#channels.values()) clearTimeout(timer);
    clearInterval(this.#heartbeat);
  }

  async #turn(name: string, channel: Channel): Promise<void> {
    const begunAt = performance.now();
    try {
      const { parts, ended } = await channel.compute();
      const texts = [...parts].map(([id, { text }]) => [id, markupAtBasePath(this.#basePath, text)] as const);
      for (const listener of channel.listeners) send(listener, texts, ended);
    } catch (error) {
      const isGone = error instanceof BtcFakeError && error.code === 'RUN_NOT_FOUND';
      for (const { stream, sent } of channel.listeners) {
        if (isGone) {
          stream.push(event('reload', ''));
          stream.push(null);
        } else if (sent.get(LIVE_NOTE) !== OUTAGE) {
          sent.set(LIVE_NOTE, OUTAGE);
          stream.push(event(LIVE_NOTE, OUTAGE));
        }
      }
    }
    if (this.#closed || channel.listeners.size === 0) return;
    const waitMs = Math.max(0, this.#everyMs - (performance.now() - begunAt));
    channel.timer = setTimeout(() => this.#turn(name, channel), waitMs);
  }

  #leave(name: string, channel: Channel, listener: Listener): void {
    if (!channel.listeners.delete(listener)) return;
    this.#listeners -= 1;
    if (channel.listeners.size > 0) return;
    clearTimeout(channel.timer);
    if (this.#channels.get(name) === channel) this.#channels.delete(name);
    if (this.#channels.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  #beat(): void {
    for (const { listeners } of this.#channels.values()) {
      for (const { stream } of listeners) if (stream.readableLength === 0) stream.push(':\n\n');
    }
  }
}

/** Sends what has changed since it was sent last; nothing to who has not taken what came before. */
function send({ stream, sent }: Listener, texts: readonly (readonly [string, string])[], ended: boolean): void {
  if (stream.readableLength > 0 && !ended) return;
  if (sent.get(LIVE_NOTE) === OUTAGE) {
    sent.delete(LIVE_NOTE);
    stream.push(event(LIVE_NOTE, ''));
  }
  for (const [id, text] of texts) {
    if (sent.get(id) === text) continue;
    sent.set(id, text);
    stream.push(event(id, text));
  }
  if (!ended) return;
  stream.push(event('end', ''));
  stream.push(null);
}

/** A server-sent event; each line of its data has to say so. */
function event(name: string, data: string): string {
  return `event: ${name}\n${data
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('')}\n`;
}
