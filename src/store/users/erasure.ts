import sql, { empty, type Sql } from 'sql-template-tag';
import type { EventId, UserId } from '../../lib/ids.ts';
import { STORED_BYTES } from '../audit/events.ts';
import { rows } from '../db/query.ts';
import type { WriteScope } from '../db/scope.ts';
import { PAST_FULL_NAME } from '../sql/as-of.ts';
import { firstBytes } from '../sql/bytes.ts';

/** Longer names are never kept of a request: its body and its filter are cut, or refused, before that. */
const LONGEST_NAME = 8 * 1024;

/** Every name, address and externalId that a user was ever known by, but for those that are kept nowhere else. */
export async function namesOf(scope: WriteScope, id: UserId): Promise<string[]> {
  const versions = (table: 'users' | 'users_history') => {
    const kept = sql`user_name, external_id, email, attributes ->> 'displayName', attributes -> 'name' ->> 'formatted'`;
    const of = sql`where workspace_id = ${scope.workspaceId} and id = ${id}`;
    if (table === 'users')
      return sql`select unnest(array[${kept}, full_name] || email_keys) as name from users ${of}`;
    // Of a version of a large user only what differs from another version is there (migration 0021).
    const changed = sql`attributes #> '{$of,by,fields}'`;
    return sql`select unnest(array[${kept}, ${PAST_FULL_NAME}, ${changed} #>> '{displayName,is}',
        ${changed} #>> '{name,is,formatted}', ${changed} #>> '{name,fields,formatted,is}'] || email_keys)
      from users_history ${of}`;
  };
  const found = await rows<{ name: string }>(
    scope,
    sql`select distinct name from (${versions('users')} union all ${versions('users_history')} union all
        select email from invitations where workspace_id = ${scope.workspaceId} and user_id = ${id}) n
      where length(name) <= ${LONGEST_NAME}::integer`,
  );
  return found.map(({ name }) => name);
}

/**
 * Puts a pseudonym in the place of all that tells who a locked user is: in the user's next version and in every version
 * before it, in invitations and machines; what reviewers have noted goes. What is left is what they had, and when.
 * Throws `taken` when somebody else is called like the pseudonym.
 */
export async function pseudonymise(scope: WriteScope, id: UserId, name: string, at: Date): Promise<void> {
  const ofUser = sql`workspace_id = ${scope.workspaceId} and user_id = ${id}`;
  await rows(
    scope,
    sql`update users set user_name = ${name}, external_id = null, attributes = '{}', start_date = null,
        organization_pushed = null, organization_last_pushed = null, erased_at = ${at}, version = version + 1,
        updated_at = ${at}
      where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
  // After it: what was until now has just become the last of these.
  await rows(
    scope,
    sql`update users_history set user_name = ${name}, external_id = null, attributes = '{}', start_date = null,
        full_name = ${name}, email = null, email_keys = '{}', organization_pushed = null,
        organization_last_pushed = null
      where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
  for (const table of [sql`invitations`, sql`invitations_history`])
    await rows(scope, sql`update ${table} set email = ${name}, delivery_reason = null where ${ofUser}`);
  // A fingerprint is one machine's at a time.
  for (const table of [sql`machines`, sql`machines_history`])
    await rows(
      scope,
      sql`update ${table} set name = erased_name(id), fingerprint = erased_name(id) where ${ofUser}`,
    );
  await rows(
    scope,
    sql`update review_decisions d set note = null from review_rows w
      where w.workspace_id = ${scope.workspaceId} and w.user_id = ${id} and d.workspace_id = ${scope.workspaceId}
        and d.review_id = w.review_id and d.number = w.number and d.note is not null`,
  );
}

/** Forgets values that were pushed for a removed user and name nothing here. */
export async function forgetPushedValues(scope: WriteScope, id: UserId): Promise<void> {
  await rows(
    scope,
    sql`update direct_grants set pushed_value = 'erased'
      where workspace_id = ${scope.workspaceId} and user_id = ${id} and kind is null and until <> 'infinity'`,
  );
}

/** A place among the events about a user. */
export interface EventPosition {
  readonly at: Date;
  readonly id: EventId;
}

/**
 * The oldest events about a user after a place: at most `limit`, of at most `bytes` as they are stored, but one at least.
 * By one who acts, an invitee, are none else.
 */
export async function eventsAbout(
  scope: WriteScope,
  id: UserId,
  after: EventPosition | undefined,
  { limit, bytes }: { readonly limit: number; readonly bytes: number },
): Promise<EventPosition[]> {
  const by = (column: Sql) => sql`(
    select e.at, e.id, ${STORED_BYTES} as bytes from audit_events e
    where e.workspace_id = ${scope.workspaceId} and ${column} = ${id}
      ${after ? sql`and (e.at, e.id) > (${after.at}, ${after.id}::uuid)` : empty}
    order by e.at, e.id limit ${limit})`;
  const found = await rows<EventPosition & { readonly bytes: number }>(
    scope,
    sql`${by(sql`e.target_id`)} union ${by(sql`e.related_id`)} order by at, id limit ${limit}`,
  );
  return firstBytes(found, bytes);
}

/**
 * Takes what tells of an erased user out of some events. The seals go first, whose commitments are made of what is there
 * still; the database lets no other change of an event through (migration 0017). Whoever calls holds off sealing.
 */
export async function eraseEvents(scope: WriteScope, eventIds: readonly EventId[]): Promise<void> {
  await rows(
    scope,
    // Each is worked out once here, and once more by the trigger.
    sql`with erased as materialized (
        select r.* from audit_seals s, lateral erased_seal(s) r
        where s.workspace_id = ${scope.workspaceId} and s.event_id = any(${eventIds}::uuid[]))
      update audit_seals s set actor_salt = r.actor_salt, actor_commitment = r.actor_commitment,
        subject_salt = r.subject_salt, subject_commitment = r.subject_commitment
      from erased r
      where s.workspace_id = ${scope.workspaceId} and s.seq = r.seq and s.event_id = any(${eventIds}::uuid[])
        and (s.actor_salt, s.subject_salt) is distinct from (r.actor_salt, r.subject_salt)`,
  );
  await rows(
    scope,
    sql`with erased as materialized (
        select r.* from audit_events e, lateral erased_event(e) r
        where e.workspace_id = ${scope.workspaceId} and e.id = any(${eventIds}::uuid[]) and e is distinct from r)
      update audit_events e set actor_name = r.actor_name, target_name = r.target_name, before = r.before,
        after = r.after
      from erased r
      where e.workspace_id = ${scope.workspaceId} and e.id = r.id and e.id = any(${eventIds}::uuid[])`,
  );
}
