import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { Db } from '../db/pool.ts';
import { row } from '../db/query.ts';
import { acrossWorkspaces } from '../db/scope.ts';

/** The time at which a question is asked: now, or a time in the past. */
export type AsOf = 'now' | Date;

/** True for the intervals of a table (memberships, grants) that hold at the moment. */
export function validAt(alias: string, asOf: AsOf): Sql {
  const name = raw(alias);
  return asOf === 'now'
    ? sql`${name}.until = 'infinity'`
    : sql`${name}.since <= ${asOf} and ${name}.until > ${asOf}`;
}

type Versioned =
  | 'users'
  | 'groups'
  | 'products'
  | 'licenses'
  | 'organizations'
  | 'projects'
  | 'roles'
  | 'invitations'
  | 'machines';

/** The rows of a table as they were at the moment, deleted ones too, in place of its name after FROM or JOIN. */
export function rowsAsOf(table: Versioned, columns: readonly string[], asOf: AsOf): Sql {
  if (asOf === 'now') return raw(table);
  return sql`(select ${listed(columns)} from ${raw(table)} where updated_at <= ${asOf}
    union all
    select ${past(table, columns)} from ${raw(`${table}_history`)} where updated_at <= ${asOf} and valid_to > ${asOf})`;
}

/** Every version of a table's rows with the time it was valid, `since` <= t < `until`, in place of its name. */
export function rowHistory(table: Versioned, columns: readonly string[]): Sql {
  return sql`(select ${listed(columns)}, updated_at as since, 'infinity'::timestamptz as until from ${raw(table)}
    union all
    select ${past(table, columns)}, updated_at, valid_to from ${raw(`${table}_history`)})`;
}

function listed(columns: readonly string[]): Sql {
  return join(
    columns.map((column) => raw(column)),
    ', ',
  );
}

/** The columns of a history table. Those that are not kept for every version of a large user are worked out. */
function past(table: Versioned, columns: readonly string[]): Sql {
  if (table !== 'users') return listed(columns);
  return join(
    columns.map((column) =>
      Object.hasOwn(PAST_USER, column) ? sql`${PAST_USER[column]} as ${raw(column)}` : raw(column),
    ),
    ', ',
  );
}

/** A past user's attributes, in a query on users_history (migration 0021). */
const PAST_ATTRIBUTES = sql`case when attributes -> '$of' is null then attributes
  else user_attributes_then(workspace_id, id, attributes) end`;

/** A past user's full name, likewise. */
export const PAST_FULL_NAME = sql`coalesce(full_name, user_full_name(${PAST_ATTRIBUTES}, user_name))`;

const PAST_USER: Readonly<Record<string, Sql>> = {
  attributes: PAST_ATTRIBUTES,
  full_name: PAST_FULL_NAME,
  email_keys: sql`case when attributes -> '$of' is null then email_keys
    else user_email_keys(${PAST_ATTRIBUTES}) end`,
};

/** What time it is for the database, whose clock writes every time that is kept. */
export async function databaseTime(db: Db): Promise<Date> {
  const found = await row<{ now: Date }>(acrossWorkspaces(db), sql`select clock_timestamp() as now`);
  return (found as { now: Date }).now;
}
