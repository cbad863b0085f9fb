import type { FlowJob } from 'bullmq';
import { PAYLOAD_VERSION, type QueueName, type Queues } from '../adapters/redis/queues.ts';
import { REDIS_PREFIX } from '../adapters/run-store/keys.ts';
import type { RunId } from '../domain/ids.ts';
import type { RunRecord } from '../domain/run/record.ts';
import { flowOf } from '../domain/run/stages.ts';
import { stageJobOptions } from './job-options.ts';

/**
 * Adds a run's flow: (landing ◀ publish ◀) file-assembly ◀ assignment ◀ catalog-download, each the parent of the next.
 * BullMQ adds it in one transaction or not at all; a flow that is there stays. The fan-out adds employees.
 */
export async function addRunFlow(queues: Queues, run: RunRecord, attempts: number): Promise<void> {
  const runId = run.plan.id;
  if (await queues.byName['file-assembly'].getJob(runId)) return;
  const jobOf = (queueName: QueueName, child: FlowJob | undefined): FlowJob => ({
    name: queueName,
    queueName,
    prefix: REDIS_PREFIX,
    data: { version: PAYLOAD_VERSION, runId },
    opts: { jobId: runId, ...stageJobOptions(attempts) },
    children: child === undefined ? [] : [child],
  });
  const flow = flowOf(run).reduceRight<FlowJob | undefined>((child, stage) => jobOf(stage, child), undefined);
  await queues.flow.add(flow!);
}

/**
 * Removes what BullMQ keeps with the file-assembly job for each finished employee: 140 bytes that nobody reads. Only
 * for a run that has its files.
 */
export async function forgetDoneEmployees({ redis, byName }: Queues, runId: RunId): Promise<void> {
  // Unlike the removal of the job itself, this does not keep Redis busy, however many there are.
  await redis.unlink(byName['file-assembly'].toKey(`${runId}:processed`));
}
