import { reply, type ScimReply } from '../http/reply.ts';
import { ScimError } from '../scim-error.ts';
import { targetOf } from './execute.ts';
import type { BulkOperation, BulkRequest } from './request.ts';
import type { BulkResult, Outcome } from './run.ts';

const BULK_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

/**
 * The answer to a bulk request (RFC 7644 section 3.7.3): what was processed, in the order of the request. Each has the
 * status that it would have had alone, and where it is unless a POST failed; the body only of errors.
 */
export function bulkAnswer({ operations }: BulkRequest, result: BulkResult, root: string): ScimReply {
  const answered = operations.flatMap((operation) => {
    const outcome = result.outcomes.get(operation);
    return outcome ? [answer(operation, outcome, locationOf(operation, outcome, result, root))] : [];
  });
  return reply(JSON.stringify({ schemas: [BULK_RESPONSE], Operations: answered }));
}

function answer(
  { method, bulkId, task }: BulkOperation,
  outcome: Outcome,
  location: string | undefined,
): object {
  const named = {
    ...(typeof method === 'string' ? { method: method.slice(0, 16) } : {}),
    ...(bulkId === undefined ? {} : { bulkId }),
    ...(location === undefined ? {} : { location }),
  };
  if ('problem' in outcome) {
    const { status, body } = outcome.problem;
    return { ...named, status: String(status), response: body };
  }
  const { etag, text } = outcome.reply;
  const isPost = !(task instanceof ScimError) && task.method === 'POST';
  const status = isPost ? '201' : text === undefined ? '204' : '200';
  return { ...named, ...(etag === undefined ? {} : { version: etag }), status };
}

function locationOf(
  { task }: BulkOperation,
  outcome: Outcome,
  { ids }: BulkResult,
  root: string,
): string | undefined {
  if ('reply' in outcome && outcome.reply.location !== undefined) return outcome.reply.location;
  if (task instanceof ScimError || task.method === 'POST') return undefined;
  return `${root}${task.endpoint}/${encodeURIComponent(targetOf(task, ids))}`;
}
