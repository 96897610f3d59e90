import { type Request, type RequestHandler, type Response, Router } from 'express';
import { requestContext } from '../core/context/context.ts';
import type { Core } from '../core/context/core.ts';
import { whileTokenLive } from '../core/context/live-token.ts';
import { setRoute } from '../http/access-log.ts';
import { requireScope } from '../http/caller.ts';
import { enterLargeAnswers, MOST_WHOLE, slicesOf, writeLarge } from '../http/large-answer.ts';
import { RollcallError } from '../lib/errors.ts';
import { isAnswer, isChunks } from './answer.ts';
import { jsonBody } from './body.ts';
import { PROBLEMS } from './errors.ts';
import { problemStatusesOf } from './openapi/problems.ts';
import type { Route } from './route.ts';
import type { Streams } from './streams.ts';
import { validate } from './validate.ts';
import { callerIn } from './workspace.ts';

export interface MountOptions {
  readonly core: Core;
  /** Where the router is mounted, for logs and metrics. */
  readonly base: string;
  /** Checks each answer against its schema, and fails when it differs. For tests: it costs time. */
  readonly checkReplies: boolean;
  /** Sends the answers that are written as they come. */
  readonly streams: Streams;
}

/** Mounts routes: scope (403), workspace, input (400), handler, answer. */
export function mount(routes: readonly Route[], options: MountOptions): Router {
  const router = Router({ caseSensitive: true });
  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ':$1');
    const admit: RequestHandler = (req, _res, next) => {
      setRoute(req, `${options.base}${route.path}`);
      requireScope(req, route.scopes);
      next();
    };
    const answer = options.checkReplies ? checked(route, run(route, options)) : run(route, options);
    router[route.method](path, admit, ...(route.body ? jsonBody : []), answer);
  }
  return router;
}

type AsyncHandler = (req: Request, res: Response) => Promise<void>;

function run(route: Route, { core, checkReplies, streams }: MountOptions): AsyncHandler {
  return async (req, res) => {
    const caller = await callerIn(core, req, route);
    if (route.method !== 'get') core.writeBudget?.admit(caller.workspaceId);
    const ctx = requestContext(core, caller);
    const handle = () =>
      route.handler({
        ctx,
        params: route.params && validate(route.params, req.params),
        query: route.query && validate(route.query, req.query),
        body: route.body && validate(route.body, req.body),
      });
    const result = await (isRead(route) ? whileTokenLive(ctx, handle) : handle());
    const { status = route.statuses[0], headers = {}, body } = isAnswer(result) ? result : { body: result };
    if (checkReplies) checkReply(route, status, body);
    res.status(status).set(headers);
    if (isChunks(body)) {
      await streams.send(body, { ctx, res });
    } else if (body === undefined) {
      res.end();
    } else {
      await sendJson(req, res, JSON.stringify(body));
    }
  };
}

/** Short answers go out at once, large ones as fast as the client reads them. */
async function sendJson(req: Request, res: Response, text: string): Promise<void> {
  res.type('json');
  if (text.length <= MOST_WHOLE || req.method === 'HEAD') {
    res.send(text);
    return;
  }
  await writeLarge(res, slicesOf(text), await enterLargeAnswers(req));
}

/** An auditor's token changes nothing, so what it may call only reads. */
function isRead({ method, scopes }: Route): boolean {
  return method === 'get' || scopes.includes('auditor');
}

/** Fails when an error has a status that the route does not declare. */
function checked(route: Route, handler: AsyncHandler): AsyncHandler {
  return async (req, res) => {
    try {
      await handler(req, res);
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      const { status } = PROBLEMS[error.kind];
      if (error.kind === 'cancelled' || problemStatusesOf(route).includes(status)) throw error;
      const name = `${route.method.toUpperCase()} ${route.path}`;
      throw new Error(`${name} answered ${status} (${error.kind}), which it doesn't declare.`, {
        cause: error,
      });
    }
  };
}

function checkReply(route: Route, status: number, body: unknown): void {
  const name = `${route.method.toUpperCase()} ${route.path}`;
  if (!route.statuses.includes(status))
    throw new Error(`${name} answered ${status}, which it doesn't declare.`);
  if (isChunks(body)) return;
  if ((body === undefined) !== (route.reply === undefined))
    throw new Error(`${name} has a body or a schema only.`);
  // As it will be sent, so that a Date in it counts as the text it becomes.
  route.reply?.parse(JSON.parse(JSON.stringify(body)));
}
