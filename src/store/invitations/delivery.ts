import sql from 'sql-template-tag';
import type { InvitationId } from '../../lib/ids.ts';
import type { Tx } from '../db/pool.ts';
import { row, rows } from '../db/query.ts';
import { acrossWorkspaces, type WriteScope } from '../db/scope.ts';
import { INVITATION_COLUMNS, type InvitationRow } from './invitations.ts';

/** Locks one invitation for the delivery of its newest send; `now` is when the lock was had. */
export function lockDelivery(
  scope: WriteScope,
  id: InvitationId,
): Promise<(InvitationRow & { readonly now: Date }) | undefined> {
  return row(
    scope,
    sql`with i as materialized (select * from invitations where workspace_id = ${scope.workspaceId} and id = ${id}
        for no key update)
      select ${INVITATION_COLUMNS}, clock_timestamp() as now from i`,
  );
}

/** How a send fares. */
export interface Delivery {
  readonly delivery: InvitationRow['delivery'];
  readonly attempts: number;
  readonly reason: string | null;
  /** When it is tried (again); null when it is not. */
  readonly nextAt: Date | null;
  readonly deliveredAt: Date | null;
}

/** Writes how the newest send of a locked invitation fares; not why it failed to reach somebody who was erased. */
export async function writeDelivery(
  scope: WriteScope,
  id: InvitationId,
  { delivery, attempts, reason, nextAt, deliveredAt }: Delivery,
): Promise<void> {
  await rows(
    scope,
    sql`update invitations set delivery = ${delivery}, delivery_attempts = ${attempts},
        delivery_reason = case when not is_erased(workspace_id, user_id) then ${reason}::text end,
        delivery_next_at = ${nextAt}, delivered_at = ${deliveredAt},
        updated_at = greatest(clock_timestamp(), updated_at)
      where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
}

/** A send of which it is not known yet whether it reached the mail server. */
export type UnsentInvitation = Pick<
  InvitationRow,
  'workspace_id' | 'id' | 'send' | 'delivery' | 'delivery_next_at'
>;

/** All of them, of every workspace. */
export function unsentInvitations(tx: Tx): Promise<UnsentInvitation[]> {
  return rows(
    acrossWorkspaces(tx),
    sql`select workspace_id, id, send, delivery, delivery_next_at from invitations
      where delivery in ('queued', 'sending')`,
  );
}
