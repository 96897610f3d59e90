import { Router, type Request } from 'express';
import { isArray, isObject } from './json.ts';
import type { RawQuery } from './list-query.ts';
import { guarded, type ScimContext } from './resources/context.ts';
import { groupVerbs } from './resources/groups.ts';
import type { ResourceVerbs } from './resources/resource-class.ts';
import { userVerbs } from './resources/users.ts';
import { badRequest, ScimError } from './scim-error.ts';

const PARAMETERS = [
  'filter',
  'sortBy',
  'sortOrder',
  'startIndex',
  'count',
  'attributes',
  'excludedAttributes',
];

/**
 * Queries by POST (RFC 7644 section 3.4.3) on one type. Before scimmy's router, which would parse the filter itself
 * and refuses a count of 0; at the root it would read every row there is.
 */
export function searches(contextOf: (req: Request) => ScimContext): Router {
  const router = Router();
  const search = (endpoint: string, verbs: ResourceVerbs) =>
    router.post(`${endpoint}/.search`, async (req, res) => {
      const ctx = contextOf(req);
      res.status(200).send(await guarded(ctx, () => verbs.list(ctx, readSearch(req.body))));
    });
  search('/Users', userVerbs);
  search('/Groups', groupVerbs);
  router.post('/.search', () => {
    throw new ScimError(501, undefined, 'Search /Users/.search or /Groups/.search.');
  });
  return router;
}

/** The body of a search as the query that it stands for. */
function readSearch(body: unknown): RawQuery {
  if (!isObject(body)) throw badRequest('invalidSyntax', 'A search is a JSON object.');
  const query: Record<string, string> = {};
  for (const [key, value] of Object.entries(body)) {
    const name = PARAMETERS.find((parameter) => parameter.toLowerCase() === key.toLowerCase());
    if (name === undefined || value === null || value === undefined) continue;
    const text = isArray(value) ? value.join(',') : value;
    if (typeof text !== 'string' && typeof text !== 'number') {
      throw badRequest('invalidValue', `"${name}" must be a text or a number.`);
    }
    query[name] = String(text);
  }
  return query;
}
