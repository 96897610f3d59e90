import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { Db } from './db.ts';
import { row } from './query.ts';

/** The time at which a question is asked: now, or a time in the past. */
export type Moment = 'now' | Date;

/** True for the intervals of a table (memberships, grants) that hold at the moment. */
export function holds(alias: string, moment: Moment): Sql {
  const name = raw(alias);
  return moment === 'now'
    ? sql`${name}.until = 'infinity'`
    : sql`${name}.since <= ${moment} and ${name}.until > ${moment}`;
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
export function versions(table: Versioned, columns: readonly string[], moment: Moment): Sql {
  if (moment === 'now') return raw(table);
  const names = join(
    columns.map((column) => raw(column)),
    ', ',
  );
  return sql`(select ${names} from ${raw(table)} where updated_at <= ${moment}
    union all
    select ${names} from ${raw(`${table}_history`)} where updated_at <= ${moment} and valid_to > ${moment})`;
}

/** Every version of a table's rows with the time it was valid, `since` <= t < `until`, in place of its name. */
export function intervals(table: Versioned, columns: readonly string[]): Sql {
  const names = join(
    columns.map((column) => raw(column)),
    ', ',
  );
  return sql`(select ${names}, updated_at as since, 'infinity'::timestamptz as until from ${raw(table)}
    union all
    select ${names}, updated_at, valid_to from ${raw(`${table}_history`)})`;
}

/** What time it is for the database, whose clock writes every time that is kept. */
export async function databaseTime(db: Db): Promise<Date> {
  const found = await row<{ now: Date }>(db, sql`select clock_timestamp() as now`);
  return (found as { now: Date }).now;
}
