import { isDeepStrictEqual } from 'node:util';
import { invalid, RollcallError } from '../../lib/errors.ts';
import { organizationByKey } from '../../store/catalog/organization-keys.ts';
import { updateUser, type UserRow, type UserState } from '../../store/users/users.ts';
import { setAccountRole } from '../access/account-role.ts';
import type { AccountRole } from '../access/effective.ts';
import { change, type Change } from '../change/change.ts';
import { countAttributeBytes } from '../change/written-bytes.ts';
import type { Context } from '../context/context.ts';
import { lockExistingUser } from '../context/lock-users.ts';
import { diffUser, stateOf } from '../shared/user-state.ts';
import { applyProfile, changedFields, type ProfileInput } from './profile.ts';

/** An admin's changes to a user; undefined fields stay as they are. */
export interface UserPatch extends ProfileInput {
  readonly accountRole?: AccountRole | undefined;
  /** A key; null for none. */
  readonly organization?: string | null | undefined;
}

/**
 * Changes a user for an admin. The profile of a user managed by an identity provider is read-only here. The account role
 * and the organization are not: they stay until the provider pushes a different value than last time. Throws
 * `not_found`, `invalid`, `immutable` for such a profile, and `refused` (see account-role.ts; removed).
 */
export function patchUser(ctx: Context, id: string, patch: UserPatch): Promise<void> {
  return change(ctx, async (c) => {
    const user = await lockExistingUser(c, id);
    if (user.managed_by === 'idp') assertProfileUnchanged(user, patch);
    const profile = applyProfile(user, patch);
    const state = stateOf(user);
    const next: UserState = {
      ...state,
      ...profile,
      ...(await resolveOrganization(c, user, patch.organization)),
    };
    if (!isDeepStrictEqual(state, next)) {
      c.charge(countAttributeBytes(next, state));
      const updated = await updateUser(c.scope, user, next, c.at);
      const target = { kind: 'user', id: user.id, name: user.user_name } as const;
      c.record({ action: 'user.updated', target, ...(diffUser(user, updated) ?? {}) });
    }
    if (patch.accountRole !== undefined) await setAccountRole(c, user, patch.accountRole);
  });
}

function assertProfileUnchanged(user: UserRow, patch: UserPatch): void {
  const fields = changedFields(user, patch);
  if (fields.length === 0) return;
  throw new RollcallError(
    'immutable',
    `The profile of "${user.user_name}" is kept by the identity provider, so ${fields.join(', ')} can't be changed ` +
      'here. Change it there. The account role, the organization, projects and licenses can be changed here.',
    { fields: fields.map((field) => ({ field, message: 'is kept by the identity provider' })) },
  );
}

async function resolveOrganization(
  c: Change,
  user: UserRow,
  key: string | null | undefined,
): Promise<Partial<Pick<UserState, 'organization_id' | 'organization_pushed'>>> {
  if (key === undefined) return {};
  if (key === null) return { organization_id: null, organization_pushed: null };
  const id = (await organizationByKey(c.scope, key))?.id;
  if (!id) throw invalid('organization', `There is no organization "${key}" in this workspace.`);
  return id === user.organization_id ? {} : { organization_id: id, organization_pushed: null };
}
