import { RollcallError } from '../../lib/errors.ts';
import { newId, type UserId } from '../../lib/ids.ts';
import { quoted } from '../../lib/quoted.ts';
import { pushedAndOwned } from '../../store/access/direct-grants.ts';
import { organizationByKey } from '../../store/catalog/organization-keys.ts';
import {
  findUser,
  insertUser,
  lockUserByName,
  type ShownUser,
  updateUser,
  type UserRow,
  type UserState,
} from '../../store/users/users.ts';
import { applyPushed, comparePushed } from '../access/pushed-grants.ts';
import { change, type Change } from '../change/change.ts';
import { countAttributeBytes } from '../change/written-bytes.ts';
import type { LastWrite } from '../context/change.ts';
import type { Context } from '../context/context.ts';
import { closeInvitationOf } from '../invitations/closing/close.ts';
import { parseUserName } from '../shared/user-name.ts';
import {
  activated,
  auditedFields,
  diffUser,
  stateOf,
  type UserInput,
  withActive,
} from '../shared/user-state.ts';
import { changeEvent } from '../audit/events/catalog.ts';

/**
 * Creates a user for an identity provider, or takes over an existing record (contract section 4): one that was only
 * invited or created by hand is adopted; a deleted one, or an inactive one with the same externalId, is restored under
 * its id. Throws `taken` when the userName belongs to another user, `refused` for seats and the last owner.
 */
export async function provisionUser(ctx: Context, input: UserInput): Promise<ShownUser> {
  const created = await change(ctx, (c) => createUser(c, input));
  return created ?? change(ctx, (c) => adoptOrRestoreUser(c, input));
}

type MaybeCreated = ShownUser | undefined;

/** Creates a user; undefined, and no event, when somebody has that name: the unique index decides. */
async function createUser(c: Change, input: UserInput): Promise<MaybeCreated | LastWrite<MaybeCreated>> {
  const id = newId<UserId>();
  const { organization, ...pushed } = await pushedState(c, input);
  const inactive: UserState = {
    ...pushed,
    status: 'inactive',
    source: 'scim',
    managed_by: 'idp',
    joined_at: null,
    active_since: null,
    removed_at: c.at,
    deleted_at: null,
  };
  const state = input.active === false ? inactive : activated(inactive, c.at);
  await c.guard([id], { areNew: true, owners: [] });
  c.charge(countAttributeBytes(state));
  const grants = comparePushed([], input.pushed);
  const insert = async (): Promise<MaybeCreated> => {
    const user = await insertUser(c.scope, id, state, c.at);
    return user && { ...user, last_access_at: null, groups: [] };
  };
  const event = changeEvent({
    action: 'user.created',
    target: { kind: 'user', id, name: state.user_name },
    after: auditedFields({ ...state, organization }),
  });
  if (!grants) {
    c.record(event);
    return c.last(insert, id);
  }
  // Grants refer to the user's row.
  const user = await insert();
  if (user) await applyPushed(c, id, grants, c.record(event));
  return user;
}

async function adoptOrRestoreUser(c: Change, input: UserInput): Promise<ShownUser> {
  const existing = await lockUserByName(c.scope, parseUserName(input.userName));
  if (!existing)
    throw new RollcallError('busy', 'The user was renamed in the meantime; try again.', { retryAfter: 1 });
  c.advanceClock(existing.now, existing.updated_at);
  const action = adoptionAction(existing, input);
  if (!action) {
    throw new RollcallError(
      'taken',
      `The userName ${quoted(input.userName, 256)} is already in use in the workspace.`,
      {
        fields: [{ field: 'userName', message: 'is already in use' }],
      },
    );
  }
  const { organization, ...pushed } = await pushedState(c, input, existing);
  const state: UserState = { ...stateOf(existing), ...pushed, managed_by: 'idp', deleted_at: null };
  const next = withActive(state, input.active ?? true, c.at);
  const currentGrants = await pushedAndOwned(c.scope, existing.id);
  await c.guard([existing.id], { owners: currentGrants.isOwner ? [existing.id] : [] });
  const eventId = c.record({
    action,
    target: { kind: 'user', id: existing.id, name: next.user_name },
    ...(diffUser(existing, { ...next, organization }) ?? {}),
  });
  c.charge(countAttributeBytes(next, existing));
  await updateUser(c.scope, existing, next, c.at);
  await applyPushed(c, existing.id, comparePushed(currentGrants.pushed, input.pushed), eventId);
  if (existing.status === 'pending' && next.status === 'active')
    await closeInvitationOf(c, existing.id, 'superseded');
  return (await findUser(c.scope, existing.id, { withGroups: true })) as ShownUser;
}

function adoptionAction(existing: UserRow, input: UserInput): 'user.restored' | 'user.adopted' | undefined {
  if (existing.erased_at) return undefined;
  if (existing.deleted_at) return 'user.restored';
  if (existing.managed_by === 'workspace') return 'user.adopted';
  const sameExternalId = existing.external_id !== null && existing.external_id === input.externalId;
  return existing.status === 'inactive' && sameExternalId ? 'user.restored' : undefined;
}

type PushedState = Pick<UserState, 'user_name' | 'external_id' | 'attributes' | 'start_date'> & Affiliation;

/** The columns of an organization after a push, and its key. */
interface Affiliation extends Pick<
  UserState,
  'organization_id' | 'organization_pushed' | 'organization_last_pushed'
> {
  readonly organization: string | null;
}

/** The columns that an identity provider's input sets; `before` is the existing record. */
export async function pushedState(c: Change, input: UserInput, before?: UserRow): Promise<PushedState> {
  return {
    user_name: parseUserName(input.userName),
    external_id: input.externalId,
    attributes: input.attributes,
    start_date: input.startDate,
    ...(await organizationAfterPush(c, input.organization, before)),
  };
}

/**
 * The organization after a push. Between admins and the identity provider the last change wins, so pushing the same value
 * again, or the one just read, changes nothing. An unknown organization is kept as pushed.
 */
async function organizationAfterPush(
  c: Change,
  pushed: string | null,
  before?: UserRow,
): Promise<Affiliation> {
  if (before) {
    const { organization_id, organization_pushed, organization_last_pushed } = before;
    const known = [organization_last_pushed, organization_pushed ?? before.organization];
    if (known.some((key) => key?.toLowerCase() === pushed?.toLowerCase())) {
      const { organization } = before;
      return { organization_id, organization_pushed, organization_last_pushed, organization };
    }
  }
  const organization = pushed === null ? undefined : await organizationByKey(c.scope, pushed);
  return {
    organization_id: organization?.id ?? null,
    organization_pushed: organization ? null : pushed,
    organization_last_pushed: pushed,
    organization: organization?.key ?? null,
  };
}
