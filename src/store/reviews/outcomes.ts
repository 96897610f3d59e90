import sql, { type Sql } from 'sql-template-tag';
import type { EventId, GrantId, ReviewId, UserId, WorkspaceId } from '../../lib/ids.ts';
import { accountRank } from '../access/effective.ts';
import { rows } from '../db/query.ts';
import type { WriteScope } from '../db/scope.ts';
import { unestimated } from '../sql/key-lookup.ts';
import { isLinked } from './rows.ts';

/** Whether a row `w` is to be taken away; looked up for each row by its number. */
function isRevoked(workspaceId: WorkspaceId): Sql {
  return sql`(select d.decision from review_decisions d where d.workspace_id = ${unestimated(workspaceId)}
    and d.review_id = w.review_id and d.number = w.number and d.until = 'infinity') = 'revoke'`;
}

/**
 * Settles the revocations that are not ours to apply: what comes through a group or was pushed becomes a task, unless it has
 * ended by now.
 */
export async function settleElsewhere(scope: WriteScope, reviewId: ReviewId, at: Date): Promise<void> {
  await rows(
    scope,
    sql`update review_rows w set outcome = case when ${isLinked(scope.workspaceId)} then 'task' else 'already_ended' end,
        outcome_at = ${at}
      where w.workspace_id = ${scope.workspaceId} and w.review_id = ${reviewId}
        and (w.group_id is not null or w.source = 'pushed') and ${isRevoked(scope.workspaceId)}`,
  );
}

/** A row that is to be taken away here. */
export interface PendingRow {
  readonly number: number;
  readonly user_id: UserId;
}

/** The next rows after a number that were decided to be taken away, and of which nothing has come yet. */
export function pendingRows(
  scope: WriteScope,
  reviewId: ReviewId,
  after: number,
  count: number,
): Promise<PendingRow[]> {
  return rows(
    scope,
    sql`select w.number, w.user_id from review_rows w
      where w.workspace_id = ${scope.workspaceId} and w.review_id = ${reviewId} and w.outcome is null
        and w.number > ${after} and ${isRevoked(scope.workspaceId)}
      order by w.number limit ${count}`,
  );
}

/** Which of some rows nothing has come of yet. */
export function stillPending(
  scope: WriteScope,
  reviewId: ReviewId,
  numbers: readonly number[],
): Promise<PendingRow[]> {
  return rows(
    scope,
    sql`select w.number, w.user_id from review_rows w
      where w.workspace_id = ${scope.workspaceId} and w.review_id = ${reviewId} and w.number = any(${numbers}::integer[])
        and w.outcome is null
      order by w.number`,
  );
}

/** An open grant that is taken away with a row. */
export interface TakenGrant {
  readonly number: number;
  readonly id: GrantId;
  readonly user_id: UserId;
  readonly kind: 'account_role' | 'project_role' | 'entitlement';
  readonly account_role: string | null;
  /** The keys of the project and the role. */
  readonly project: string | null;
  readonly role: string | null;
  /** The keys of the product and the license. */
  readonly product: string | null;
  readonly license: string | null;
  /** The grant that the row tells of; else a lower one that was hidden under it, so that nobody reviewed it. */
  readonly is_own: boolean;
}

/**
 * The open grants of locked users that go with some rows: the one that each tells of, and what the user was given here
 * for the same project, or as an account role, that counts less and was there when the review was opened. Without
 * these the user would fall to a level that nobody was asked about.
 */
export function grantsToTake(
  scope: WriteScope,
  reviewId: ReviewId,
  numbers: readonly number[],
): Promise<TakenGrant[]> {
  return rows(
    scope,
    sql`select w.number, d.id, d.user_id, d.kind, d.account_role, p.key as project, r.key as role, pr.key as product,
        l.key as license, d.source = w.source and d.target = w.target as is_own
      from review_rows w
      join reviews v on v.workspace_id = ${scope.workspaceId} and v.id = w.review_id
      join direct_grants d on d.workspace_id = ${scope.workspaceId} and d.user_id = w.user_id and d.until = 'infinity'
        and d.source <> 'pushed' and d.kind = w.kind
      left join projects p on p.workspace_id = ${scope.workspaceId} and p.id = d.project_id
      left join roles r on r.workspace_id = ${scope.workspaceId} and r.id = d.role_id
      left join roles wr on wr.workspace_id = ${scope.workspaceId} and wr.id = w.role_id
      left join licenses l on l.workspace_id = ${scope.workspaceId} and l.id = d.license_id
      left join products pr on pr.workspace_id = ${scope.workspaceId} and pr.id = l.product_id
      where w.workspace_id = ${scope.workspaceId} and w.review_id = ${reviewId} and w.number = any(${numbers}::integer[])
        and (d.source = w.source and d.target = w.target
          or d.since <= v.opened_at and (d.project_id = w.project_id and r.rank < wr.rank
            or ${accountRank(sql`d.account_role`)} < ${accountRank(sql`w.account_role`)}))
      order by w.number, is_own desc, d.id`,
  );
}

/** What came of a row here. */
export interface RowOutcome {
  readonly number: number;
  readonly outcome: 'revoked' | 'already_ended' | 'refused';
  readonly reason: string | null;
  readonly eventId: EventId | null;
}

/** Writes what came of rows. */
export async function writeOutcomes(
  scope: WriteScope,
  reviewId: ReviewId,
  outcomes: readonly RowOutcome[],
  at: Date,
): Promise<void> {
  const of = <Key extends keyof RowOutcome>(key: Key) => outcomes.map((one) => one[key]);
  await rows(
    scope,
    sql`update review_rows w
      set outcome = o.outcome, outcome_reason = o.reason, outcome_event = o.event, outcome_at = ${at}
      from unnest(${of('number')}::integer[], ${of('outcome')}::text[], ${of('reason')}::text[],
        ${of('eventId')}::uuid[]) as o(number, outcome, reason, event)
      where w.workspace_id = ${scope.workspaceId} and w.review_id = ${reviewId}
        and w.number = any(${of('number')}::integer[]) and w.number = o.number`,
  );
}
