import type { Request, RequestHandler, Response } from 'express';
import { nameKey, textsIn } from '../../core/audit/identifier-index.ts';
import type { NewProvisioningRequest, ProvisioningLog } from '../../core/audit/scim-requests.ts';
import type { Caller } from '../../core/context/caller.ts';
import { whenOver } from '../../http/over.ts';
import { asId, idsIn, newId } from '../../lib/ids.ts';
import { withoutSecrets } from '../../lib/secrets.ts';
import { keptBody } from '../log-entry/body.ts';
import { keptDetail } from '../log-entry/detail.ts';
import { isResource, keptUrlPath } from '../log-entry/path.ts';
import { keptQuery } from '../log-entry/query.ts';
import { isKnownName } from '../log-entry/words.ts';
import { bodyBytes } from './body.ts';
import { failureOf } from './failure.ts';

const LONGEST_USER_AGENT = 256;
/** Ids and texts of one request by which it is found. */
const MOST_MENTIONS = 400;
/** Bytes from which a body is not kept: to write it out again would hold up everybody. */
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
    whenOver(res, () => {
      const problem = failureOf(res);
      const [path = '', query] = req.originalUrl.split('?', 2);
      const detail = stringOf(problem?.body['detail']);
      const kept = {
        path: keptUrlPath(path),
        query: query === undefined ? null : keptQuery(query),
        body: bodyOf(req),
        detail: problem ? keptDetail(detail ?? '', problem.body['scimType']) : null,
      };
      const entry: NewProvisioningRequest = {
        ...kept,
        workspace_id: caller.workspaceId,
        id: newId(),
        at: new Date(),
        token_name: caller.actor.name,
        request_id: caller.requestId,
        method: req.method,
        // A client that hung up was answered nothing.
        status: res.writableFinished ? res.statusCode : 499,
        scim_type: stringOf(problem?.body['scimType']),
        duration_ms: Number(process.hrtime.bigint() - began) / 1e6,
        user_agent: userAgentOf(req),
        mentions: mentionsIn([kept.path, res.getHeader('location'), kept.query, kept.body].join(' ')),
      };
      const note = (more?: Remark) => provisioningLog.note(found(more ? withRemark(entry, more) : entry));
      const coming = remarks.get(res);
      if (coming) void coming.then(note);
      else note();
    });
    next();
  };
}

/** What a remark says, as it is kept. Its detail has been cut to whole texts already. */
function withRemark(entry: NewProvisioningRequest, { detail, ids }: Remark): NewProvisioningRequest {
  const known = ids.flatMap((id) => asId(id) ?? []);
  return {
    ...entry,
    detail: entry.detail ?? (detail === null ? null : keptDetail(detail)),
    mentions: [...new Set([...entry.mentions, ...known])],
  };
}

/** The entry with the keys of all texts that are kept of it. What has more of them than are kept is not kept. */
function found(entry: NewProvisioningRequest): NewProvisioningRequest {
  const texts = textsIn(entry).filter((text) => !isKnownName(text) && !isResource(text));
  if (texts.length > MOST_MENTIONS)
    return found({ ...entry, body: NOT_KEPT_BODY, query: null, detail: null });
  const keys = texts.map((text) => nameKey(entry.workspace_id, text));
  return { ...entry, mentions: [...new Set([...entry.mentions, ...keys])] };
}

const NOT_KEPT_BODY = '(too many texts)';

/** The body as it is kept. One nested deeper than the stack can't be walked; thrown here, that would end the process. */
function bodyOf(req: Request): string | null {
  const body: unknown = req.body;
  if (body === undefined) return null;
  const bytes = bodyBytes(req);
  if (bytes > LARGE) return `(${bytes} bytes)`;
  try {
    return keptBody(body);
  } catch {
    return '(a body nested too deeply)';
  }
}

function mentionsIn(text: string): string[] {
  const ids = new Set<string>();
  for (const id of idsIn(text)) {
    ids.add(id);
    if (ids.size >= MOST_MENTIONS) break;
  }
  return [...ids];
}

function userAgentOf(req: Request): string | null {
  const text = req.headers['user-agent'];
  return text === undefined ? null : withoutSecrets(text.slice(0, LONGEST_USER_AGENT));
}

function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
