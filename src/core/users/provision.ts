import { RollcallError } from '../../errors.ts';
import { newId, type UserId } from '../../ids.ts';
import { organizationByKey } from '../../store/organization-keys.ts';
import {
  findUser,
  insertUser,
  lockUserByName,
  updateUser,
  type ShownUser,
  type UserRow,
  type UserState,
} from '../../store/users.ts';
import type { Caller } from '../caller.ts';
import { change, type Change } from '../change.ts';
import type { Core } from '../core.ts';
import { closeInvitationOf } from '../invitations/close.ts';
import { withSeats } from '../seats.ts';
import { syncPushedGrants } from './pushed-grants.ts';
import { activated, audited, difference, stateOf, withActive, type UserInput } from './user-state.ts';

/**
 * Creates a user for an identity provider, or takes over the record that is there (contract section 4): one that
 * was only ever invited or made by hand is adopted; a deleted one, or an inactive one with the same externalId, is
 * brought back under its id. Throws `taken` when the userName is another user's, `refused` for seats.
 */
export async function provisionUser(core: Core, caller: Caller, input: UserInput): Promise<ShownUser> {
  return change(core, caller, async (c) => {
    const id = newId<UserId>();
    const fresh: UserState = {
      ...(await pushedState(c, input)),
      status: 'inactive',
      source: 'scim',
      managed_by: 'idp',
      joined_at: null,
      active_since: null,
      removed_at: c.at,
      deleted_at: null,
    };
    const state = input.active === false ? fresh : activated(fresh, c.at);
    const created = await insertUser(c.tx, caller.workspaceId, id, state, c.at);
    if (!created) return takeOver(c, input);
    const eventId = c.record({
      action: 'user.created',
      target: { kind: 'user', id, name: created.user_name },
      after: audited(created),
    });
    await withSeats(c, [id], () => syncPushedGrants(c, id, input.pushed, eventId, { isNew: true }));
    return { ...created, last_access_at: null, groups: [] };
  });
}

async function takeOver(c: Change, input: UserInput): Promise<ShownUser> {
  const { workspaceId } = c.caller;
  const existing = await lockUserByName(c.tx, workspaceId, input.userName);
  if (!existing)
    throw new RollcallError('busy', 'The user was renamed meanwhile; try again.', { retryAfter: 1 });
  c.notBefore(existing.now, existing.updated_at);
  const action = takeOverAction(existing, input);
  if (!action) {
    throw new RollcallError('taken', `The userName "${input.userName}" is already in use in the workspace.`, {
      fields: [{ field: 'userName', message: 'is already in use' }],
    });
  }
  const state: UserState = {
    ...stateOf(existing),
    ...(await pushedState(c, input)),
    managed_by: 'idp',
    deleted_at: null,
  };
  const next = withActive(state, input.active ?? true, c.at);
  const eventId = c.newEventId();
  await withSeats(c, [existing.id], async () => {
    const updated = await updateUser(c.tx, workspaceId, existing.id, next, c.at);
    await syncPushedGrants(c, existing.id, input.pushed, eventId, { isNew: false });
    if (existing.status === 'pending' && updated.status === 'active')
      await closeInvitationOf(c, existing.id, 'superseded');
    const target = { kind: 'user', id: existing.id, name: updated.user_name };
    c.record({ action, target, ...(difference(existing, updated) ?? {}) }, eventId);
  });
  return (await findUser(c.tx, workspaceId, existing.id, { withGroups: true })) as ShownUser;
}

function takeOverAction(existing: UserRow, input: UserInput): string | undefined {
  if (existing.deleted_at) return 'user.restored';
  if (existing.managed_by === 'workspace') return 'user.adopted';
  const sameExternalId = existing.external_id !== null && existing.external_id === input.externalId;
  return existing.status === 'inactive' && sameExternalId ? 'user.restored' : undefined;
}

/** The columns that an identity provider's input sets. An organization that isn't there is kept as it was pushed. */
export async function pushedState(
  c: Change,
  input: UserInput,
): Promise<
  Pick<
    UserState,
    'user_name' | 'external_id' | 'attributes' | 'organization_id' | 'organization_pushed' | 'start_date'
  >
> {
  const organizationId =
    input.organization === null
      ? undefined
      : await organizationByKey(c.tx, c.caller.workspaceId, input.organization);
  return {
    user_name: input.userName,
    external_id: input.externalId,
    attributes: input.attributes,
    organization_id: organizationId ?? null,
    organization_pushed: organizationId ? null : input.organization,
    start_date: input.startDate,
  };
}
