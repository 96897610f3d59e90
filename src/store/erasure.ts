import sql from 'sql-template-tag';
import type { UserId, WorkspaceId } from '../ids.ts';
import type { Tx } from './db.ts';
import { rows } from './query.ts';

/** Every name, address and externalId that a user was ever known by. */
export async function namesOf(tx: Tx, workspaceId: WorkspaceId, id: UserId): Promise<string[]> {
  const versions = (table: 'users' | 'users_history') => {
    const names = sql`array[user_name, external_id, full_name, email, attributes ->> 'displayName',
      attributes -> 'name' ->> 'formatted'] || email_keys`;
    const of = sql`where workspace_id = ${workspaceId} and id = ${id}`;
    return table === 'users'
      ? sql`select unnest(${names}) as name from users ${of}`
      : sql`select unnest(${names}) from users_history ${of}`;
  };
  const found = await rows<{ name: string }>(
    tx,
    sql`select distinct name from (${versions('users')} union all ${versions('users_history')} union all
        select email from invitations where workspace_id = ${workspaceId} and user_id = ${id}) n
      where name is not null`,
  );
  return found.map(({ name }) => name);
}

/**
 * Puts a pseudonym in the place of all that tells who a locked user is: in the user's next version and in every version
 * before it, in invitations and machines; what reviewers have noted goes. What is left is what they had, and when.
 * Throws `taken` when somebody else is called like the pseudonym.
 */
export async function pseudonymise(
  tx: Tx,
  workspaceId: WorkspaceId,
  id: UserId,
  name: string,
  at: Date,
): Promise<void> {
  const ofUser = sql`workspace_id = ${workspaceId} and user_id = ${id}`;
  await rows(
    tx,
    sql`update users set user_name = ${name}, external_id = null, attributes = '{}', start_date = null,
        organization_pushed = null, organization_last_pushed = null, erased_at = ${at}, version = version + 1,
        updated_at = ${at}
      where workspace_id = ${workspaceId} and id = ${id}`,
  );
  // After it: what was until now has just become the last of these.
  await rows(
    tx,
    sql`update users_history set user_name = ${name}, external_id = null, attributes = '{}', start_date = null,
        full_name = ${name}, email = null, email_keys = '{}', organization_pushed = null,
        organization_last_pushed = null
      where workspace_id = ${workspaceId} and id = ${id}`,
  );
  for (const table of [sql`invitations`, sql`invitations_history`])
    await rows(tx, sql`update ${table} set email = ${name}, delivery_reason = null where ${ofUser}`);
  // A fingerprint is one machine's at a time.
  for (const table of [sql`machines`, sql`machines_history`])
    await rows(
      tx,
      sql`update ${table} set name = erased_name(id), fingerprint = erased_name(id) where ${ofUser}`,
    );
  await rows(
    tx,
    sql`update review_decisions d set note = null from review_rows w
      where w.workspace_id = ${workspaceId} and w.user_id = ${id} and d.workspace_id = w.workspace_id
        and d.review_id = w.review_id and d.number = w.number and d.note is not null`,
  );
}

/** Forgets values that were pushed for a removed user and name nothing here. */
export async function forgetPushedValues(tx: Tx, workspaceId: WorkspaceId, id: UserId): Promise<void> {
  await rows(
    tx,
    sql`update direct_grants set pushed_value = 'erased'
      where workspace_id = ${workspaceId} and user_id = ${id} and kind is null and until <> 'infinity'`,
  );
}

/** The events about a user; by one who acts, an invitee, are none else. */
const ABOUT = (workspaceId: WorkspaceId, id: UserId) =>
  sql`select id from audit_events where workspace_id = ${workspaceId} and (target_id = ${id} or related_id = ${id})`;

/**
 * Takes what tells of an erased user out of the audit. The seals go first, whose commitments are made of what is there
 * still; the database lets no other change of an event through (migration 0017). Whoever calls holds off sealing.
 */
export async function eraseEvents(tx: Tx, workspaceId: WorkspaceId, id: UserId): Promise<void> {
  await rows(
    tx,
    sql`update audit_seals s set (actor_salt, actor_commitment, subject_salt, subject_commitment) = (
          select r.actor_salt, r.actor_commitment, r.subject_salt, r.subject_commitment from erased_seal(s) r)
      where s.workspace_id = ${workspaceId} and s.event_id in (${ABOUT(workspaceId, id)})
        and s is distinct from erased_seal(s)`,
  );
  await rows(
    tx,
    sql`update audit_events e set (actor_name, target_name, before, after) = (
          select r.actor_name, r.target_name, r.before, r.after from erased_event(e) r)
      where e.workspace_id = ${workspaceId} and e.id in (${ABOUT(workspaceId, id)})
        and e is distinct from erased_event(e)`,
  );
}
