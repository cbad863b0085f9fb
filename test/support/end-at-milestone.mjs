/**
 * Loaded into a command with `--import`: ends its process, as a power cut would, when it reaches a milestone.
 * - END_AT is `MILESTONE:COUNT`, or `MILESTONE:COUNT:EMPLOYEE` for one employee alone.
 * - END_WITH is another signal than SIGKILL: SIGSTOP only stops it.
 */
import { subscribe } from 'node:diagnostics_channel';

const [wanted, count, employee] = process.env.END_AT.split(':');
let left = Number(count);
subscribe('btc-fake:milestone', ({ milestone, employeeId }) => {
  if (milestone !== wanted || (employee !== undefined && employeeId !== Number(employee))) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, process.env.END_WITH ?? 'SIGKILL');
});
