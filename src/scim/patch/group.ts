import { requiredName } from '../input/group.ts';
import { isArray, isUnassigned } from '../input/json.ts';
import { readMembers } from '../input/members.ts';
import { simpleValue } from '../input/simple.ts';
import { groupSchema } from '../schema/schema.ts';
import { newEffort } from './cost.ts';
import { selectedMembers } from './member-filter.ts';
import { readOperations } from './operations.ts';
import type { Target } from './targets.ts';
import { notMutable, targets } from './targets.ts';

/**
 * What a PATCH does to a group, told without knowing the group: its members are never loaded. The members afterwards
 * are those of `base`, without `remove`, with `add`; the two share no id.
 */
export interface GroupChange {
  /** Absent: unchanged. */
  readonly displayName?: string;
  /** Absent: unchanged. Null: taken away. */
  readonly externalId?: string | null;
  readonly members: {
    readonly base: 'current' | 'empty';
    readonly add: readonly string[];
    /** Always empty on the base `empty`. */
    readonly remove: readonly string[];
  };
}

interface Fold {
  displayName?: string;
  externalId?: string | null;
  base: 'current' | 'empty';
  readonly add: Set<string>;
  readonly remove: Set<string>;
}

/** Folds a PATCH of a group, RFC 7644 section 3.5.2, over its operations in their order. */
export function groupChanges(body: unknown): GroupChange {
  const fold: Fold = { base: 'current', add: new Set(), remove: new Set() };
  const spend = newEffort();
  for (const operation of readOperations(body)) {
    for (const target of targets(groupSchema, operation, spend)) step(fold, target);
  }
  return {
    ...(fold.displayName === undefined ? {} : { displayName: fold.displayName }),
    ...(fold.externalId === undefined ? {} : { externalId: fold.externalId }),
    members: { base: fold.base, add: [...fold.add], remove: [...fold.remove] },
  };
}

function step(fold: Fold, target: Target): void {
  const [attribute, sub] = target.chain;
  if (attribute.name === 'members') {
    if (sub) throw notMutable('A member cannot be changed: remove it and add another.');
    changeMembers(fold, target);
  } else if (attribute.name === 'displayName') {
    if (target.op === 'remove') throw notMutable('"displayName" is required.');
    fold.displayName = requiredName(simpleValue(attribute, target.value));
  } else if (target.op === 'remove') {
    fold.externalId = null;
  } else {
    const value = simpleValue(attribute, target.value);
    fold.externalId = typeof value === 'string' ? value : null;
  }
}

function changeMembers(fold: Fold, { op, where, value }: Target): void {
  if (where && op !== 'remove') throw notMutable('A member cannot be changed: remove it and add another.');
  if (where) {
    const selected = selectedMembers(where);
    if (selected === 'all') empty(fold);
    else leave(fold, selected);
  } else if (op === 'remove') {
    // A list says which members are meant, though the RFC knows none here: simpleidserver/SimpleIdServer#244.
    if (isArray(value) || !isUnassigned(value)) leave(fold, readMembers(value));
    else empty(fold);
  } else {
    const ids = readMembers(value);
    if (op === 'replace') empty(fold);
    join(fold, ids);
  }
}

function empty(fold: Fold): void {
  fold.base = 'empty';
  fold.add.clear();
  fold.remove.clear();
}

function join(fold: Fold, ids: Iterable<string>): void {
  for (const id of ids) {
    fold.add.add(id);
    fold.remove.delete(id);
  }
}

function leave(fold: Fold, ids: Iterable<string>): void {
  for (const id of ids) {
    fold.add.delete(id);
    if (fold.base === 'current') fold.remove.add(id);
  }
}
