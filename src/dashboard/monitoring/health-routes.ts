import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

/** What the health of a process is told from. */
export interface HealthContext {
  readonly readiness: Readiness;
  readonly metrics: Pick<Metrics, 'scrape' | 'contentType'>;
}

/**
 * Serves `/healthz` (the process is alive: its event loop turns), `/readyz` (it can do its work; 503 says what is in
 * the way) and `/metrics` (for Prometheus). None of them needs a login, and none says anything secret.
 */
export async function healthRoutes(app: FastifyInstance, { readiness, metrics }: HealthContext): Promise<void> {
  app.get('/healthz', async (_request, reply) =>
    reply.header('cache-control', 'no-store').type('text/plain').send('ok\n'),
  );
  app.get('/readyz', async (_request, reply) => {
    const problems = await readiness();
    return reply
      .code(problems.length === 0 ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready: problems.length === 0, problems });
  });
  app.get('/metrics', async (_request, reply) => {
    const text = await metrics.scrape();
    return reply.header('cache-control', 'no-store').type(metrics.contentType).send(text);
  });
}
