import { RollcallError } from '../../errors.ts';
import { newId, type EventId, type GrantId, type UserId } from '../../ids.ts';
import {
  endDirectGrants,
  isBillingManagerWithProjectRole,
  openPushedGrants,
  type PushedValue,
} from '../../store/direct-grants.ts';
import {
  endedGrants,
  givenGrants,
  holdersOfSeveralProducts,
  openDirectGrants,
  type GrantTargetColumns,
  type OwnGrant,
} from '../../store/offered-grants.ts';
import type { UserRow } from '../../store/users.ts';
import type { Change } from '../change.ts';
import { ONE_PRODUCT, onlyOneProduct, slotOf } from './asked.ts';

/** What ended with the user: with whom what they had goes and comes. */
const WITH_USER = ['user.deleted', 'user.removed', 'user.deactivated'];
/** What ended with an invitation that was not accepted. */
const WITH_INVITATION = ['invitation.revoked', 'invitation.expired'];

/**
 * Restores the direct grants that ended with an inactive user (`before`), who is pending by now; with `offered` those
 * that ended with the last invitation. They go on as what they were, but what was pushed by an identity provider that
 * manages the user no longer becomes the invitation's. Memberships are not restored: every group is an identity
 * provider's, and so is the word on who is in it. What stands in one of the `slots` is left out: something else is
 * asked for in its place.
 */
export async function restoreGrants(
  c: Change,
  before: UserRow,
  options: { readonly offered: boolean; readonly slots: ReadonlySet<string>; readonly eventId: EventId },
): Promise<void> {
  if (!before.removed_at) return;
  const { slots, eventId, offered } = options;
  const ended = {
    from: before.removed_at,
    actions: offered ? [...WITH_USER, ...WITH_INVITATION] : WITH_USER,
  };
  const grants = await endedGrants(c.tx, c.caller.workspaceId, before.id, ended);
  const isPushed = (grant: OwnGrant) => grant.source === 'pushed' && before.deleted_at === null;
  const again = grants.filter((grant) => !isPushed(grant) && !slots.has(slotOfGrant(grant)));
  await openDirectGrants(
    c.tx,
    c.caller.workspaceId,
    again.flatMap(({ kind, account_role, project_id, role_id, license_id, source }) =>
      kind === null
        ? []
        : {
            ...{ kind, account_role, project_id, role_id, license_id, user_id: before.id },
            ...{
              source: source === 'admin' ? ('admin' as const) : ('invitation' as const),
              since_event: eventId,
            },
          },
    ),
    c.at,
  );
  await pushAgain(c, before.id, grants.filter(isPushed), eventId);
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
  if (values.size === 0) return;
  await openPushedGrants(c.tx, c.caller.workspaceId, userId, [...values.values()], eventId, c.at);
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
  const opened = invitees.flatMap(({ userId, eventId }) =>
    grants.map(({ kind, account_role, project_id, role_id, license_id }) => ({
      ...{ kind, account_role, project_id, role_id, license_id },
      ...{ user_id: userId, source: 'invitation' as const, since_event: eventId },
    })),
  );
  await openDirectGrants(c.tx, c.caller.workspaceId, opened, c.at);
}

/** Ends what a user was given here in slots that an offer takes. */
export async function makeRoom(
  c: Change,
  userId: UserId,
  slots: ReadonlySet<string>,
  eventId: EventId,
): Promise<void> {
  const given = await givenGrants(c.tx, c.caller.workspaceId, userId);
  const ended = given.filter((grant) => slots.has(slotOfGrant(grant))).map((grant) => grant.id);
  if (ended.length > 0) await endDirectGrants(c.tx, c.caller.workspaceId, ended, eventId, c.at);
}

/**
 * After users who had something before were given more: throws `refused` for a billing manager with a project role,
 * and for a second product where only one may be given.
 */
export async function refuseTooMuch(c: Change, users: readonly UserRow[]): Promise<void> {
  for (const user of users) {
    if (await isBillingManagerWithProjectRole(c.tx, c.caller.workspaceId, user.id)) {
      throw new RollcallError(
        'refused',
        `"${user.user_name}" would be a billing manager with project roles, which a billing manager does not hold. ` +
          'Give another account role, or take the project roles away.',
      );
    }
  }
  if (users.length === 0 || !(await onlyOneProduct(c))) return;
  const ids = users.map((user) => user.id);
  const [several] = await holdersOfSeveralProducts(c.tx, c.caller.workspaceId, ids);
  if (several !== undefined)
    throw new RollcallError('refused', `${ONE_PRODUCT} "${several}" would have several.`);
}
