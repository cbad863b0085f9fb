import type { FlowJob } from 'bullmq';
import { PAYLOAD_VERSION, type QueueName, type Queues } from '../adapters/queues.ts';
import type { RunRecord } from '../adapters/run-record.ts';
import { REDIS_PREFIX } from '../adapters/run-store.ts';
import { stageJobOptions } from './job-options.ts';

/**
 * Adds a run's flow: (publish ◀) file-assembly ◀ assignment ◀ catalog-download. The employee jobs join it at the fan-out.
 * BullMQ adds a flow in one transaction, so either all of it is there or nothing; a flow that is there stays as it is.
 */
export async function addRunFlow(queues: Queues, run: RunRecord, attempts: number): Promise<void> {
  const runId = run.plan.id;
  if (await queues.byName['file-assembly'].getJob(runId)) return;
  const stage = (queueName: QueueName, children: FlowJob[] = []): FlowJob => ({
    name: queueName,
    queueName,
    prefix: REDIS_PREFIX,
    data: { version: PAYLOAD_VERSION, runId },
    opts: { jobId: runId, ...stageJobOptions(attempts) },
    children,
  });
  const assembly = stage('file-assembly', [stage('assignment', [stage('catalog-download')])]);
  await queues.flow.add(run.publish ? stage('publish', [assembly]) : assembly);
}
