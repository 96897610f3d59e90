import type { Request, RequestHandler, Response } from 'express';
import { unescape } from 'node:querystring';
import type { Caller } from '../core/caller.ts';
import type { NewProvisioningRequest, ProvisioningLog } from '../core/provisioning-log.ts';
import { asId, newId } from '../ids.ts';
import { bodyBytes } from './body.ts';
import type { Problem } from './errors.ts';
import { isObject } from './json.ts';

/** Characters kept of a body, a query and a user agent. */
const KEPT = { body: 8_192, query: 4_096, userAgent: 256, path: 1_024, detail: 2_048 } as const;
/** Ids looked for in the text of one request. */
const MOST_MENTIONS = 200;

/** Attributes whose values are not kept, at any depth and in any case. */
const SECRET = /^(?:.*[:.])?(?:password|secret|token|authorization)$/i;
const MASK = '***';
/** Bytes from which a body is not kept. */
const LARGE = 65_536;

/** What the status of an answer does not tell. */
export interface Remark {
  readonly detail: string | null;
  /** Ids of users and groups concerned. */
  readonly ids: readonly string[];
}

const remarks = new WeakMap<Response, Promise<Remark | undefined>>();

/** Adds to what will be noted of a request. The note waits for it, also when the client hangs up before. */
export function remark(res: Response, coming: Promise<Remark>): void {
  // What ends in an error is answered and noted as every other.
  remarks.set(
    res,
    coming.catch(() => undefined),
  );
}

/** Notes every request that had a caller, when its answer is out. Stands after the guards. */
export function requestLog(
  provisioningLog: ProvisioningLog,
  callerOf: (req: Request) => Caller,
): RequestHandler {
  return (req, res, next) => {
    const began = process.hrtime.bigint();
    const caller = callerOf(req);
    res.once('close', () => {
      const problem = res.locals['problem'] as Problem | undefined;
      const location = res.getHeader('location');
      const body = keptBody(req);
      const [path = '', rawQuery] = req.originalUrl.split('?', 2);
      const query = rawQuery === undefined ? undefined : readableQuery(rawQuery);
      const entry: NewProvisioningRequest = {
        workspace_id: caller.workspaceId,
        id: newId(),
        at: new Date(),
        token_name: caller.actor.name,
        request_id: caller.requestId,
        method: req.method,
        path: text(path, KEPT.path),
        query: query === undefined ? null : text(query, KEPT.query),
        body: body === undefined ? null : text(body, KEPT.body),
        // A client that hung up was answered nothing.
        status: res.writableFinished ? res.statusCode : 499,
        scim_type: stringOf(problem?.body['scimType']),
        detail: problem ? text(stringOf(problem.body['detail']) ?? '', KEPT.detail) : null,
        duration_ms: Number(process.hrtime.bigint() - began) / 1e6,
        user_agent: req.headers['user-agent'] ? text(req.headers['user-agent'], KEPT.userAgent) : null,
        mentions: mentions(
          `${path} ${typeof location === 'string' ? location : ''} ${query ?? ''} ${body ?? ''}`,
        ),
      };
      const coming = remarks.get(res);
      if (coming) void coming.then((more) => provisioningLog.note(more ? withRemark(entry, more) : entry));
      else provisioningLog.note(entry);
    });
    next();
  };
}

function withRemark(entry: NewProvisioningRequest, { detail, ids }: Remark): NewProvisioningRequest {
  const known = ids.flatMap((id) => asId(id) ?? []);
  return {
    ...entry,
    detail: entry.detail ?? (detail === null ? null : text(detail, KEPT.detail)),
    mentions: [...new Set([...entry.mentions, ...known])],
  };
}

/** A body nested deeper than the stack can't be written; thrown in an event, that would end the process. */
function keptBody(req: Request): string | undefined {
  try {
    return bodyText(req);
  } catch {
    return '(a body nested too deeply)';
  }
}

function bodyText(req: Request): string | undefined {
  const body: unknown = req.body;
  if (body === undefined) return undefined;
  const bytes = bodyBytes(req);
  // Writing a large body out again would hold up everybody.
  if (bytes > LARGE) return `(${bytes} bytes)`;
  return JSON.stringify(body, (key, value: unknown) => {
    if (SECRET.test(key)) return MASK;
    return /^(?:filter|path)$/i.test(key) && typeof value === 'string'
      ? withoutComparison(value)
      : withoutSecret(value);
  });
}

/** A filter or path up to the name of a password: what it is compared with comes after it, in quotes or without. */
function withoutComparison(filter: string): string {
  return filter.replace(/\b(password)\b.+/is, `$1 ${MASK}`);
}

/** A PATCH operation names the secret in its path. */
function withoutSecret(value: unknown): unknown {
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  const isSecret = entries.some(
    ([key, path]) => /^path$/i.test(key) && typeof path === 'string' && /password/i.test(path),
  );
  return isSecret
    ? Object.fromEntries(entries.map(([key, of]) => [key, /^value$/i.test(key) ? MASK : of]))
    : value;
}

function mentions(haystack: string): string[] {
  const found = new Set<string>();
  for (const [id] of haystack.matchAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi)) {
    const known = asId(id);
    if (known) found.add(known);
    if (found.size >= MOST_MENTIONS) break;
  }
  return [...found];
}

/** The query as a person reads it, without what a filter compares a password with. */
function readableQuery(query: string): string {
  return query.split('&').map(readableParameter).join('&');
}

function readableParameter(parameter: string): string {
  // As Express reads it, also what is not properly encoded.
  const readable = unescape(parameter.replaceAll('+', ' '));
  const [name = ''] = readable.split('=', 1);
  if (SECRET.test(name)) return `${name}=${MASK}`;
  return /^filter$/i.test(name) ? withoutComparison(readable) : readable;
}

/** Cut to its most, and without what PostgreSQL cannot keep. */
function text(value: string, most: number): string {
  const clean = value.replaceAll('\u0000', '\ufffd').toWellFormed();
  return clean.length > most ? `${clean.slice(0, most)}…`.toWellFormed() : clean;
}

function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
