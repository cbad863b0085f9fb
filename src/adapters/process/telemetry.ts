import { context, DiagLogLevel, diag, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace-node';
import type { Telemetry as QueueTelemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import type { Logger } from 'pino';
import { agentsThrough } from '../http/proxy-agents.ts';
import { within } from './time-limit.ts';

/** The traces of a process. This file is loaded only where traces are wanted: it takes a quarter of a second. */
export interface Telemetry {
  /**
   * For queues, flows and workers of the stages; never for employees, whose jobs would each carry a trace's context.
   */
  readonly ofQueues: QueueTelemetry;
  /** Sends what there is still to send, for a moment at the most. Never throws. */
  stop(): Promise<void>;
}

/** What traces need. */
export interface TelemetryOptions {
  /** An OpenTelemetry collector that speaks OTLP over HTTP, without the path of traces. */
  readonly endpoint: string;
  /** The proxy on the way, perhaps with a login; none unless given. */
  readonly proxyUrl?: string | undefined;
  /** Of BTC Fake. */
  readonly version: string;
  readonly logger: Logger;
}

const SEND_LIMIT_MS = 2_000;
const STOP_LIMIT_MS = 2_000;

/**
 * What is put on a queue and what is done with it. What workers do for themselves (look for a job, every few seconds)
 * is noise.
 */
const WORK: readonly SpanKind[] = [SpanKind.PRODUCER, SpanKind.CONSUMER];

const sampler: Sampler = {
  shouldSample: (_context, _traceId, _name, kind) => ({
    decision: WORK.includes(kind) ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
  }),
  toString: () => 'WorkOnQueues',
};

/**
 * Begins to trace what happens on queues. Spans are sent in the background; a collector that is away is logged once,
 * and neither harms nor delays a run. At most one at a time in a process.
 */
export function startTelemetry({ endpoint, proxyUrl, version, logger }: TelemetryOptions): Telemetry {
  const logFailure = onceLogger(logger);
  const silent = () => {};
  const toLog = { error: logFailure, warn: logFailure, info: silent, debug: silent, verbose: silent };
  diag.setLogger(toLog, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const agents = proxyUrl === undefined ? undefined : agentsThrough(proxyUrl, SEND_LIMIT_MS);
  const way = agents && {
    httpAgentOptions: (protocol: string) => (protocol === 'https:' ? agents.https : agents.http),
  };
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: SEND_LIMIT_MS, ...way });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'btc-fake', 'service.version': version }),
    sampler,
    spanProcessors: [new BatchSpanProcessor(exporter, { exportTimeoutMillis: SEND_LIMIT_MS })],
  });
  provider.register();
  const ofQueues = new BullMQOtel({ tracerName: 'btc-fake', version });
  // What BullMQ begins once and never ends must not be a part of the first thing that happened.
  Object.assign(ofQueues.contextManager, { root: () => ROOT_CONTEXT });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await within(provider.shutdown(), STOP_LIMIT_MS).catch((error: unknown) => logFailure(String(error)));
    for (const api of [trace, context, propagation, diag]) api.disable();
  };
  return {
    ofQueues,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Of all that goes wrong, the first is logged. */
function onceLogger(logger: Logger): (reason: string) => void {
  let isLogged = false;
  return (reason) => {
    if (!isLogged) logger.warn({ reason: reason.slice(0, 200) }, 'Traces cannot be sent; runs continue without them');
    isLogged = true;
  };
}
