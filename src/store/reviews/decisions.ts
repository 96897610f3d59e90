import sql, { type Sql } from 'sql-template-tag';
import type { EventId, ReviewId, UserId } from '../../lib/ids.ts';
import { row, rows } from '../db/query.ts';
import type { PoolScope, WriteScope } from '../db/scope.ts';
import type { Verdict } from './reviews.ts';
import { decisionOf, type RowFilter, rowsFound, type RowsOf } from './rows.ts';

/** What is to stand from now on; of an undecided row neither note nor reviewer. */
export interface Decision {
  readonly decision: Verdict | null;
  readonly note: string | null;
  readonly reviewer: string | null;
}

/** A decision of one row. */
export interface RowDecision extends Decision {
  readonly number: number;
}

/** How many rows were meant, how many of them changed, and what had been decided of these. */
export interface Decided {
  readonly meant: number;
  readonly changed: number;
  readonly was_none: number;
  readonly was_keep: number;
  readonly was_revoke: number;
  readonly now_none: number;
  readonly now_keep: number;
  readonly now_revoke: number;
}

/** With what a decision is written: into which review, by which event, when. */
export interface DecidedBy {
  readonly reviewId: ReviewId;
  readonly eventId: EventId;
  readonly at: Date;
}

/** Decides rows by their numbers, each once; numbers that the review doesn't have are not counted as meant. */
export async function decideRows(
  scope: WriteScope,
  by: DecidedBy,
  decisions: readonly RowDecision[],
): Promise<Decided> {
  if (decisions.length > 1) await expectMany(scope);
  const of = <Key extends keyof RowDecision>(key: Key) => decisions.map((one) => one[key]);
  return decide(
    scope,
    by,
    sql`select w.number, a.decision, a.note, a.reviewer
      from unnest(${of('number')}::integer[], ${of('decision')}::text[], ${of('note')}::text[],
        ${of('reviewer')}::text[]) as a(number, decision, note, reviewer)
      join review_rows w
        on w.workspace_id = ${scope.workspaceId} and w.review_id = ${by.reviewId} and w.number = a.number`,
  );
}

/** Decides every row that a filter finds. */
export async function decideFound(
  scope: WriteScope,
  by: DecidedBy,
  { of, filter }: { readonly of: RowsOf; readonly filter: RowFilter },
  { decision, note, reviewer }: Decision,
): Promise<Decided> {
  await expectMany(scope);
  return decide(
    scope,
    by,
    sql`select w.number, ${decision}::text as decision, ${note}::text as note, ${reviewer}::text as reviewer
      from ${rowsFound(scope.workspaceId, of, filter)}`,
  );
}

/** For lists that were written just now the planner expects a row or two, and would go through all of it for each. */
async function expectMany(scope: WriteScope): Promise<void> {
  await rows(scope, sql`select set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)`);
}

/**
 * Ends the decisions that differ from those wanted, and makes the new ones. One statement: a new one follows from the
 * row of the one that was ended, so that no row ever has two.
 */
async function decide(
  scope: WriteScope,
  { reviewId, eventId, at }: DecidedBy,
  wanted: Sql,
): Promise<Decided> {
  const decided = await row<Decided>(
    scope,
    sql`with wanted as materialized (${wanted}),
      changed as materialized (
        select a.number, a.decision, a.note, a.reviewer, d.id as was_id, d.decision as was
        from wanted a
        left join ${decisionOf(sql`${scope.workspaceId}::uuid`, sql`${reviewId}::uuid`, sql`a.number`)} d on true
        where (d.decision, d.note, d.reviewer) is distinct from (a.decision, a.note, a.reviewer)),
      ended as (
        update review_decisions d set until = greatest(${at}::timestamptz, d.since), until_event = ${eventId}
        from changed c
        where d.workspace_id = ${scope.workspaceId} and d.review_id = ${reviewId} and d.number = c.number and d.id = c.was_id
        returning d.number, c.decision, c.note, c.reviewer),
      made as (
        insert into review_decisions (workspace_id, review_id, number, decision, note, reviewer, since, since_event)
        select ${scope.workspaceId}, ${reviewId}, n.number, n.decision, n.note, n.reviewer, ${at}, ${eventId}
        from (select number, decision, note, reviewer from ended
          union all
          select number, decision, note, reviewer from changed where was_id is null) n
        where n.decision is not null)
      select (select count(*) from wanted) as meant, count(*) as changed,
        count(*) filter (where was is null) as was_none, count(*) filter (where was = 'keep') as was_keep,
        count(*) filter (where was = 'revoke') as was_revoke,
        count(*) filter (where decision is null) as now_none, count(*) filter (where decision = 'keep') as now_keep,
        count(*) filter (where decision = 'revoke') as now_revoke
      from changed`,
  );
  return decided as Decided;
}

/** Which of some numbers a review has. */
export async function knownNumbers(
  scope: WriteScope,
  reviewId: ReviewId,
  numbers: readonly number[],
): Promise<ReadonlySet<number>> {
  const found = await rows<{ number: number }>(
    scope,
    sql`select number from review_rows
      where workspace_id = ${scope.workspaceId} and review_id = ${reviewId} and number = any(${numbers}::integer[])`,
  );
  return new Set(found.map((one) => one.number));
}

/** Whose access a row tells of. */
export async function userOfRow(
  scope: WriteScope,
  reviewId: ReviewId,
  number: number,
): Promise<UserId | undefined> {
  const found = await row<{ user_id: UserId }>(
    scope,
    sql`select user_id from review_rows
      where workspace_id = ${scope.workspaceId} and review_id = ${reviewId} and number = ${number}`,
  );
  return found?.user_id;
}

/** How many rows nobody has decided. */
export async function countUndecided(
  scope: WriteScope,
  review: { readonly id: ReviewId; readonly row_count: number },
): Promise<number> {
  const found = await row<{ count: number }>(
    scope,
    sql`select count(*) as count from review_decisions
      where workspace_id = ${scope.workspaceId} and review_id = ${review.id} and until = 'infinity'`,
  );
  return review.row_count - (found?.count ?? 0);
}

/** A decision that stands or once stood. */
export interface PastDecision {
  readonly decision: Verdict;
  readonly note: string | null;
  readonly reviewer: string | null;
  readonly since: Date;
  readonly by: string;
  /** Null while it stands. */
  readonly until: Date | null;
}

/** What was decided of a row, the first decision first; of very many the newest. */
export function decisionsOfRow(
  scope: PoolScope,
  reviewId: ReviewId,
  number: number,
  most: number,
): Promise<PastDecision[]> {
  return rows(
    scope,
    sql`select decision, note, reviewer, since, by, until from (
        select d.id, d.decision, d.note, d.reviewer, d.since, e.actor_name as by,
          case when d.until_event is not null then d.until end as until
        from review_decisions d join audit_events e on e.workspace_id = ${scope.workspaceId} and e.id = d.since_event
        where d.workspace_id = ${scope.workspaceId} and d.review_id = ${reviewId} and d.number = ${number}
        order by d.id desc limit ${most}) newest
      order by id`,
  );
}

/** Somebody who decided rows of a review that stand. */
export interface Reviewer {
  /** As it was said, and the name of the token. */
  readonly reviewer: string | null;
  readonly by: string;
  readonly keep: number;
  readonly revoke: number;
  readonly first: Date;
  readonly last: Date;
}

/** Who decided, those with most rows first; at most `most`. */
export function reviewersOf(scope: PoolScope, reviewId: ReviewId, most: number): Promise<Reviewer[]> {
  return rows(
    scope,
    sql`select d.reviewer, e.actor_name as by, count(*) filter (where d.decision = 'keep') as keep,
        count(*) filter (where d.decision = 'revoke') as revoke, min(d.since) as first, max(d.since) as last
      from review_decisions d join audit_events e on e.workspace_id = ${scope.workspaceId} and e.id = d.since_event
      where d.workspace_id = ${scope.workspaceId} and d.review_id = ${reviewId} and d.until = 'infinity'
      group by d.reviewer, e.actor_name
      order by count(*) desc, d.reviewer nulls last, e.actor_name limit ${most}`,
  );
}
