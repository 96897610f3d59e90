import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { Core } from '../core/core.ts';
import { RollcallError } from '../errors.ts';
import { setRoute } from '../http/access-log.ts';
import { requireScope } from '../http/caller.ts';
import { enterLargeAnswers, MOST_WHOLE, slicesOf, writeLarge } from '../http/large-answer.ts';
import { isAnswer, isChunks, type Chunks } from './answer.ts';
import { jsonBody } from './body.ts';
import { PROBLEMS } from './errors.ts';
import { problemStatusesOf } from './openapi/problems.ts';
import type { Route } from './route.ts';
import { validate } from './validate.ts';
import { callerIn } from './workspace.ts';

export interface MountOptions {
  readonly core: Core;
  /** Where the router is mounted, for logs and metrics. */
  readonly base: string;
  /** Checks each answer against its schema, and fails when it differs. For tests: it costs time. */
  readonly checkReplies: boolean;
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

function run(route: Route, { core, checkReplies }: MountOptions): AsyncHandler {
  return async (req, res) => {
    const caller = await callerIn(core, req, route);
    const result = await route.handler({
      core,
      caller,
      params: route.params && validate(route.params, req.params),
      query: route.query && validate(route.query, req.query),
      body: route.body && validate(route.body, req.body),
    });
    const { status = route.statuses[0], headers = {}, body } = isAnswer(result) ? result : { body: result };
    if (checkReplies) checkReply(route, status, body);
    res.status(status).set(headers);
    if (isChunks(body)) {
      await send(body, res);
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

async function send({ type, chunks, trailers }: Chunks, res: Response): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  // Asked before anything is sent: a database that is away is a 503 and not half an answer.
  let first: ReturnType<typeof iterator.next> | undefined = Promise.resolve(await iterator.next());
  const primed: AsyncIterable<string | Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const next = await (first ?? iterator.next());
        first = undefined;
        // The end follows at once, and with it what is sent behind the body.
        if (next.done === true && trailers) res.addTrailers(trailers.values());
        return next;
      },
      return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
    }),
  };
  res.type(type);
  if (trailers) res.setHeader('Trailer', trailers.names.join(', '));
  await pipeline(Readable.from(primed), res).catch(ignoreHangUp(res));
}

// A client that hangs up in the middle of an export is no failure of ours.
function ignoreHangUp(res: Response) {
  return (error: unknown) => {
    if (!(res.destroyed && (error as { code?: unknown }).code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error;
  };
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
