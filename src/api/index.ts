import { type RequestHandler, Router } from 'express';
import type { Core } from '../core/context/core.ts';
import { RollcallError } from '../lib/errors.ts';
import { problems } from './errors.ts';
import { mount } from './mount.ts';
import { routes } from './routes/index.ts';
import type { Streams } from './streams.ts';

/** Where `createApi` is to be mounted. */
export const API_BASE = '/api/v1';

/** The companion API (contract section 6). */
export function createApi(options: {
  core: Core;
  guard: RequestHandler;
  streams: Streams;
  checkReplies?: boolean;
}): Router {
  const { core, guard, streams, checkReplies = false } = options;
  const router = Router();
  router.use((_req, res, next) => {
    res.setHeader('Cache-Control', 'no-store');
    next();
  });
  router.use(guard);
  router.use(mount(routes, { core, base: API_BASE, checkReplies, streams }));
  router.use((req) => {
    throw new RollcallError('not_found', `There is no ${req.method} ${req.baseUrl}${req.path} in this API.`);
  });
  router.use(problems);
  return router;
}
