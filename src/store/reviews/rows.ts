import sql, { empty, type Sql } from 'sql-template-tag';
import type { ReviewId, UserId, WorkspaceId } from '../../lib/ids.ts';
import { type AccessRow, fromLicenses } from '../access/effective.ts';
import { row } from '../db/query.ts';
import type { PoolScope, Scope } from '../db/scope.ts';
import { stream } from '../db/snapshot.ts';
import { type AsOf, rowsAsOf } from '../sql/as-of.ts';
import { unestimated } from '../sql/key-lookup.ts';
import type { PageRows } from '../sql/sized-page.ts';
import { pageByBytes } from '../sql/sized-page.ts';
import { literal } from '../sql/where.ts';
import type { Verdict } from './reviews.ts';

/** What came of a decision when the review was closed. */
export type Outcome = 'kept' | 'revoked' | 'task' | 'already_ended' | 'refused';

/** One row of a review by names, with what was decided of it and what came of that. */
export interface FrozenRow extends Omit<AccessRow, 'status' | 'via'> {
  readonly number: number;
  readonly full_name: string;
  readonly decision: Verdict | null;
  readonly note: string | null;
  readonly reviewer: string | null;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly outcome: Outcome | null;
  readonly outcome_reason: string | null;
  readonly outcome_at: Date | null;
  /** The access by this way is no more. */
  readonly ended: boolean;
}

/** Which rows; a name that means nothing finds none. */
export interface RowFilter {
  readonly decision?: Verdict | 'none' | undefined;
  readonly userId?: UserId | undefined;
  readonly kind?: AccessRow['kind'] | undefined;
  /** The key of a product, a project or the workspace. */
  readonly target?: string | undefined;
  readonly level?: string | undefined;
  readonly via?: 'direct' | 'group' | undefined;
  /** The id or name of a group. */
  readonly group?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** A task that is still to be done, or one that is done. */
  readonly ended?: boolean | undefined;
  /** Text in the user's name, userName or address. */
  readonly search?: string | undefined;
}

/** The review whose rows are asked for, and the time as of which names are told: usually when it was opened. */
export interface RowsOf {
  readonly reviewId: ReviewId;
  readonly names: AsOf;
}

/**
 * The rows `w` of a review that a filter finds, with all by which they are named and decided. Each name is looked up by
 * its id: joined, a list that was written just now would be taken for a short one, and read again for each of its rows.
 */
export function rowsFound(workspaceId: WorkspaceId, { reviewId, names }: RowsOf, filter: RowFilter): Sql {
  const keyed = ['workspace_id', 'id', 'key'];
  const named = [...keyed, 'name'];
  const users = ['workspace_id', 'id', 'user_name', 'full_name', 'email'];
  const then = (table: Parameters<typeof rowsAsOf>[0], columns: readonly string[], id: Sql) => sql`lateral (
    select * from ${rowsAsOf(table, columns, names)} x where x.workspace_id = ${workspaceId} and x.id = ${id} limit 1)`;
  return sql`review_rows w
    join reviews v on v.workspace_id = ${workspaceId} and v.id = w.review_id
    join workspaces ws on ws.id = ${workspaceId}
    left join ${then('users', users, sql`w.user_id`)} u on true
    left join ${then('projects', named, sql`w.project_id`)} p on true
    left join ${then('roles', keyed, sql`w.role_id`)} r on true
    left join ${then('licenses', [...keyed, 'product_id'], sql`w.license_id`)} l on true
    left join ${then('products', named, sql`l.product_id`)} pr on true
    left join ${then('groups', ['workspace_id', 'id', 'display_name'], sql`w.group_id`)} g on true
    left join ${decisionOf(unestimated(workspaceId), sql`w.review_id`, sql`w.number`)} d on true
    where w.workspace_id = ${workspaceId} and w.review_id = ${reviewId} ${matching(workspaceId, filter)}`;
}

/** The decision of a row that stands, looked up by its number; after LEFT JOIN. */
export function decisionOf(workspaceId: Sql, reviewId: Sql, number: Sql): Sql {
  return sql`lateral (select * from review_decisions x where x.workspace_id = ${workspaceId}
    and x.review_id = ${reviewId} and x.number = ${number} and x.until = 'infinity' limit 1)`;
}

const TARGET = sql`coalesce(p.key, pr.key, ws.key)`;
const LEVEL = sql`coalesce(r.key, l.key, w.account_role)`;
const OUTCOME = sql`coalesce(w.outcome, case when v.status = 'closed' and d.decision = 'keep' then 'kept' end)`;

function matching(workspaceId: WorkspaceId, filter: RowFilter): Sql {
  const { decision, userId, kind, target, level, via, group, outcome, ended, search } = filter;
  const like = `%${literal(search ?? '')}%`;
  return sql`
    ${decision === 'none' ? sql`and d.id is null` : decision ? sql`and d.decision = ${decision}` : empty}
    ${userId ? sql`and w.user_id = ${userId}` : empty}
    ${kind ? sql`and w.kind = ${kind}` : empty}
    ${target === undefined ? empty : sql`and lower(${TARGET}) = lower(${target})`}
    ${level === undefined ? empty : sql`and lower(${LEVEL}) = lower(${level})`}
    ${via ? sql`and (w.group_id is null) = ${via === 'direct'}` : empty}
    ${group === undefined ? empty : sql`and (w.group_id::text = ${group} or lower(g.display_name) = lower(${group}))`}
    ${outcome ? sql`and ${OUTCOME} = ${outcome}` : empty}
    ${ended === undefined ? empty : sql`and ${isHeld(workspaceId)} <> ${ended}`}
    ${
      search === undefined || search === ''
        ? empty
        : sql`and (lower(u.full_name) like lower(${like}) or lower(u.user_name) like lower(${like})
            or lower(u.email) like lower(${like}))`
    }`;
}

/**
 * Whether what a row `w` was had by is still there, though its user may be inactive or the product switched off: `held` of
 * access/effective.ts, looked up by the one way that the row tells of.
 */
export function isLinked(workspaceId: WorkspaceId): Sql {
  const here = unestimated(workspaceId);
  return sql`case when w.group_id is null
    then exists (select from direct_grants x where x.workspace_id = ${here} and x.user_id = w.user_id
      and x.until = 'infinity' and x.source = w.source and x.target = w.target)
    else exists (select from memberships x
      join group_grants xg on xg.workspace_id = ${here} and xg.group_id = x.group_id and xg.until = 'infinity'
        and xg.target = w.target
      where x.workspace_id = ${here} and x.user_id = w.user_id and x.group_id = w.group_id
        and x.until = 'infinity') end`;
}

/** Whether the access of a row `w` is still had by its way. */
function isHeld(workspaceId: WorkspaceId): Sql {
  const here = unestimated(workspaceId);
  return sql`(${isLinked(workspaceId)}
    and exists (select from users x where x.workspace_id = ${here} and x.id = w.user_id and x.status = 'active')
    and (w.license_id is null or exists (
      select ${fromLicenses(workspaceId, 'now', 'on')} and l.id = w.license_id)))`;
}

/** The columns of a `FrozenRow`, in a query of `rowsFound`. */
function columns(workspaceId: WorkspaceId): Sql {
  const here = unestimated(workspaceId);
  return sql`w.number, w.user_id, coalesce(u.user_name, w.user_id::text) as user_name,
  coalesce(u.full_name, w.user_id::text) as full_name, u.email, w.kind, ${TARGET} as target,
  coalesce(p.name, pr.name, ws.name) as target_name, ${LEVEL} as level, w.source, w.group_id,
  g.display_name as group_name, w.origin, w.rule, w.granted_at,
  (select e.actor_name from audit_events e where e.workspace_id = ${here} and e.id = w.granted_event)
    as granted_by,
  d.decision, d.note, d.reviewer, d.since as decided_at,
  (select e.actor_name from audit_events e where e.workspace_id = ${here} and e.id = d.since_event)
    as decided_by,
  ${OUTCOME} as outcome, w.outcome_reason, w.outcome_at, not ${isHeld(workspaceId)} as ended`;
}

/** The rows after a number, in their order: a page that ends at a number of rows or at a size. */
export function listRows(
  scope: PoolScope,
  of: RowsOf,
  filter: RowFilter,
  page: { readonly limit: number; readonly after: number | undefined },
): Promise<PageRows<FrozenRow>> {
  const listed = sql`select w.number as id from ${rowsFound(scope.workspaceId, of, filter)}
      ${page.after === undefined ? empty : sql`and w.number > ${page.after}`}
    order by w.number limit ${page.limit + 1}`;
  const row = sql`select ${columns(scope.workspaceId)} from ${rowsFound(scope.workspaceId, of, {})} and w.number = one.id`;
  return pageByBytes(scope, { listed, row, size: sql`octet_length(shown::text)` }, page.limit);
}

/** The row of a number. */
export function findRow(scope: PoolScope, of: RowsOf, number: number): Promise<FrozenRow | undefined> {
  return row(
    scope,
    sql`select ${columns(scope.workspaceId)} from ${rowsFound(scope.workspaceId, of, {})} and w.number = ${number}`,
  );
}

/** All rows in their order, in batches and constant memory. */
export function streamRows(scope: PoolScope, of: RowsOf): AsyncGenerator<readonly FrozenRow[]> {
  return stream<FrozenRow>(
    scope,
    sql`select ${columns(scope.workspaceId)} from ${rowsFound(scope.workspaceId, of, {})} order by w.number`,
  );
}

/**
 * The rows in the order in which a report is read: what is still to be done, what was refused, what was taken away, what had
 * ended, what stays, what nobody decided; at most `most`.
 */
export function streamRowsByOutcome(
  scope: PoolScope,
  of: RowsOf,
  most: number,
): AsyncGenerator<readonly FrozenRow[]> {
  return stream<FrozenRow>(
    scope,
    sql`select * from (select ${columns(scope.workspaceId)} from ${rowsFound(scope.workspaceId, of, {})}) found
      order by case outcome when 'task' then 1 when 'refused' then 2 when 'revoked' then 3
        when 'already_ended' then 4 else case decision when 'revoke' then 5 when 'keep' then 6 else 7 end end, number
      limit ${most}`,
  );
}

/** How many rows a review has of each outcome that closing wrote, and how many tasks are done. */
export interface OutcomeCounts {
  readonly revoked: number;
  readonly already_ended: number;
  readonly refused: number;
  readonly task: number;
  readonly tasks_done: number;
}

/** Counts what closing did. */
export async function countOutcomes(scope: Scope, reviewId: ReviewId): Promise<OutcomeCounts> {
  const of = (outcome: Outcome) => sql`count(*) filter (where w.outcome = ${outcome})`;
  const counted = await row<OutcomeCounts>(
    scope,
    sql`select ${of('revoked')} as revoked, ${of('already_ended')} as already_ended, ${of('refused')} as refused,
        ${of('task')} as task, count(*) filter (where w.outcome = 'task' and not ${isHeld(scope.workspaceId)}) as tasks_done
      from review_rows w
      where w.workspace_id = ${scope.workspaceId} and w.review_id = ${reviewId} and w.outcome is not null`,
  );
  return counted as OutcomeCounts;
}
