import type { Condition } from '../../core/shared/condition.ts';
import { refusals } from '../../lib/metrics.ts';
import { badRequest } from '../scim-error.ts';

/**
 * What one filter may cost for each row that it is tried on. Two hundred comparisons of names pass, as identity providers
 * send them; what is left takes seconds over 150,000 users, and has a time limit besides.
 */
const MOST_COST = 2_000;

/** About what each part costs the database for one row, in comparisons of a column. */
const COST = {
  comparison: 1,
  /** One that no index could serve: a part of a text, or an order. */
  scan: 2,
  /** An attribute inside a JSON value. */
  json: 2,
  /** Going over the elements of a multi-valued attribute. */
  elements: 20,
  /** A name that stands in another table: of a group, or of a member. */
  otherTable: 80,
} as const;

/** Attributes with a column of their own. */
const COLUMNS: ReadonlySet<string> = new Set([
  'id',
  'userName',
  'externalId',
  'displayName',
  'active',
  'meta',
]);

const SCANNING: ReadonlySet<string> = new Set(['co', 'ew', 'sw', 'ne', 'gt', 'ge', 'lt', 'le']);

/** Throws `tooMany` (RFC 7644 section 3.12) for a filter that is too costly to try on every row. */
export function assertAffordable(condition: Condition): void {
  if (costOf(condition) <= MOST_COST) return;
  refusals.inc({ limit: 'filter cost', by: 'request' });
  throw badRequest(
    'tooMany',
    'The filter compares too much. Use fewer conditions, above all fewer on groups, members and other lists.',
  );
}

function costOf(condition: Condition, parent?: string): number {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.of.reduce((sum, part) => sum + costOf(part, parent), 0);
    case 'not':
      return costOf(condition.of, parent);
    case 'present':
      return condition.attribute.multiValued ? COST.elements : costOfValue(condition.attribute.path, parent);
    case 'compare':
      return (
        (SCANNING.has(condition.operator) ? COST.scan : COST.comparison) +
        costOfValue(condition.attribute.path, parent)
      );
    case 'element':
      return COST.elements + costOf(condition.where, condition.attribute.path.join('.'));
  }
}

function costOfValue(path: readonly string[], parent: string | undefined): number {
  const [first = ''] = path;
  if (parent === 'groups' || parent === 'members') return first === 'display' ? COST.otherTable : 0;
  return parent === undefined && COLUMNS.has(first) ? 0 : COST.json;
}
