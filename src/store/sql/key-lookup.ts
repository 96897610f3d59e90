import sql, { join, type Sql } from 'sql-template-tag';
import { asId, type WorkspaceId } from '../../lib/ids.ts';
import type { Condition } from './condition.ts';
import { requiredValue } from './where.ts';

/**
 * A workspace's id that the planner does not look up in its statistics. Where these know nothing of a workspace, which is
 * new or has just been filled, it is taken to have one row, and any index that begins with the workspace seems as good as
 * the one that finds the row.
 */
export function unestimated(workspaceId: WorkspaceId): Sql {
  return sql`(select ${workspaceId}::uuid)`;
}

/** How the rows of some values of a key are found by the key's index. */
export type Key =
  /** A condition on the table's own row. */
  | {
      readonly kind: 'condition';
      readonly where: (values: readonly string[]) => Sql;
    }
  /** A query of their ids in another table. */
  | { readonly kind: 'ids'; readonly select: (workspaceId: Sql, values: readonly string[]) => Sql };

/** A table and its keys by the attributes they serve; of two that could serve, the first is taken. */
export interface KeyedTable {
  readonly table: Sql;
  readonly alias: Sql;
  readonly keys: Readonly<Record<string, Key>>;
}

/** Values that a row must have one of, by attribute, for a condition to hold. */
export type RequiredKeys = ReadonlyMap<string, readonly string[]>;

/**
 * The values of keys of which a row must have one for the condition to hold: those of an equality, of one part of an
 * `and`, of all parts of an `or`. Undefined when the condition may hold for rows that no key finds.
 */
export function requiredKeys(condition: Condition, keys: KeyedTable['keys']): RequiredKeys | undefined {
  switch (condition.kind) {
    case 'compare':
    case 'element': {
      const name = condition.attribute.path.join('.');
      const value = condition.kind === 'element' ? requiredValue(condition.where) : equalTo(condition);
      return value !== undefined && Object.hasOwn(keys, name) ? new Map([[name, [value]]]) : undefined;
    }
    case 'and': {
      const order = Object.keys(keys);
      const worst = (required: RequiredKeys) =>
        Math.max(...[...required.keys()].map((key) => order.indexOf(key)));
      const served = condition.of.flatMap((part) => requiredKeys(part, keys) ?? []);
      return served.sort((a, b) => worst(a) - worst(b))[0];
    }
    case 'or': {
      const all = new Map<string, string[]>();
      for (const part of condition.of) {
        const required = requiredKeys(part, keys);
        if (!required) return undefined;
        for (const [name, values] of required) all.set(name, [...(all.get(name) ?? []), ...values]);
      }
      return all;
    }
    case 'not':
    case 'present':
      return undefined;
  }
}

function equalTo(condition: Condition & { readonly kind: 'compare' }): string | undefined {
  const { operator, value } = condition;
  return operator === 'eq' && typeof value === 'string' ? value : undefined;
}

/**
 * The rows that have one of the values, after FROM, under the table's alias. They are found by the indexes of the keys
 * before anything else is done, whatever the planner knows of the table: OFFSET 0 keeps it from finding them by an index
 * that has the order of the page.
 */
export function rowsOfKeys(
  { table, alias, keys }: KeyedTable,
  workspaceId: WorkspaceId,
  required: RequiredKeys,
): Sql {
  const here = unestimated(workspaceId);
  const found = [...required].map(([name, values]) => ({
    key: keys[name] as Key,
    values: [...new Set(values)],
  }));
  const [first] = found;
  if (first?.key.kind === 'condition' && found.length === 1) {
    return sql`(select ${alias}.* from ${table} ${alias}
      where ${alias}.workspace_id = ${here} and ${first.key.where(first.values)} offset 0) ${alias}`;
  }
  const ids = found.map(({ key, values }) =>
    key.kind === 'ids'
      ? key.select(here, values)
      : sql`(select ${alias}.id from ${table} ${alias}
          where ${alias}.workspace_id = ${here} and ${key.where(values)} offset 0)`,
  );
  return sql`(select ${alias}.* from (${join(ids, ' union ')}) hit(id) cross join lateral (
    select * from ${table} ${alias} where ${alias}.workspace_id = ${here} and ${alias}.id = hit.id offset 0) ${alias}
    offset 0) ${alias}`;
}

/** A text column or expression that equals one of the values without regard to case. */
export function lowerIsOneOf(expression: Sql, values: readonly string[]): Sql {
  const [first] = values;
  return values.length === 1
    ? sql`lower(${expression}) = lower(${first})`
    : sql`lower(${expression}) = any(array(select lower(v) from unnest(${values}::text[]) v))`;
}

/** A column that equals one of the values. */
export function isOneOf(column: Sql, values: readonly string[]): Sql {
  const [first] = values;
  return values.length === 1 ? sql`${column} = ${first}` : sql`${column} = any(${values}::text[])`;
}

/** A UUID column that is one of the values, whatever their case; what is no UUID equals none. */
export function isOneOfUuids(column: Sql, values: readonly string[]): Sql {
  const ids = values.flatMap((value) => asId(value) ?? []);
  const [first] = ids;
  return ids.length === 1 ? sql`${column} = ${first}::uuid` : sql`${column} = any(${ids}::uuid[])`;
}
