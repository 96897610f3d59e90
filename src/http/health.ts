import { Router } from 'express';
import type { Core } from '../core/context/core.ts';
import { isReady } from '../core/context/readiness.ts';
import { diskProblem, storageProblem } from '../core/context/storage.ts';
import { metrics } from '../lib/metrics.ts';

/**
 * /healthz: 200 while the process lives. /readyz: 200 while requests can be served and the database can write,
 * else 503 with why; `isStopping` turns it
 * down before the process ends. /metrics: Prometheus text. None asks for a token, none tells of a workspace.
 */
export function health(core: Core, isStopping: () => boolean): Router {
  const router = Router();
  router.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  router.get('/readyz', async (_req, res) => {
    if (isStopping()) res.status(503).json({ status: 'stopping' });
    else if (!(await isReady(core))) {
      res.status(503).json({ status: (await diskProblem(core)) ?? 'the database does not answer' });
    } else {
      const problem = await storageProblem(core);
      res.status(problem === undefined ? 200 : 503).json({ status: problem ?? 'ready' });
    }
  });
  router.get('/metrics', async (_req, res) => {
    res.type(metrics.contentType).send(await metrics.metrics());
  });
  return router;
}
