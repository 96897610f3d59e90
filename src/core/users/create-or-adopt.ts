import { RollcallError } from '../../lib/errors.ts';
import { newId, type UserId } from '../../lib/ids.ts';
import { quoted } from '../../lib/quoted.ts';
import { isOwner, pushedAndOwned } from '../../store/access/direct-grants.ts';
import { organizationByKey } from '../../store/catalog/organization-keys.ts';
import type { Sent } from '../../store/db/transaction.ts';
import {
  findUser,
  insertUser,
  lockUserByName,
  type ShownUser,
  updateUser,
  type UserRow,
  type UserState,
} from '../../store/users/users.ts';
import { keepAnOwner } from '../access/last-owner.ts';
import { applyPushed, comparePushed } from '../access/pushed-grants.ts';
import { withSeats } from '../access/seats.ts';
import { change, type Change } from '../change/change.ts';
import { writtenAttributes } from '../change/written-bytes.ts';
import type { Context } from '../context/context.ts';
import { closeInvitationOf } from '../invitations/close.ts';
import { newUserName } from '../shared/user-name.ts';
import { activated, audited, difference, stateOf, type UserInput, withActive } from '../shared/user-state.ts';

/**
 * Creates a user for an identity provider, or takes over the record that is there (contract section 4): one that
 * was only ever invited or made by hand is adopted; a deleted one, or an inactive one with the same externalId, is
 * brought back under its id. Throws `taken` when the userName is another user's, `refused` for seats and the last
 * owner.
 */
export async function provisionUser(ctx: Context, input: UserInput): Promise<ShownUser> {
  const { answer } = await change(ctx, (c) => createUser(c, input));
  const created = await answer;
  if (created) return { ...created, last_access_at: null, groups: [] };
  return change(ctx, (c) => takeOver(c, input));
}

/** Creates a user; undefined, and no event, when somebody has that name. */
async function createUser(c: Change, input: UserInput): Promise<Sent<UserRow | undefined>> {
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
  c.charge(writtenAttributes(state));
  const created = c.send(() => insertUser(c.scope, id, state, c.at));
  const grants = comparePushed([], input.pushed);
  // What is granted is granted to somebody who is there, and an organization's key comes with the answer.
  const isWaitedFor = grants !== undefined || state.organization_id !== null;
  const row = isWaitedFor ? await created.answer : { ...state, organization: null };
  if (!row) return created;
  const eventId = c.record({
    action: 'user.created',
    target: { kind: 'user', id, name: state.user_name },
    after: audited(row),
  });
  if (!isWaitedFor) c.eventsNeed(id);
  await withSeats(c, [id], () => applyPushed(c, id, grants, eventId));
  return created;
}

async function takeOver(c: Change, input: UserInput): Promise<ShownUser> {
  const existing = await lockUserByName(c.scope, newUserName(input.userName));
  if (!existing)
    throw new RollcallError('busy', 'The user was renamed meanwhile; try again.', { retryAfter: 1 });
  c.notBefore(existing.now, existing.updated_at);
  const action = takeOverAction(existing, input);
  if (!action) {
    throw new RollcallError(
      'taken',
      `The userName ${quoted(input.userName, 256)} is already in use in the workspace.`,
      {
        fields: [{ field: 'userName', message: 'is already in use' }],
      },
    );
  }
  const state: UserState = {
    ...stateOf(existing),
    ...(await pushedState(c, input, existing)),
    managed_by: 'idp',
    deleted_at: null,
  };
  const next = withActive(state, input.active ?? true, c.at);
  const eventId = c.newEventId();
  const held = await pushedAndOwned(c.scope, existing.id);
  const wasOwner = existing.status === 'active' && held.isOwner;
  await withSeats(c, [existing.id], async () => {
    c.charge(writtenAttributes(next, existing));
    const updated = await updateUser(c.scope, existing, next, c.at);
    const grants = comparePushed(held.pushed, input.pushed);
    await applyPushed(c, existing.id, grants, eventId);
    if (existing.status === 'pending' && updated.status === 'active')
      await closeInvitationOf(c, existing.id, 'superseded');
    const target = { kind: 'user', id: existing.id, name: updated.user_name };
    c.record({ action, target, ...(difference(existing, updated) ?? {}) }, eventId);
  });
  if (wasOwner && (next.status !== 'active' || !(await isOwner(c.scope, existing.id)))) {
    await keepAnOwner(c);
  }
  return (await findUser(c.scope, existing.id, { withGroups: true })) as ShownUser;
}

function takeOverAction(existing: UserRow, input: UserInput): string | undefined {
  if (existing.erased_at) return undefined;
  if (existing.deleted_at) return 'user.restored';
  if (existing.managed_by === 'workspace') return 'user.adopted';
  const sameExternalId = existing.external_id !== null && existing.external_id === input.externalId;
  return existing.status === 'inactive' && sameExternalId ? 'user.restored' : undefined;
}

type PushedState = Pick<UserState, 'user_name' | 'external_id' | 'attributes' | 'start_date'> & Affiliation;
type Affiliation = Pick<UserState, 'organization_id' | 'organization_pushed' | 'organization_last_pushed'>;

/** The columns that an identity provider's input sets; `before` is the record that it is pushed to. */
export async function pushedState(c: Change, input: UserInput, before?: UserRow): Promise<PushedState> {
  return {
    user_name: newUserName(input.userName),
    external_id: input.externalId,
    attributes: input.attributes,
    start_date: input.startDate,
    ...(await affiliation(c, input.organization, before)),
  };
}

/**
 * The organization after a push: of admins and an identity provider, who changed it last is right. Pushing the same
 * again changes nothing, and neither does pushing what is read back. One that isn't there is kept as it was pushed.
 */
async function affiliation(c: Change, pushed: string | null, before?: UserRow): Promise<Affiliation> {
  if (before) {
    const { organization_id, organization_pushed, organization_last_pushed } = before;
    const known = [organization_last_pushed, organization_pushed ?? before.organization];
    if (known.some((key) => key?.toLowerCase() === pushed?.toLowerCase())) {
      return { organization_id, organization_pushed, organization_last_pushed };
    }
  }
  const id = pushed === null ? undefined : await organizationByKey(c.scope, pushed);
  return {
    organization_id: id ?? null,
    organization_pushed: id ? null : pushed,
    organization_last_pushed: pushed,
  };
}
