import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { isRedisRefusal, redisRefusal } from '../../adapters/redis/failure.ts';
import { BtcFakeError, type ErrorCode } from '../../domain/errors.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  RUN_NOT_FOUND: 404,
  EMPLOYEE_NOT_FOUND: 404,
  OUTPUT_MISSING: 404,
  OUTPUT_CHANGED: 409,
  RUN_STATE: 409,
  EMPLOYEES_INVALID: 422,
  CONFIG_INVALID: 422,
  USAGE: 400,
  REDIS_UNREACHABLE: 503,
  REDIS_FULL: 503,
  REDIS_REFUSES_WRITES: 503,
  REDIS_REFUSED: 503,
};

/** Shows what went wrong as a page: what, where and what to do, never a stack trace or a secret. */
export function showErrors(app: FastifyInstance, { logger }: Pick<DashboardContext, 'logger'>): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error instanceof BtcFakeError) return sendError(reply, STATUS[error.code] ?? 500, error);
    const status = error.statusCode ?? 500;
    if (status < 500) return sendError(reply, status, { message: error.message });
    if (isRedisGone(error)) return sendError(reply, 503, REDIS_GONE);
    const refusal = isRedisRefusal(error) ? redisRefusal(error) : undefined;
    if (refusal) return sendError(reply, 503, refusal);
    logger.error({ err: error, path: request.url.split('?')[0] }, 'A page could not be made');
    return sendError(reply, 500, {
      message: 'This page could not be made',
      remedy: 'The log of the dashboard says why.',
    });
  });
  app.setNotFoundHandler((_request, reply) =>
    sendError(reply, 404, { message: 'There is no such page', remedy: 'Use the navigation above.' }),
  );
}

/** What a page tells of an error. */
interface Shown {
  readonly message: string;
  readonly code?: string;
  readonly remedy?: string | undefined;
  readonly lines?: readonly string[];
}

const REDIS_GONE: Shown = {
  message: 'Redis does not answer',
  code: 'REDIS_UNREACHABLE',
  remedy: 'Pages come back by themselves when it does.',
};

/** Answers with an error page; Bull Board's own script gets JSON that it knows how to show. */
export function sendError(
  reply: FastifyReply,
  status: number,
  { message, code, remedy, lines = [] }: Shown,
): FastifyReply {
  if (reply.request.url.startsWith(BULL_BOARD_API)) return reply.code(status).send({ error: message, message: remedy });
  const body = html`<div class="notice bad" role="alert">
<p><strong>${message}</strong>${code && html` <code>${code}</code>`}</p>
${lines.length > 0 && html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`}
${remedy && html`<p>${remedy}</p>`}
</div>`;
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(layout({ title: TITLES[status] ?? 'Not done', body }));
}

const TITLES: Readonly<Record<number, string>> = {
  401: 'Log in',
  403: 'Refused',
  404: 'Not found',
  429: 'Not so fast',
  500: 'Something went wrong',
  503: 'Not now',
};

const BULL_BOARD_API = '/queues/api/';

/** What ioredis says when it gives up on a command. */
function isRedisGone(error: Error): boolean {
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    /Connection is closed|ECONNREFUSED|Stream isn't writeable|Command timed out|None of startup nodes is available|All sentinels are unreachable/.test(
      error.message,
    )
  );
}
