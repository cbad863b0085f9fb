import { get, type IncomingMessage } from 'node:http';

/** Somebody who listens to server-sent events. */
export interface EventListener {
  /** The newest data of each event, by its name. */
  readonly latest: ReadonlyMap<string, string>;
  /** The names of all events, as they came. */
  readonly names: readonly string[];
  /** All that came, comments too. */
  readonly raw: string;
  readonly headers: Readonly<IncomingMessage['headers']>;
  readonly status: number;
  /** Whether the server has ended it. */
  readonly ended: boolean;
  /** Takes no more, but stays. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Listens, as a browser's EventSource does, until it is closed. The caller closes it. */
export function listenTo(url: string): Promise<EventListener> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers: { accept: 'text/event-stream' } }, (response) => {
      const latest = new Map<string, string>();
      const names: string[] = [];
      const state = { raw: '', ended: false };
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        state.raw += text;
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop()!;
        for (const block of blocks) {
          const lines = block.split('\n');
          const name = lines.find((line) => line.startsWith('event: '))?.slice(7);
          if (name === undefined) continue;
          names.push(name);
          const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
          latest.set(name, data.join('\n'));
        }
      });
      response.once('close', () => {
        state.ended = true;
      });
      response.on('error', () => {});
      resolve({
        latest,
        names,
        get raw() {
          return state.raw;
        },
        headers: response.headers,
        status: response.statusCode!,
        get ended() {
          return state.ended;
        },
        pause: () => response.pause(),
        resume: () => response.resume(),
        close: () => request.destroy(),
      });
    });
    request.once('error', reject);
  });
}
