import { RollcallError } from '../../lib/errors.ts';
import { type EventId, type GrantId, newId, type UserId } from '../../lib/ids.ts';
import { billingManagersInProjects } from '../../store/access/billing-managers.ts';
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
import { slotOf } from './request.ts';

/** What ended with the user: with whom what they had goes and comes. */
const WITH_USER = ['user.deleted', 'user.removed', 'user.deactivated'];
/** What ended with an invitation that was not accepted. */
const WITH_INVITATION = ['invitation.revoked', 'invitation.expired'];

/**
 * Restores the direct grants that ended with inactive users, who are pending by now; with `offered` also those that
 * ended with their last invitation. They go on as what they were, but what was pushed by an identity provider that
 * manages the user no longer becomes the invitation's. Memberships are not restored: every group is an identity
 * provider's, and so is the word on who is in it. What stands in one of the `slots` is left out: something else is
 * asked for in its place.
 */
export async function restoreGrants(
  c: Change,
  users: readonly { readonly before: UserRow; readonly eventId: EventId }[],
  options: { readonly offered: boolean; readonly slots: ReadonlySet<string> },
): Promise<void> {
  const byId = new Map(users.map((one) => [one.before.id, one]));
  const since = users.flatMap(({ before: { id, removed_at } }) =>
    removed_at ? [{ id, from: removed_at }] : [],
  );
  if (since.length === 0) return;
  const actions = options.offered ? [...WITH_USER, ...WITH_INVITATION] : WITH_USER;
  const again: NewDirectGrant[] = [];
  const pushed: OwnGrant[] = [];
  for (const grant of await endedGrants(c.scope, since, actions)) {
    const user = byId.get(grant.user_id);
    if (!user) continue;
    if (grant.source === 'pushed' && user.before.deleted_at === null) {
      pushed.push(grant);
    } else if (grant.kind !== null && !options.slots.has(slotOfGrant(grant))) {
      const { kind, account_role, project_id, role_id, license_id, user_id } = grant;
      const source = grant.source === 'admin' ? 'admin' : 'invitation';
      const columns = { kind, account_role, project_id, role_id, license_id, user_id };
      again.push({ ...columns, source, since_event: user.eventId });
    }
  }
  c.charge((again.length + pushed.length) * GRANT_BYTES);
  await openDirectGrants(c.scope, again, c.at);
  for (const { before, eventId } of pushed.length > 0 ? users : []) {
    const theirs = pushed.filter((grant) => grant.user_id === before.id);
    if (theirs.length > 0) await pushAgain(c, before.id, theirs, eventId);
  }
}

async function pushAgain(
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

function slotOfGrant(grant: Pick<OwnGrant, 'kind' | 'project' | 'product'>): string {
  if (grant.kind === 'project_role') return slotOf.project(grant.project ?? '');
  return grant.kind === 'entitlement' ? slotOf.product(grant.product ?? '') : slotOf.accountRole;
}

/** Opens what is offered to users, each from the event that tells of their invitation. */
export async function openOffer(
  c: Change,
  invitees: readonly { readonly userId: UserId; readonly eventId: EventId }[],
  grants: readonly GrantTargetColumns[],
): Promise<void> {
  c.charge(invitees.length * grants.length * GRANT_BYTES);
  const opened = invitees.flatMap(({ userId, eventId }) =>
    grants.map(({ kind, account_role, project_id, role_id, license_id }) => ({
      ...{ kind, account_role, project_id, role_id, license_id },
      ...{ user_id: userId, source: 'invitation' as const, since_event: eventId },
    })),
  );
  await openDirectGrants(c.scope, opened, c.at);
}

/** Ends what users were given here in slots that an offer takes. */
export async function makeRoom(
  c: Change,
  users: readonly { readonly before: UserRow; readonly eventId: EventId }[],
  slots: ReadonlySet<string>,
): Promise<void> {
  if (users.length === 0 || slots.size === 0) return;
  const ids = users.map(({ before }) => before.id);
  const given = (await givenGrants(c.scope, ids)).filter((grant) => slots.has(slotOfGrant(grant)));
  for (const { before, eventId } of users) {
    const ended = given.filter((grant) => grant.user_id === before.id).map((grant) => grant.id);
    if (ended.length > 0) await endDirectGrants(c.scope, ended, eventId, c.at);
  }
}

/** After users who had something before were given more: throws `refused` for a billing manager with a project role. */
export async function refuseTooMuch(c: Change, users: readonly UserRow[]): Promise<void> {
  if (users.length === 0) return;
  const ids = users.map((user) => user.id);
  const [both] = await billingManagersInProjects(c.scope, ids);
  if (both !== undefined) {
    throw new RollcallError(
      'refused',
      `"${both.user_name}" would be a billing manager with project roles, which a billing manager does not hold. ` +
        'Give another account role, or take the project roles away.',
    );
  }
}
