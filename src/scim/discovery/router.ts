import { type NextFunction, type Request, type Response, Router } from 'express';
import { reply } from '../http/reply.ts';
import { listText } from '../resources/list-response.ts';
import { quoted, ScimError } from '../scim-error.ts';
import { type DiscoveryResource, resourceTypes, schemas, serviceProviderConfig } from './resources.ts';

/**
 * `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` (RFC 7644 section 4). They are the same for everybody, and
 * written once. Sorting, paging and attributes are ignored; a filter is forbidden.
 */
export function discovery(publicUrl: string): Router {
  const root = `${publicUrl}/scim/v2`;
  const router = Router();
  const config = JSON.stringify(serviceProviderConfig(root));
  router.get('/ServiceProviderConfig', refuseFilter, (_req, res) => {
    res.status(200).send(reply(config));
  });
  list(router, '/ResourceTypes', resourceTypes(root));
  list(router, '/Schemas', schemas(root));
  return router;
}

function list(router: Router, path: string, resources: readonly DiscoveryResource[]): void {
  const texts = new Map(resources.map((resource) => [resource.id.toLowerCase(), JSON.stringify(resource)]));
  const all = listText([...texts.values()], { totalResults: texts.size });
  router.get(path, refuseFilter, (_req, res) => {
    res.status(200).send(reply(all));
  });
  router.get(`${path}/:id`, refuseFilter, (req: Request<{ id: string }>, res) => {
    const text = texts.get(req.params.id.toLowerCase());
    if (text === undefined) throw new ScimError(404, undefined, `There is no ${quoted(req.params.id)} here.`);
    res.status(200).send(reply(text));
  });
}

function refuseFilter(req: Request<object>, _res: Response, next: NextFunction): void {
  if ('filter' in req.query) throw new ScimError(403, undefined, 'Discovery endpoints take no filter.');
  next();
}
