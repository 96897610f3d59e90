import express, {
  Router,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import SCIMMY from 'scimmy';
import { SCIMMYRouters } from 'scimmy-routers';
import type { Caller } from '../core/caller.ts';
import type { Core } from '../core/core.ts';
import type { ProvisioningLog } from '../core/provisioning-log.ts';
import { RollcallError } from '../errors.ts';
import { configureSupport, declareResources } from './discovery.ts';
import type { RawQuery } from './list-query.ts';
import { adaptReplies, scimErrorHandler } from './reply.ts';
import { expectedVersions, type ScimContext } from './resources/context.ts';
import { requestLog } from './request-log.ts';
import { searches } from './search.ts';
import { ScimError } from './scim-error.ts';

/** A group of 100,000 members in one PUT is 12 MB. */
const BODY_LIMIT = '16mb';

export interface ScimOptions {
  readonly core: Core;
  /** What locations begin with, without a slash at its end. */
  readonly publicUrl: string;
  /** Middleware that lets only the right tokens through, in order; it fails with errors of ours. */
  readonly guards: readonly RequestHandler[];
  /** The caller that the guards found. */
  readonly callerOf: (req: Request) => Caller;
  readonly provisioningLog: ProvisioningLog;
}

/** The SCIM 2.0 service provider (RFC 7644), to be mounted at `/scim/v2`. */
export function createScim({ core, publicUrl, guards, callerOf, provisioningLog }: ScimOptions): Router {
  const contextOf = (req: Request): ScimContext => ({
    core,
    caller: callerOf(req),
    publicUrl,
    expected: expectedVersions(req.get('if-match')),
    res: req.res as Response,
  });
  const router = Router();
  router.use(adaptReplies, ...guards, requestLog(provisioningLog, callerOf));
  router.use(acceptedMediaType, parseBody, pinQuery, refuseDiscoveryFilter);
  router.use(searches(contextOf));
  router.use(scimmyRouter(publicUrl, contextOf));
  router.use(scimErrorHandler);
  return router;
}

function scimmyRouter(publicUrl: string, context: (req: Request) => ScimContext): RequestHandler {
  declareResources();
  // The list of schemes is the process's, and every router adds to it.
  SCIMMY.Config.set('authenticationSchemes', []);
  const router = new SCIMMYRouters({
    type: 'bearer',
    // The guards have seen the token; and no token is a user's, so /Me is 501.
    handler: () => undefined as unknown as string,
    baseUri: () => publicUrl,
    context,
  });
  configureSupport();
  return router;
}

const parseJson: RequestHandler = express.json({ limit: BODY_LIMIT, type: () => true, strict: false });

/** RFC 7644 section 3.8, and what clients send in its place. A body without a type is taken for JSON. */
function acceptedMediaType(req: Request, _res: Response, next: NextFunction): void {
  const given = req.get('content-type');
  if (
    given === undefined ||
    given.trim() === '' ||
    /^\s*application\/(?:scim\+)?json\s*(?:;|$)/i.test(given)
  ) {
    next();
    return;
  }
  next(new RollcallError('unsupported', 'Send application/scim+json or application/json.'));
}

const parseBody: RequestHandler = (req, res, next) => {
  if (req.method === 'GET' || req.method === 'HEAD' || req.method === 'DELETE') {
    next();
    return;
  }
  parseJson(req, res, (error?: unknown) => {
    if (error !== undefined) next(error);
    else if (req.body === undefined) next(new ScimError(400, 'invalidSyntax', 'The request has no body.'));
    else next();
  });
};

/**
 * Express 5 parses the query anew each time it is asked for, so what scimmy's router casts in it is lost; and our
 * resources want plain strings. A parameter given twice is a list.
 */
function pinQuery(req: Request, _res: Response, next: NextFunction): void {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(req.query)) {
    if (typeof value === 'string') query[name] = value;
    else if (Array.isArray(value)) query[name] = value.filter((one) => typeof one === 'string').join(',');
  }
  Object.defineProperty(req, 'query', { value: query satisfies RawQuery, configurable: true });
  next();
}

const DISCOVERY = /^\/(?:Schemas|ResourceTypes|ServiceProviderConfig)(?:\/|$)/;

/** RFC 7644 section 4: a filter on discovery is forbidden. scimmy would parse it, at a cost a client can choose. */
function refuseDiscoveryFilter(req: Request, _res: Response, next: NextFunction): void {
  if (!DISCOVERY.test(req.path)) {
    next();
    return;
  }
  if ('filter' in req.query) next(new ScimError(403, undefined, 'Discovery endpoints take no filter.'));
  else {
    Object.defineProperty(req, 'query', { value: {}, configurable: true });
    next();
  }
}
