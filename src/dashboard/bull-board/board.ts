import { createBullBoard } from '@bull-board/api';
import type { QueueJobJson } from '@bull-board/api/typings/app';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance } from 'fastify';
import type { EmployeeJobData, QueueName } from '../../adapters/redis/queues.ts';
import { STAGES } from '../../domain/run/stages.ts';
import { requeueJobs } from '../../producers/requeue.ts';
import { atBasePath } from '../access/base-path.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { runPath } from '../runs/address.ts';
import { asDashboardPage, BOARD_CSP } from './page.ts';
import { type Requeue, RequeuingAdapter } from './requeuing-adapter.ts';
import { refuseHarm } from './rules.ts';

const PATH = '/queues';

const DESCRIPTIONS: Readonly<Record<QueueName, string>> = {
  'run-start': 'One job per run: puts its flow on the other queues. The weekly schedule ticks here too.',
  'catalog-download': "One job per run: fetches the vendor's catalog files.",
  assignment: 'One job per run: the manager assigns, then every employee gets a job.',
  'employee-simulation': 'One job per employee. A failed one waits here until it is re-queued; its run waits for it.',
  'file-assembly': 'One job per run: waits for all employees, then writes the files.',
  publish: 'One job per run that publishes: uploads the files.',
  landing: 'One job per run that lands: writes drop and ground truth into the lakehouse.',
};

/**
 * Bull Board for all queues, at `/queues`. What it can do is held by `refuseHarm`; the page gets along with a content
 * security policy that allows nothing from elsewhere.
 */
export async function bullBoardRoutes(app: FastifyInstance, context: DashboardContext): Promise<void> {
  const { queues, store, loaded } = context;
  const { basePath } = loaded.settings.dashboard;
  const at = (path: string) => atBasePath(basePath, path);
  const requeue: Requeue = (jobs) => requeueJobs(queues, store, jobs, loaded.settings.queues.jobAttempts);
  const externalPageOf = (job: QueueJobJson) => {
    const { displayText, href } = pageOf(job);
    return { displayText, href: at(href) };
  };
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(at(PATH));
  createBullBoard({
    queues: STAGES.map((name) => {
      const options = { description: DESCRIPTIONS[name], externalJobUrl: externalPageOf };
      const adapter = new RequeuingAdapter(queues.byName[name], requeue, options);
      adapter.setFormatter('name', nameOf);
      return adapter;
    }),
    serverAdapter,
    options: {
      handlerHooks: { before: refuseHarm },
      uiConfig: {
        boardTitle: 'Queues · BTC Fake',
        boardLogo: { path: at('/assets/icon.svg'), width: 24, height: 24 },
        favIcon: { default: at('/assets/icon.svg'), alternative: 'static/favicon-32x32.png' },
        hideDocsLink: true,
      },
    },
  });
  // The dashboard's own handler knows what our errors mean and tells nobody what is in the others.
  serverAdapter.setErrorHandler((error) => {
    throw error;
  });
  await app.register(
    async (board) => {
      board.addHook('onRequest', async (_request, reply) => reply.helmet({ contentSecurityPolicy: BOARD_CSP }));
      board.addHook('onSend', async (_request, reply, payload) =>
        typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')
          ? asDashboardPage(payload, basePath)
          : payload,
      );
      await board.register(serverAdapter.registerPlugin());
    },
    { prefix: PATH },
  );
}

/** `employee 104829 (a), position 12`; other jobs keep their names. */
function nameOf({ name, data }: QueueJobJson): string {
  if (!isEmployee(data)) return name;
  return `employee ${data.employeeId} (${data.employeeType}), position ${data.position}`;
}

/** The dashboard's page about what a job stands for. */
function pageOf({ data }: QueueJobJson): { displayText: string; href: string } {
  const { runId } = (data ?? {}) as Partial<EmployeeJobData>;
  if (runId === undefined) return { displayText: 'Schedule', href: '/schedule' };
  if (!isEmployee(data)) return { displayText: runId, href: runPath(runId) };
  const href = `${runPath(runId)}/employees/${data.employeeId}`;
  return { displayText: `Employee ${data.employeeId} in ${runId}`, href };
}

function isEmployee(data: Partial<EmployeeJobData> | undefined): data is EmployeeJobData {
  return data?.employeeId !== undefined;
}
