import { type EventId, type GrantId, newId, type UserId } from '../../lib/ids.ts';
import { endDirectGrants, openPushedGrants, type PushedValue } from '../../store/access/direct-grants.ts';
import {
  endedGrants,
  givenGrants,
  type GrantTargetColumns,
  type NewDirectGrant,
  openDirectGrants,
  type OwnGrant,
} from '../../store/access/manual-grants.ts';
import type { UserRow } from '../../store/users/users.ts';
import type { Change } from '../change/change.ts';
import { GRANT_BYTES } from '../change/written-bytes.ts';
import { conflictKeys } from './request.ts';

/** Events that end a user's grants, to be restored with the user. */
const WITH_USER = ['user.deleted', 'user.removed', 'user.deactivated'];
/** Events that end the grants of an unaccepted invitation. */
const WITH_INVITATION = ['invitation.revoked', 'invitation.expired'];

/**
 * Restores the direct grants that ended with inactive users, who are pending by now; with `offered` also those that
 * ended with their last invitation. They keep their source, except that values pushed by an identity provider that no
 * longer manages the user become grants of the invitation. Memberships are not restored: identity providers decide who
 * is in their groups. Grants with one of the conflict `keys` are left out, since the request replaces them.
 */
export async function restoreGrants(
  c: Change,
  users: readonly { readonly before: UserRow; readonly eventId: EventId }[],
  options: { readonly offered: boolean; readonly keys: ReadonlySet<string> },
): Promise<void> {
  const byId = new Map(users.map((user) => [user.before.id, user]));
  const since = users.flatMap(({ before: { id, removed_at } }) =>
    removed_at ? [{ id, from: removed_at }] : [],
  );
  if (since.length === 0) return;
  const actions = options.offered ? [...WITH_USER, ...WITH_INVITATION] : WITH_USER;
  const restored: NewDirectGrant[] = [];
  const pushed: OwnGrant[] = [];
  for (const grant of await endedGrants(c.scope, since, actions)) {
    const user = byId.get(grant.user_id);
    if (!user) continue;
    if (grant.source === 'pushed' && user.before.deleted_at === null) {
      pushed.push(grant);
    } else if (grant.kind !== null && !options.keys.has(conflictKeyOf(grant))) {
      const { kind, account_role, project_id, role_id, license_id, user_id } = grant;
      const source = grant.source === 'admin' ? 'admin' : 'invitation';
      const columns = { kind, account_role, project_id, role_id, license_id, user_id };
      restored.push({ ...columns, source, since_event: user.eventId });
    }
  }
  c.charge((restored.length + pushed.length) * GRANT_BYTES);
  await openDirectGrants(c.scope, restored, c.at);
  for (const { before, eventId } of pushed.length > 0 ? users : []) {
    const userGrants = pushed.filter((grant) => grant.user_id === before.id);
    if (userGrants.length > 0) await restorePushedGrants(c, before.id, userGrants, eventId);
  }
}

async function restorePushedGrants(
  c: Change,
  userId: UserId,
  grants: readonly OwnGrant[],
  eventId: EventId,
): Promise<void> {
  const values = new Map<string, PushedValue & { id: GrantId }>();
  for (const { pushed_attribute: attribute, pushed_value: value } of grants) {
    if (attribute === null || value === null) continue;
    values.set(`${attribute}\n${value.toLowerCase()}`, { attribute, value, id: newId<GrantId>() });
  }
  await openPushedGrants(c.scope, userId, [...values.values()], eventId, c.at);
}

function conflictKeyOf(grant: Pick<OwnGrant, 'kind' | 'project' | 'product'>): string {
  if (grant.kind === 'project_role') return conflictKeys.project(grant.project ?? '');
  return grant.kind === 'entitlement' ? conflictKeys.product(grant.product ?? '') : conflictKeys.accountRole;
}

/** Opens the grants of invitations, each from the event of its invitation. */
export async function openInvitationGrants(
  c: Change,
  invitees: readonly { readonly userId: UserId; readonly eventId: EventId }[],
  grants: readonly GrantTargetColumns[],
): Promise<void> {
  c.charge(invitees.length * grants.length * GRANT_BYTES);
  const opened = invitees.flatMap(({ userId, eventId }) =>
    grants.map(({ kind, account_role, project_id, role_id, license_id }) => ({
      kind,
      account_role,
      project_id,
      role_id,
      license_id,
      user_id: userId,
      source: 'invitation' as const,
      since_event: eventId,
    })),
  );
  await openDirectGrants(c.scope, opened, c.at);
}

/** Ends manual and invitation grants of users that conflict with those of a new invitation. */
export async function replaceConflictingGrants(
  c: Change,
  users: readonly { readonly before: UserRow; readonly eventId: EventId }[],
  keys: ReadonlySet<string>,
): Promise<void> {
  if (users.length === 0 || keys.size === 0) return;
  const ids = users.map(({ before }) => before.id);
  const replaced = (await givenGrants(c.scope, ids)).filter((grant) => keys.has(conflictKeyOf(grant)));
  for (const { before, eventId } of users) {
    const ended = replaced.filter((grant) => grant.user_id === before.id).map((grant) => grant.id);
    if (ended.length > 0) await endDirectGrants(c.scope, ended, eventId, c.at);
  }
}
