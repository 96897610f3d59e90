import { inOneTransaction } from '../../core/change/change.ts';
import { expectedVersions } from '../http/entity-tags.ts';
import type { ScimReply } from '../http/reply.ts';
import type { RawQuery } from '../query/raw-query.ts';
import type { ScimContext } from '../resources/context.ts';
import { groupVerbs } from '../resources/groups.ts';
import type { ResourceVerbs } from '../resources/resource-class.ts';
import { userVerbs } from '../resources/users.ts';
import { ScimError } from '../scim-error.ts';
import type { Circle } from './cycles.ts';
import { referenceOf, resolved, without } from './references.ts';
import type { BulkOperation, BulkTask } from './request.ts';

/** The ids of what has been made, by bulkId. */
export type MadeIds = ReadonlyMap<string, string>;

const VERBS: Readonly<Record<BulkTask['endpoint'], ResourceVerbs>> = {
  '/Users': userVerbs,
  '/Groups': groupVerbs,
};

/** What was done is not shown (RFC 7644 section 3.7.3 lets us), so a group's members need not be read. */
const QUERY: RawQuery = { excludedAttributes: 'members' };

/** Does what one operation says, through the verb that a request of its own would take: its own change. */
export function perform(ctx: ScimContext, task: BulkTask, ids: MadeIds): Promise<ScimReply> {
  const verbs = VERBS[task.endpoint];
  const conditional: ScimContext = { ...ctx, expected: expectedVersions(task.version) };
  const target = targetOf(task, ids);
  const data = task.references.size === 0 ? task.data : resolved(task.data, ids);
  switch (task.method) {
    case 'POST':
      return verbs.create(ctx, data, QUERY);
    case 'PUT':
      return verbs.replace(conditional, target, data, QUERY);
    case 'PATCH':
      return verbs.patch(conditional, target, data, QUERY);
    case 'DELETE':
      return verbs.remove(conditional, target);
  }
}

/** The id that a task is about, `bulkId:…` while what it refers to has not been made. */
export function targetOf({ target }: BulkTask, ids: MadeIds): string {
  const reference = referenceOf(target);
  return (reference === undefined ? undefined : ids.get(reference)) ?? target;
}

/** One operation of a circle failed, and so all of it did. */
export class CircleFailed extends Error {
  readonly operation: BulkOperation;

  constructor(operation: BulkOperation, cause: unknown) {
    super('An operation of a circle failed.', { cause });
    this.operation = operation;
  }
}

/**
 * Makes what refers to each other (RFC 7644 section 3.7.1): each is made without the references that lead to what isn't
 * there yet, and completed when all are made. All of it or nothing: one without what it was to refer to would be half of
 * an operation. Throws `CircleFailed`.
 */
export function performCircle(
  ctx: ScimContext,
  circle: Circle,
  ids: MadeIds,
): Promise<ReadonlyMap<BulkOperation, ScimReply>> {
  return inOneTransaction(ctx, async (joined) => {
    const inner: ScimContext = { ...ctx, ...joined };
    const made = new Map(ids);
    const replies = new Map<BulkOperation, ScimReply>();
    const incomplete: (readonly [BulkOperation, BulkTask, ScimReply])[] = [];
    for (const [operation, task] of circle.flatMap(tasked)) {
      const missing = new Set([...task.references].filter((reference) => !made.has(reference)));
      const possible = { ...task, data: missing.size === 0 ? task.data : without(task.data, missing) };
      const reply = await orCircleFailed(operation, perform(inner, possible, made));
      replies.set(operation, reply);
      if (operation.bulkId !== undefined && reply.id !== undefined) made.set(operation.bulkId, reply.id);
      if (missing.size > 0) incomplete.push([operation, task, reply]);
    }
    for (const [operation, task, { id = '', etag }] of incomplete) {
      const completion: BulkTask = { ...task, method: 'PUT', target: id, version: etag };
      replies.set(operation, await orCircleFailed(operation, perform(inner, completion, made)));
    }
    return replies;
  });
}

function tasked(operation: BulkOperation): (readonly [BulkOperation, BulkTask])[] {
  return operation.task instanceof ScimError ? [] : [[operation, operation.task]];
}

async function orCircleFailed<T>(operation: BulkOperation, doing: Promise<T>): Promise<T> {
  try {
    return await doing;
  } catch (error) {
    throw new CircleFailed(operation, error);
  }
}
