import { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express';
import { SCIMMYRouters } from 'scimmy-routers';
import type { ProvisioningLog } from '../core/audit/scim-requests.ts';
import type { Caller } from '../core/context/caller.ts';
import { requestContext } from '../core/context/context.ts';
import type { Core } from '../core/context/core.ts';
import { inOrder } from '../http/compose.ts';
import { bulk } from './bulk/router.ts';
import { discovery } from './discovery/router.ts';
import { readBody } from './http/body.ts';
import { knownEndpoints, nameEndpoint } from './http/endpoints.ts';
import { expectedVersions } from './http/entity-tags.ts';
import { adaptReplies, scimErrorHandler } from './http/reply.ts';
import { requestLog } from './http/request-log.ts';
import { cursorKey } from './query/cursor.ts';
import type { RawQuery } from './query/raw-query.ts';
import { searches } from './query/search.ts';
import type { RoutedContext, ScimContext } from './resources/context.ts';
import { declareResources } from './resources/declare.ts';

export interface ScimOptions {
  readonly core: Core;
  /** What locations begin with, without a slash at its end. */
  readonly publicUrl: string;
  /** Seals cursors. */
  readonly secretKey: string;
  /** Middleware that lets only the right tokens through, in order; it fails with errors of ours. */
  readonly guards: readonly RequestHandler[];
  /** The caller that the guards found. */
  readonly callerOf: (req: Request) => Caller;
  readonly provisioningLog: ProvisioningLog;
}

/** The SCIM 2.0 service provider (RFC 7644), to be mounted at `/scim/v2`. */
export function createScim(options: ScimOptions): Router {
  const { core, publicUrl, secretKey, guards, callerOf, provisioningLog } = options;
  const sealing = cursorKey(secretKey);
  const scimContext = (req: Request): ScimContext => {
    return {
      ...requestContext(core, callerOf(req)),
      publicUrl,
      expected: expectedVersions(req.get('if-match')),
      cursorKey: sealing,
    };
  };
  const router = Router();
  const scimmy = scimmyRouter(publicUrl, scimContext);
  router.use(
    inOrder(
      pinQuery,
      nameEndpoint,
      adaptReplies,
      ...guards,
      requestLog(provisioningLog, callerOf),
      knownEndpoints,
      readBody,
    ),
  );
  for (const endpoint of ['/Users', '/Groups']) {
    router.use(endpoint, unlessSearch(resourceRouter(scimmy, endpoint)));
  }
  router.use(discovery(publicUrl), searches(scimContext), bulk(scimContext));
  router.use(scimmy);
  router.use(scimErrorHandler);
  return router;
}

/**
 * The part of scimmy's router for one resource type. Nearly every request is for one, and the whole would first take it
 * through what others of our layers do, and through eight routers that are not its.
 */
function resourceRouter(scimmy: Router, endpoint: string): RequestHandler {
  for (const layer of scimmy.stack as unknown as readonly Mounted[]) {
    const isOfResources = layer.handle.stack?.some(({ route }) => route?.path === '/:id') === true;
    if (isOfResources && layer.match(endpoint)) return layer.handle;
  }
  throw new Error(`scimmy's router has no part of its own for ${endpoint}.`);
}

/** A layer of a router; the types of Express leave `match` out. */
interface Mounted {
  readonly handle: RequestHandler & Partial<Pick<Router, 'stack'>>;
  readonly match: (path: string) => boolean;
}

function unlessSearch(handler: RequestHandler): RequestHandler {
  return (req, res, next) => {
    if (/^\/\.search\/?$/i.test(req.path)) next();
    else void handler(req, res, next);
  };
}

function scimmyRouter(publicUrl: string, scimContext: (req: Request) => ScimContext): Router {
  declareResources();
  return new SCIMMYRouters({
    type: 'bearer',
    // The guards have seen the token; and no token is a user's, so /Me is 501.
    handler: () => undefined as unknown as string,
    baseUri: () => publicUrl,
    context: (req) => ({ scim: scimContext(req), res: req.res as Response }) satisfies RoutedContext,
  });
}

/**
 * The query as plain strings; a parameter given twice is a list. Each reader gets a copy: scimmy's router casts numbers
 * in what it gets, and would cast `1e2`.
 */
function pinQuery(req: Request, _res: Response, next: NextFunction): void {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(req.query)) {
    if (typeof value === 'string') query[name] = value;
    else if (Array.isArray(value)) query[name] = value.filter((one) => typeof one === 'string').join(',');
  }
  const get = (): RawQuery => ({ ...query });
  Object.defineProperty(req, 'query', { get, configurable: true });
  next();
}
