import { type Request, Router } from 'express';
import { whileTokenLive } from '../../core/context/live-token.ts';
import type { ScimReply } from '../http/reply.ts';
import { isArray, isObject } from '../input/json.ts';
import type { ScimContext } from '../resources/context.ts';
import { groupVerbs } from '../resources/groups.ts';
import { listMixed } from '../resources/root-list.ts';
import { userVerbs } from '../resources/users.ts';
import { badRequest } from '../scim-error.ts';
import type { RawQuery } from './raw-query.ts';

const PARAMETERS = [
  'filter',
  'sortBy',
  'sortOrder',
  'startIndex',
  'count',
  'cursor',
  'attributes',
  'excludedAttributes',
];

type List = (ctx: ScimContext, query: RawQuery) => Promise<ScimReply>;

/**
 * Queries by POST (RFC 7644 section 3.4.3) on one type and on all, and by GET at the root (section 3.4.2.1). Before
 * scimmy's router, which would parse the filter itself and refuses a count of 0; at the root it would read every row.
 */
export function searches(scimContext: (req: Request) => ScimContext): Router {
  const router = Router();
  const search = (path: string, list: List) =>
    router.post(path, async (req, res) => {
      const ctx = scimContext(req);
      const found = () => list(ctx, readSearch(req.body));
      res.status(200).send(await whileTokenLive(ctx, found));
    });
  search('/Users/.search', userVerbs.list);
  search('/Groups/.search', groupVerbs.list);
  search('/.search', listMixed);
  router.get('/', async (req, res) => {
    const ctx = scimContext(req);
    const found = () => listMixed(ctx, req.query as RawQuery);
    res.status(200).send(await whileTokenLive(ctx, found));
  });
  return router;
}

/** The body of a search as the query that it stands for; its names have any case (RFC 7643 section 2.1). */
function readSearch(body: unknown): RawQuery {
  if (!isObject(body)) throw badRequest('invalidSyntax', 'A search is a JSON object.');
  const query: Record<string, string> = {};
  for (const [key, value] of Object.entries(body)) {
    const name = PARAMETERS.find((parameter) => parameter.toLowerCase() === key.toLowerCase());
    if (name === undefined || value === null || value === undefined) continue;
    const parts = isArray(value) ? value : [value];
    if (!parts.every((part) => typeof part === 'string' || typeof part === 'number')) {
      throw badRequest('invalidValue', `"${name}" must be a text or a number.`);
    }
    query[name] = parts.join(',');
  }
  return query;
}
