import sql, { empty, raw, type Sql } from 'sql-template-tag';
import type { EventId, InvitationId, UserId, WorkspaceId } from '../../lib/ids.ts';
import type { Db } from '../db/pool.ts';
import { row, rows } from '../db/query.ts';
import { acrossWorkspaces, type PoolScope, type Scope, type WriteScope } from '../db/scope.ts';
import { type AsOf, rowsAsOf } from '../sql/as-of.ts';
import { keyset, type KeysetPage, type Page, toKeysetPage } from '../sql/keyset-page.ts';
import { byText, type SortKey } from '../sql/keyset.ts';

export type InvitationStatus = 'pending' | 'accepted' | 'revoked' | 'expired' | 'superseded';

/** An invitation. It is changed only while its user is locked; its delivery by whoever holds the send's job, too. */
export interface InvitationRow {
  readonly id: InvitationId;
  readonly workspace_id: WorkspaceId;
  readonly user_id: UserId;
  readonly email: string;
  /** As it is now: a pending one past its time is expired, settled or not. */
  readonly status: InvitationStatus;
  /** True while the row itself says pending: what it offers is still held. */
  readonly is_open: boolean;
  /** What links are signed over, with the number of the send. */
  readonly nonce: string;
  /** Counts from 1; a resend begins the next. */
  readonly send: number;
  readonly expires_at: Date;
  readonly invited_by: string;
  readonly opened_event: EventId;
  readonly closed_event: EventId | null;
  readonly created_at: Date;
  readonly closed_at: Date | null;
  readonly delivery: 'queued' | 'sending' | 'sent' | 'failed';
  readonly delivery_attempts: number;
  readonly delivery_reason: string | null;
  readonly delivery_next_at: Date | null;
  readonly delivered_at: Date | null;
}

const STATUS = sql`case when i.status = 'pending' and i.expires_at <= clock_timestamp() then 'expired' else i.status end`;

const KEPT = [
  'id',
  'workspace_id',
  'user_id',
  'email',
  'nonce',
  'send',
  'expires_at',
  'invited_by',
  'opened_event',
  'closed_event',
  'created_at',
  'closed_at',
  'delivery',
  'delivery_attempts',
  'delivery_reason',
  'delivery_next_at',
  'delivered_at',
];

const columns = (
  status: Sql,
) => sql`${raw(KEPT.map((column) => `i.${column}`).join(', '))}, ${status} as status,
  i.status = 'pending' as is_open`;

export const INVITATION_COLUMNS = columns(STATUS);

/** Inserts invitations and answers them in the order of their ids. */
export function insertInvitations(
  scope: WriteScope,
  invitations: readonly Pick<
    InvitationRow,
    'id' | 'user_id' | 'email' | 'nonce' | 'expires_at' | 'invited_by' | 'opened_event'
  >[],
  at: Date,
): Promise<InvitationRow[]> {
  return rows(
    scope,
    sql`with i as (
        insert into invitations (workspace_id, id, user_id, email, status, nonce, expires_at, invited_by,
          opened_event, created_at, updated_at, delivery_next_at)
        select ${scope.workspaceId}, n.id, n.user_id, n.email, 'pending', n.nonce, n.expires_at, n.invited_by,
          n.opened_event, ${at}, ${at}, ${at}
        from jsonb_to_recordset(${JSON.stringify(invitations)}::jsonb) as n(id uuid, user_id uuid, email text,
          nonce uuid, expires_at timestamptz, invited_by text, opened_event uuid)
        returning *)
      select ${INVITATION_COLUMNS} from i order by i.id`,
  );
}

/** One invitation by its id. */
export function findInvitation(scope: Scope, id: InvitationId): Promise<InvitationRow | undefined> {
  return row(
    scope,
    sql`select ${INVITATION_COLUMNS} from invitations i where i.workspace_id = ${scope.workspaceId} and i.id = ${id}`,
  );
}

/** Some invitations by their ids. */
export function findInvitations(scope: WriteScope, ids: readonly InvitationId[]): Promise<InvitationRow[]> {
  return rows(
    scope,
    sql`select ${INVITATION_COLUMNS} from invitations i
      where i.workspace_id = ${scope.workspaceId} and i.id = any(${ids}::uuid[]) order by i.id`,
  );
}

/** The invitation that a link names: the one question that is asked before the workspace is known. */
export function findLinked(db: Db, id: InvitationId): Promise<InvitationRow | undefined> {
  return row(acrossWorkspaces(db), sql`select ${INVITATION_COLUMNS} from invitations i where i.id = ${id}`);
}

/** The newest invitation of a user. */
export function newestInvitationOf(scope: Scope, userId: UserId): Promise<InvitationRow | undefined> {
  return row(
    scope,
    sql`select ${INVITATION_COLUMNS} from invitations i
      where i.workspace_id = ${scope.workspaceId} and i.user_id = ${userId} order by i.created_at desc, i.id desc limit 1`,
  );
}

/** The open invitations of users, expired but not settled ones too; of each one at most. */
export function openInvitationsOf(scope: Scope, userIds: readonly UserId[]): Promise<InvitationRow[]> {
  return rows(
    scope,
    sql`select ${INVITATION_COLUMNS} from invitations i
      where i.workspace_id = ${scope.workspaceId} and i.user_id = any(${userIds}::uuid[]) and i.status = 'pending'
      order by i.user_id`,
  );
}

/** The invitation that a user can accept at the moment. */
export function pendingInvitationOf(
  scope: PoolScope,
  userId: UserId,
  asOf: AsOf,
): Promise<InvitationRow | undefined> {
  const time = asOf === 'now' ? sql`clock_timestamp()` : sql`${asOf}::timestamptz`;
  return row(
    scope,
    sql`select ${columns(sql`'pending'`)} from ${rowsAsOf('invitations', [...KEPT, 'status'], asOf)} i
      where i.workspace_id = ${scope.workspaceId} and i.user_id = ${userId} and i.status = 'pending' and i.expires_at > ${time}`,
  );
}

/** Closes open invitations, each with the event that tells of it; their links end with the transaction. */
export async function closeInvitations(
  scope: WriteScope,
  status: InvitationStatus,
  closed: readonly { readonly id: InvitationId; readonly event: EventId }[],
  at: Date,
): Promise<void> {
  await rows(
    scope,
    sql`update invitations i set status = ${status}, closed_event = c.event, closed_at = ${at}, delivery_next_at = null,
        updated_at = greatest(${at}::timestamptz, i.updated_at)
      from unnest(${closed.map((one) => one.id)}::uuid[], ${closed.map((one) => one.event)}::uuid[]) as c(id, event)
      where i.workspace_id = ${scope.workspaceId} and i.id = c.id and i.status = 'pending'`,
  );
}

/** Makes an invitation pending (again), with the next send queued: every link until now ends. */
export async function renewInvitation(
  scope: WriteScope,
  id: InvitationId,
  renewed: { readonly expiresAt: Date; readonly openedEvent: EventId; readonly at: Date },
): Promise<InvitationRow> {
  const written = await row<InvitationRow>(
    scope,
    sql`with i as (
        update invitations set status = 'pending', closed_event = null, closed_at = null, send = send + 1,
          expires_at = ${renewed.expiresAt}, opened_event = ${renewed.openedEvent}, delivery = 'queued',
          delivery_attempts = 0, delivery_reason = null, delivery_next_at = ${renewed.at}, delivered_at = null,
          updated_at = greatest(${renewed.at}::timestamptz, updated_at)
        where workspace_id = ${scope.workspaceId} and id = ${id}
        returning *)
      select ${INVITATION_COLUMNS} from i`,
  );
  return written as InvitationRow;
}

export type InvitationSort = 'createdAt' | 'email';

const SORTS: Record<InvitationSort, SortKey> = {
  createdAt: { expression: sql`i.created_at`, type: 'timestamptz' },
  email: byText(sql`i.email`),
};

/** A page of the workspace's invitations; the search looks at addresses. */
export async function listInvitations(
  scope: PoolScope,
  statuses: readonly InvitationStatus[] | undefined,
  page: KeysetPage<InvitationSort>,
): Promise<Page<InvitationRow>> {
  const { column, conditions, order } = keyset(page, SORTS, sql`i.id`, [sql`i.email`]);
  const found = await rows<InvitationRow & { sort_value: string }>(
    scope,
    sql`select ${INVITATION_COLUMNS}, ${column} from invitations i
      where i.workspace_id = ${scope.workspaceId} ${having(statuses)} ${conditions} ${order}`,
  );
  return toKeysetPage(found, page.limit);
}

function having(statuses: readonly InvitationStatus[] | undefined): Sql {
  return statuses ? sql`and ${STATUS} = any(${statuses}::text[])` : empty;
}

/** The workspaces in which an open invitation is past its time. */
export async function workspacesWithExpired(db: Db): Promise<WorkspaceId[]> {
  const found = await rows<{ workspace_id: WorkspaceId }>(
    acrossWorkspaces(db),
    sql`select distinct workspace_id from invitations
      where status = 'pending' and expires_at <= clock_timestamp() order by workspace_id`,
  );
  return found.map((one) => one.workspace_id);
}

/** At most `count` users with an open invitation past its time, ascending by id; not those of `except`. */
export async function usersWithExpired(
  scope: WriteScope,
  except: readonly UserId[],
  count: number,
): Promise<UserId[]> {
  const found = await rows<{ user_id: UserId }>(
    scope,
    sql`select user_id from invitations
      where workspace_id = ${scope.workspaceId} and status = 'pending' and expires_at <= clock_timestamp()
        and user_id <> all(${except}::uuid[])
      order by user_id limit ${count}`,
  );
  return found.map((one) => one.user_id);
}
