import type { Condition } from '../../core/shared/condition.ts';
import { memberId } from '../input/members.ts';
import { badRequest } from '../scim-error.ts';

/** Ids, or every member. */
type Selected = ReadonlySet<string> | 'all';

/**
 * The members that the filter of `members[…]` selects, found without looking at any: by `value eq`, also several with
 * `or`. Every member is of type User. Anything else would need the members, and is `invalidFilter`.
 */
export function selectedMembers(where: Condition): Selected {
  if (where.kind === 'or') return union(where.of.map(selectedMembers));
  if (where.kind === 'and') return where.of.map(selectedMembers).reduce(intersection);
  if (where.kind === 'compare' && where.operator === 'eq' && typeof where.value === 'string') {
    const [name] = where.attribute.path;
    if (name === 'value') return new Set([memberId(where.value)]);
    if (name === 'type') return where.value.toLowerCase() === 'user' ? 'all' : new Set();
  }
  throw badRequest('invalidFilter', 'Members are selected by "value eq", and several with "or".');
}

function union(parts: readonly Selected[]): Selected {
  const ids = new Set<string>();
  for (const part of parts) {
    if (part === 'all') return 'all';
    for (const id of part) ids.add(id);
  }
  return ids;
}

function intersection(left: Selected, right: Selected): Selected {
  if (left === 'all') return right;
  return right === 'all' ? left : new Set([...left].filter((id) => right.has(id)));
}
