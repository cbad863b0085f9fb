/**
 * Loaded into a command with `--import`: ends its process, as a power cut would, when it has reached a milestone so often.
 * END_AT is `MILESTONE:COUNT`.
 */
import { subscribe } from 'node:diagnostics_channel';

const [milestone, count] = process.env.END_AT.split(':');
let left = Number(count);
subscribe('btc-fake:milestone', (reached) => {
  if (reached !== milestone) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
});
