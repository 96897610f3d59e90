import { ScimError } from '../scim-error.ts';
import type { Circle } from './circles.ts';
import { targetOf } from './perform.ts';
import type { BulkOperation, BulkTask } from './request.ts';

/** How far a bulk request has come. */
export interface Progress {
  readonly circles: ReadonlyMap<BulkOperation, Circle>;
  /** The bulkIds of all its POSTs. */
  readonly declared: ReadonlySet<string>;
  /** What has been made, by bulkId. */
  readonly ids: ReadonlyMap<string, string>;
  /** The bulkIds under which nothing will be made. */
  readonly failed: ReadonlySet<string>;
  /** The operations that have had their turn and are not done, in order. */
  readonly waiting: readonly BulkOperation[];
}

/** What can be done now: one operation, or a circle as a whole. */
export type Next =
  | { readonly kind: 'one'; readonly operation: BulkOperation }
  | { readonly kind: 'circle'; readonly circle: Circle };

/**
 * The first of those waiting that waits for nothing, or a circle that waits for nothing outside of it. What refers to
 * something that will never be made waits for nothing either: it can only fail. Operations on one resource keep their
 * order.
 */
export function nextOf(progress: Progress): Next | undefined {
  const blocked = new Set<string>();
  for (const operation of progress.waiting) {
    const { task } = operation;
    if (task instanceof ScimError) return { kind: 'one', operation };
    const target = `${task.endpoint}/${targetOf(task, progress.ids)}`;
    if (!blocked.has(target)) {
      if (isSettled(progress, task)) return { kind: 'one', operation };
      const circle = progress.circles.get(operation);
      if (circle && isClosed(progress, circle)) return { kind: 'circle', circle };
      if (task.method !== 'POST') blocked.add(target);
    }
  }
  return undefined;
}

/** A reference of a task for which nothing was made and nothing will be. */
export function unresolvable({ ids, declared, failed }: Progress, task: BulkTask): string | undefined {
  return [...task.references].find((one) => !ids.has(one) && (!declared.has(one) || failed.has(one)));
}

function isSettled(progress: Progress, task: BulkTask): boolean {
  if (unresolvable(progress, task) !== undefined) return true;
  return [...task.references].every((one) => progress.ids.has(one));
}

/** Whether all of a circle have had their turn, and wait for each other only. */
function isClosed({ waiting, ids }: Progress, circle: Circle): boolean {
  const inside = new Set(circle.map(({ bulkId }) => bulkId));
  return circle.every(
    (operation) =>
      waiting.includes(operation) &&
      !(operation.task instanceof ScimError) &&
      [...operation.task.references].every((one) => inside.has(one) || ids.has(one)),
  );
}
