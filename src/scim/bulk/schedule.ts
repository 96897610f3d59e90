import { ScimError } from '../scim-error.ts';
import type { Circle } from './cycles.ts';
import { type MadeIds, targetOf } from './execute.ts';
import type { BulkOperation, BulkTask } from './request.ts';

/** What can be done now: one operation, or a circle as a whole. */
export type Next =
  | { readonly kind: 'one'; readonly operation: BulkOperation }
  | { readonly kind: 'circle'; readonly circle: Circle };

/** The order in which the operations of a bulk request are done. */
export interface Schedule {
  /** An operation has its turn. */
  readonly arrive: (operation: BulkOperation) => void;
  /**
   * Takes the first of those waiting that waits for nothing, or a circle that waits for nothing outside of it. What
   * refers to something that will never be made waits for nothing either: it can only fail. Operations on one resource
   * keep their order.
   */
  readonly next: () => Next | undefined;
  /** Something was made under a bulkId. */
  readonly made: (bulkId: string) => void;
  /** Nothing will be made under a bulkId. */
  readonly failed: (bulkId: string) => void;
}

/** How one operation stands. */
interface State {
  /** References for which nothing has been made yet. */
  pending: number;
  /** It refers to what will never be made. */
  isDoomed: boolean;
  readonly circle: CircleState | undefined;
}

interface CircleState {
  readonly circle: Circle;
  readonly inside: ReadonlySet<string | undefined>;
  /** References to what is outside and has not been made yet. */
  pending: number;
  arrived: number;
}

/** Counts what each operation waits for, so that a thousand which wait for each other are not looked through again and again. */
export function newSchedule(
  operations: readonly BulkOperation[],
  {
    circles,
    declared,
    ids,
  }: { circles: ReadonlyMap<BulkOperation, Circle>; declared: ReadonlySet<string>; ids: MadeIds },
): Schedule {
  const states = new Map<BulkOperation, State>();
  const circleStates = new Map<Circle, CircleState>();
  const referring = new Map<string, State[]>();
  for (const operation of operations) {
    const state: State = { pending: 0, isDoomed: false, circle: circleStateOf(circles.get(operation)) };
    states.set(operation, state);
    for (const reference of referencesOf(operation)) {
      state.pending += 1;
      if (!declared.has(reference)) state.isDoomed = true;
      if (state.circle && !state.circle.inside.has(reference)) state.circle.pending += 1;
      const others = referring.get(reference);
      if (others) others.push(state);
      else referring.set(reference, [state]);
    }
  }

  function circleStateOf(circle: Circle | undefined): CircleState | undefined {
    if (!circle) return undefined;
    const known = circleStates.get(circle);
    if (known) return known;
    const inside = new Set(circle.map(({ bulkId }) => bulkId));
    const state: CircleState = { circle, inside, pending: 0, arrived: 0 };
    circleStates.set(circle, state);
    return state;
  }

  let waiting: BulkOperation[] = [];
  /** How many of those waiting are known to wait for something, and the resources that these keep others from. */
  let seen = 0;
  let blocked = new Set<string>();
  const lookAgain = (): void => {
    seen = 0;
    blocked = new Set();
  };

  const take = (next: Next): Next => {
    const taken = new Set(next.kind === 'one' ? [next.operation] : next.circle);
    waiting = waiting.filter((one) => !taken.has(one));
    lookAgain();
    return next;
  };

  return {
    arrive: (operation) => {
      waiting.push(operation);
      const circle = states.get(operation)?.circle;
      if (circle) circle.arrived += 1;
    },
    next: () => {
      for (; seen < waiting.length; seen += 1) {
        const operation = waiting[seen];
        const state = operation && states.get(operation);
        if (!state) continue;
        const { task } = operation;
        if (task instanceof ScimError) return take({ kind: 'one', operation });
        const target = task.method === 'POST' ? undefined : `${task.endpoint}/${targetOf(task, ids)}`;
        if (target !== undefined && blocked.has(target)) continue;
        if (state.isDoomed || state.pending === 0) return take({ kind: 'one', operation });
        if (state.circle && isClosed(state.circle))
          return take({ kind: 'circle', circle: state.circle.circle });
        if (target !== undefined) blocked.add(target);
      }
      return undefined;
    },
    made: (bulkId) => {
      lookAgain();
      for (const state of referring.get(bulkId) ?? []) {
        state.pending -= 1;
        if (state.circle && !state.circle.inside.has(bulkId)) state.circle.pending -= 1;
      }
    },
    failed: (bulkId) => {
      lookAgain();
      for (const state of referring.get(bulkId) ?? []) state.isDoomed = true;
    },
  };
}

/** Whether all of a circle have had their turn, and wait for each other only. */
function isClosed({ circle, arrived, pending }: CircleState): boolean {
  return arrived === circle.length && pending === 0;
}

function referencesOf({ task }: BulkOperation): ReadonlySet<string> {
  return task instanceof ScimError ? NONE : task.references;
}

const NONE: ReadonlySet<string> = new Set();

/** A reference of a task for which nothing was made and nothing will be. */
export function unresolvable(
  { ids, declared, failed }: { ids: MadeIds; declared: ReadonlySet<string>; failed: ReadonlySet<string> },
  task: BulkTask,
): string | undefined {
  return [...task.references].find((one) => !ids.has(one) && (!declared.has(one) || failed.has(one)));
}
