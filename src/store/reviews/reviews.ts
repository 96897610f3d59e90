import sql, { empty, type Sql } from 'sql-template-tag';
import type { EventId, ProductId, ProjectId, ReviewId, WorkspaceId } from '../../lib/ids.ts';
import type { Db } from '../db/pool.ts';
import { row, rows } from '../db/query.ts';
import { acrossWorkspaces, type PoolScope, type Scope, type WriteScope } from '../db/scope.ts';
import { rowHistory } from '../sql/as-of.ts';
import { unestimated } from '../sql/key-lookup.ts';
import { keyset, type KeysetPage, type Page, toKeysetPage } from '../sql/keyset-page.ts';
import { byText, type SortKey } from '../sql/keyset.ts';

/** How far a review has come: `closing` while its revocations are applied. */
export type ReviewStatus = 'open' | 'closing' | 'closed' | 'cancelled';

/** What is decided of a row. */
export type Verdict = 'keep' | 'revoke';

/** An access review, with who did what to it by the events, and how far it has come. */
export interface ReviewRow {
  readonly id: ReviewId;
  readonly name: string;
  readonly scope: 'workspace' | 'product' | 'project';
  /** The key and name of the product, the project or the workspace; but for the last, as they were when it was opened. */
  readonly scope_key: string;
  readonly scope_name: string;
  readonly status: ReviewStatus;
  readonly due_at: Date;
  /** Open, and its time has passed. */
  readonly overdue: boolean;
  readonly opened_at: Date;
  readonly opened_by: string;
  readonly undecided: Verdict | null;
  readonly signed_by: string | null;
  readonly closing_at: Date | null;
  readonly closing_by: string | null;
  readonly ended_at: Date | null;
  readonly ended_by: string | null;
  readonly rows: number;
  readonly keep: number;
  readonly revoke: number;
}

const COLUMNS = sql`v.id, v.name,
  case when v.product_id is not null then 'product' when v.project_id is not null then 'project' else 'workspace' end
    as scope,
  coalesce(pr.key, p.key, ws.key) as scope_key, coalesce(pr.name, p.name, ws.name) as scope_name,
  v.status, v.due_at, v.status = 'open' and v.due_at < clock_timestamp() as overdue, v.opened_at,
  opened.actor_name as opened_by, v.undecided, v.signed_by, v.closing_at, closing.actor_name as closing_by, v.ended_at,
  ended.actor_name as ended_by, v.row_count as rows, decided.keep, decided.revoke`;

function reviews(workspaceId: WorkspaceId): Sql {
  const keyed = ['workspace_id', 'id', 'key', 'name'];
  const then = (alias: Sql) => sql`${alias}.since <= v.opened_at and ${alias}.until > v.opened_at`;
  const event = (alias: Sql, id: Sql) => sql`
    left join audit_events ${alias} on ${alias}.workspace_id = ${workspaceId} and ${alias}.id = ${id}`;
  return sql`reviews v
    join workspaces ws on ws.id = ${workspaceId}
    left join ${rowHistory('products', keyed)} pr
      on pr.workspace_id = ${workspaceId} and pr.id = v.product_id and ${then(sql`pr`)}
    left join ${rowHistory('projects', keyed)} p
      on p.workspace_id = ${workspaceId} and p.id = v.project_id and ${then(sql`p`)}
    ${event(sql`opened`, sql`v.opened_event`)}
    ${event(sql`closing`, sql`v.closing_event`)}
    ${event(sql`ended`, sql`v.ended_event`)}
    cross join lateral (
      select count(*) filter (where d.decision = 'keep') as keep,
        count(*) filter (where d.decision = 'revoke') as revoke
      from review_decisions d
      where d.workspace_id = ${unestimated(workspaceId)} and d.review_id = v.id and d.until = 'infinity') decided`;
}

export type ReviewSort = 'openedAt' | 'dueAt' | 'name';

const SORTS: Record<ReviewSort, SortKey> = {
  openedAt: { expression: sql`v.opened_at`, type: 'timestamptz' },
  dueAt: { expression: sql`v.due_at`, type: 'timestamptz' },
  name: byText(sql`v.name`),
};

/** A page of the workspace's reviews, those of some statuses or all; the search looks at names. */
export async function listReviews(
  scope: PoolScope,
  statuses: readonly ReviewStatus[] | undefined,
  page: KeysetPage<ReviewSort>,
): Promise<Page<ReviewRow>> {
  const { column, conditions, order } = keyset(page, SORTS, sql`v.id`, [sql`v.name`]);
  const found = await rows<ReviewRow & { sort_value: string }>(
    scope,
    sql`select ${COLUMNS}, ${column} from ${reviews(scope.workspaceId)}
      where v.workspace_id = ${scope.workspaceId} ${statuses ? sql`and v.status = any(${statuses}::text[])` : empty}
        ${conditions}
      ${order}`,
  );
  return toKeysetPage(found, page.limit);
}

/** The review of an id. */
export function findReview(scope: PoolScope, id: ReviewId): Promise<ReviewRow | undefined> {
  return row(
    scope,
    sql`select ${COLUMNS} from ${reviews(scope.workspaceId)} where v.workspace_id = ${scope.workspaceId} and v.id = ${id}`,
  );
}

/** A review as those who change it lock it. */
export interface LockedReview {
  readonly id: ReviewId;
  readonly name: string;
  readonly status: ReviewStatus;
  readonly opened_at: Date;
  readonly row_count: number;
  readonly closing_event: EventId | null;
  /** The time at which the lock was had. */
  readonly now: Date;
}

/** Locks a review until the transaction ends: who decides and who closes follow each other. */
export function lockReview(scope: WriteScope, id: ReviewId): Promise<LockedReview | undefined> {
  return row(
    scope,
    sql`with v as materialized (
        select id, name, status, opened_at, row_count, closing_event from reviews
        where workspace_id = ${scope.workspaceId} and id = ${id} for no key update)
      select v.*, clock_timestamp() as now from v`,
  );
}

/** A review that is being opened. */
export interface NewReview {
  readonly id: ReviewId;
  readonly name: string;
  readonly productId: ProductId | null;
  readonly projectId: ProjectId | null;
  readonly dueAt: Date;
}

/** Inserts a review without rows. */
export async function insertReview(
  scope: WriteScope,
  review: NewReview,
  eventId: EventId,
  at: Date,
): Promise<void> {
  await rows(
    scope,
    sql`insert into reviews (workspace_id, id, name, product_id, project_id, due_at, opened_at, opened_event, row_count)
      values (${scope.workspaceId}, ${review.id}, ${review.name}, ${review.productId}, ${review.projectId}, ${review.dueAt},
        ${at}, ${eventId}, 0)`,
  );
}

/** How many rows the reviews have that were opened since a time, and when the first of them was; null for none. */
export async function rowsOpenedSince(
  scope: WriteScope,
  time: Date,
): Promise<{ readonly rows: number; readonly first: Date | null }> {
  const found = await row<{ rows: number; first: Date | null }>(
    scope,
    sql`select coalesce(sum(row_count), 0)::bigint as rows, min(opened_at) as first from reviews
      where workspace_id = ${scope.workspaceId} and opened_at > ${time}`,
  );
  return found as { rows: number; first: Date | null };
}

/** Notes how many rows a review was opened with. */
export async function setRowCount(scope: WriteScope, id: ReviewId, count: number): Promise<void> {
  await rows(
    scope,
    sql`update reviews set row_count = ${count} where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
}

/** From here on nothing is decided any more. */
export async function markClosing(
  scope: WriteScope,
  id: ReviewId,
  said: { readonly undecided: Verdict | null; readonly signedBy: string | null },
  eventId: EventId,
  at: Date,
): Promise<void> {
  await rows(
    scope,
    sql`update reviews set status = 'closing', undecided = ${said.undecided}, signed_by = ${said.signedBy},
        closing_at = ${at}, closing_event = ${eventId}
      where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
}

/** The review has ended: all is applied, or nothing will be. */
export async function markEnded(
  scope: WriteScope,
  id: ReviewId,
  status: 'closed' | 'cancelled',
  eventId: EventId,
  at: Date,
): Promise<void> {
  await rows(
    scope,
    sql`update reviews set status = ${status}, ended_at = ${at}, ended_event = ${eventId}
      where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
}

/** A review whose revocations are to be applied. */
export interface ClosingReview {
  readonly workspace_id: WorkspaceId;
  readonly id: ReviewId;
}

/** The reviews of all workspaces that are being closed. */
export function closingReviews(db: Db): Promise<ClosingReview[]> {
  return rows(
    acrossWorkspaces(db),
    sql`select workspace_id, id from reviews where status = 'closing' order by closing_at`,
  );
}

/** Who closed a review, by the event that tells of it: its revocations are applied on behalf of this one. */
export interface Closer {
  readonly actor_kind: 'token' | 'system';
  readonly actor_id: string | null;
  readonly actor_name: string;
  readonly actor_scope: string | null;
  readonly request_id: string;
}

/** Who closed a review that is being closed; undefined when it is not, or not any more. */
export function findCloser(scope: Scope, id: ReviewId): Promise<Closer | undefined> {
  return row(
    scope,
    sql`select e.actor_kind, e.actor_id, e.actor_name, e.actor_scope, e.request_id
      from reviews v join audit_events e on e.workspace_id = ${scope.workspaceId} and e.id = v.closing_event
      where v.workspace_id = ${scope.workspaceId} and v.id = ${id} and v.status = 'closing'`,
  );
}
