import type { BeforeHook, HookContext } from '@bull-board/api/typings/app';

/**
 * What may be done in Bull Board. Everything that is not listed here as harmless is refused, including buttons that a
 * later version adds (docs/decisions/0013-bull-board-refusals.md).
 */
const HARMLESS: ReadonlySet<string> = new Set([
  'get /api/redis/stats',
  'get /api/queues',
  'get /api/job-schedulers',
  'get /api/queues/:queueName/metrics',
  'get /api/queues/:queueName/default-job-options',
  'get /api/queues/:queueName/workers',
  'get /api/queues/:queueName/rate-limit',
  'get /api/queues/:queueName/job-data-schema',
  'get /api/queues/:queueName/:jobId',
  'get /api/queues/:queueName/:jobId/logs',
  'get /api/queues/:queueName/:jobId/flow',
  // A paused queue keeps its jobs; the runs wait.
  'put /api/queues/pause',
  'put /api/queues/resume',
  'put /api/queues/:queueName/pause',
  'put /api/queues/:queueName/resume',
  // The server that asked for the pause will ask again, and that costs no attempt.
  'put /api/queues/:queueName/rate-limit/release',
  // See `RequeuingAdapter`.
  'put /api/queues/:queueName/:jobId/retry',
]);

/** What is harmless only sometimes: each says why not, or nothing. */
const SOMETIMES: Readonly<Record<string, (context: HookContext) => Promise<string | undefined>>> = {
  'put /api/queues/:queueName/retry/:queueStatus': async ({ request }) =>
    request.params.queueStatus === 'failed' ? undefined : REASONS.done,
  'put /api/queues/:queueName/promote': promotion,
  'put /api/queues/:queueName/:jobId/promote': promotion,
};

const REASONS = {
  removal:
    'Removing jobs would drop employees from a run without a trace. To continue without failed employees, use "Finish without ' +
    'them" on the page of the run, or btc-fake finish. Completed jobs go by themselves.',
  change: 'A changed job would be another than its run knows. Start a new run instead: "Start a run", or btc-fake run.',
  addition: 'A job that was added by hand belongs to no run. Use "Start a run", or btc-fake run.',
  schedule:
    'The weekly schedule is set with SCHEDULE_CRON and SCHEDULE_TIMEZONE; see btc-fake schedule apply and remove.',
  early: 'This would wake the weekly schedule early. For a run now, use "Start a run", or btc-fake run.',
  pace: 'How many jobs run at the same time is set with EMPLOYEE_CONCURRENCY and the like, and the recommender limits the rest.',
  done: 'A completed job has done its part of the run; doing it again could spoil what was made of it.',
  unknown: 'BTC Fake does not know this button, so nothing was done.',
} as const;

const REFUSED: Readonly<Record<string, string>> = {
  'put /api/queues/:queueName/clean/:queueStatus': REASONS.removal,
  'put /api/queues/:queueName/:jobId/clean': REASONS.removal,
  'put /api/queues/:queueName/empty': REASONS.removal,
  'put /api/queues/:queueName/obliterate': REASONS.removal,
  'put /api/queues/:queueName/:jobId/remove-unprocessed-children': REASONS.removal,
  'patch /api/queues/:queueName/:jobId/update-data': REASONS.change,
  'patch /api/queues/:queueName/:jobId/delay': REASONS.change,
  'patch /api/queues/:queueName/:jobId/priority': REASONS.change,
  'post /api/queues/:queueName/add': REASONS.addition,
  'put /api/queues/:queueName/job-schedulers/:schedulerId/remove': REASONS.schedule,
  'patch /api/queues/:queueName/job-schedulers/:schedulerId': REASONS.schedule,
  'put /api/queues/:queueName/job-schedulers/:schedulerId/run': REASONS.early,
  'put /api/queues/:queueName/concurrency': REASONS.pace,
  'put /api/queues/:queueName/rate-limit': REASONS.pace,
};

/** Bull Board asks this before it does anything; it shows the message to the person who pressed the button. */
export const refuseHarm: BeforeHook = async (context) => {
  const asked = `${context.method} ${context.route}`;
  if (HARMLESS.has(asked)) return { allow: true };
  const refusal = SOMETIMES[asked] ? await SOMETIMES[asked](context) : (REFUSED[asked] ?? REASONS.unknown);
  return refusal === undefined ? { allow: true } : { allow: false, status: 403, message: refusal };
};

/** Jobs that wait for their next attempt may go at once, but the schedule's next tick is a delayed job too. */
async function promotion({ request }: HookContext): Promise<string | undefined> {
  const queue = request.queues.get(request.params.queueName);
  return queue && (await queue.getJobSchedulersCount()) > 0 ? REASONS.early : undefined;
}
