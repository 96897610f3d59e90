import sql, { type Sql } from 'sql-template-tag';
import type { UserId, WorkspaceId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import { type PoolScope, scopeOf } from '../db/scope.ts';
import { inTransaction } from '../db/transaction.ts';
import type { AsOf } from '../sql/as-of.ts';

/** When somebody was seen, and by what the user is named: an id, or a user name, or an address. */
export interface NamedAccess {
  readonly id: UserId | null;
  readonly userName: string;
  readonly email: string;
  readonly at: Date;
}

/** What came of one report: `updated`, `unchanged` when a later access is known, or why it was skipped. */
export type AccessOutcome = 'updated' | 'unchanged' | 'unknown' | 'ambiguous' | 'future';

/**
 * Notes when users were last seen, in one statement, and answers what came of each report in their order. The last
 * access only moves forward; a report that is not ahead of the clock by more than `toleranceSeconds` counts as now.
 * Rows are written ascending by user, so that two batches can't wait for each other.
 */
export function noteAccess(
  scope: PoolScope,
  reports: readonly NamedAccess[],
  toleranceSeconds: number,
): Promise<AccessOutcome[]> {
  return inTransaction(scope.db, async (tx) => {
    const inTx = scopeOf(tx, scope.workspaceId);
    // Compiling a query of many joins takes longer than running it.
    await rows(inTx, sql`select set_config('jit', 'off', true)`);
    const found = await rows<{ outcome: AccessOutcome }>(
      inTx,
      sql`with told as (
        select *, clock_timestamp() as now from unnest(${reports.map((one) => one.id)}::uuid[],
          ${reports.map((one) => one.userName)}::text[], ${reports.map((one) => one.email)}::text[],
          ${reports.map((one) => one.at)}::timestamptz[]) with ordinality as t(id, user_name, email, at, position)),
      known as (
        select t.*, coalesce(i.id, n.id) as known_id from told t
        left join users i on i.workspace_id = ${scope.workspaceId} and i.id = t.id
        left join users n on n.workspace_id = ${scope.workspaceId} and lower(n.user_name) = lower(t.user_name)),
      named as (
        select k.position, least(k.at, k.now) as at,
          k.at > k.now + make_interval(secs => ${toleranceSeconds}::integer) as is_future,
          coalesce(k.known_id, case when e.count = 1 then e.id end) as user_id, e.count
        from known k left join lateral (
          -- Those who are not inactive go before; of several nobody is meant.
          select (array_agg(u.id))[1] as id, count(*) from users u
          where k.known_id is null and u.workspace_id = ${scope.workspaceId} and u.email_keys @> array[lower(k.email)]
          group by u.status = 'inactive' order by u.status = 'inactive' limit 1) e on true),
      seen as (
        select user_id, max(at)::timestamptz(3) as at from named where user_id is not null and not is_future
        group by user_id),
      moved as (
        insert into user_last_access as l (workspace_id, user_id, at)
        select ${scope.workspaceId}, user_id, at from seen order by user_id
        on conflict (workspace_id, user_id) do update set at = excluded.at where l.at < excluded.at
        returning user_id, at),
      days as (
        insert into user_access_days as d (workspace_id, user_id, day, first_at, last_at)
        select ${scope.workspaceId}, user_id, (at at time zone 'UTC')::date, at, at from moved order by user_id
        on conflict (workspace_id, user_id, day) do update set last_at = excluded.last_at)
      select case when n.is_future then 'future' when n.user_id is not null then
          case when m.user_id is null then 'unchanged' else 'updated' end
        when n.count > 1 then 'ambiguous' else 'unknown' end as outcome
      from named n left join moved m on m.user_id = n.user_id
      order by n.position`,
    );
    return found.map((one) => one.outcome);
  });
}

/**
 * The last access of the user `u` by a time, as an expression. Of a past one the days on which users were seen tell
 * it: on its own day the first access rather than a later one than that time.
 */
export function lastAccessAt(workspaceId: WorkspaceId, asOf: AsOf): Sql {
  const last = sql`select a.at from user_last_access a where a.workspace_id = ${workspaceId} and a.user_id = u.id`;
  if (asOf === 'now') return sql`(${last})`;
  return sql`coalesce((${last} and a.at <= ${asOf}), (
    select case when d.last_at <= ${asOf} then d.last_at else d.first_at end from user_access_days d
    where d.workspace_id = ${workspaceId} and d.user_id = u.id and d.first_at <= ${asOf}
      and d.day <= (${asOf}::timestamptz at time zone 'UTC')::date
    order by d.day desc limit 1))`;
}
