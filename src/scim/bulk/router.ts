import { type Request, Router } from 'express';
import { hangUpOf } from '../../http/hang-up.ts';
import { log } from '../../lib/log.ts';
import { remark } from '../http/request-log.ts';
import type { ScimContext } from '../resources/context.ts';
import { bulkAnswer } from './answer.ts';
import { bulkRemark } from './log-note.ts';
import { readBulkRequest } from './request.ts';
import { runBulk } from './run.ts';

/** `POST /Bulk` (RFC 7644 section 3.7). Before scimmy's router, which does all operations at once. */
export function bulk(scimContext: (req: Request) => ScimContext): Router {
  const router = Router();
  router.post('/Bulk', async (req, res) => {
    const ctx = scimContext(req);
    const isGone = hangUpOf(req);
    const request = readBulkRequest(req.body);
    const running = runBulk(ctx, request, () => isGone.aborted);
    remark(
      res,
      running.then((result) => bulkRemark(request, result)),
    );
    const result = await running;
    const [processed, operations] = [result.outcomes.size, request.operations.length];
    if (processed < operations) {
      log.info('bulk ended early', { requestId: ctx.caller.requestId, processed, operations });
    }
    res.status(200).send(bulkAnswer(request, result, `${ctx.publicUrl}/scim/v2`));
  });
  return router;
}
