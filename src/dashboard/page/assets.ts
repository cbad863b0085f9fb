import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { packageRoot } from '../../adapters/disk/package-root.ts';

/** Serves the style, the script and the icon under `/assets/`, as they are in the sources. */
export async function serveAssets(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, {
    root: join(packageRoot(), 'src', 'dashboard', 'assets'),
    prefix: '/assets/',
    decorateReply: false,
    index: false,
    maxAge: '5m',
  });
}
